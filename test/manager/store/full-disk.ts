// Fills the disk that it is started on with what a manager writes, makes room again, and tells what was taken and what was not.
// Its parent has mounted a small tmpfs there: `full-disk.ts FOLDER`.
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { WriteFailure } from '../../../manager/store/dialects/dialect.ts'
import { openData } from '../../../manager/store/open.ts'
import { addHistory, historyOf } from '../../../manager/store/tables/history.ts'
import { collectingLog } from '../../appliance/wire/collecting-log.ts'

const [, , folder = ''] = process.argv
const place = { dataDir: folder, database: 'sqlite' }
const { log } = collectingLog()
const taken: string[] = []
const refused: string[] = []
const reasons = new Set<string>()

const store = await openData(place, log)
const filler = join(folder, 'filler')
await writeFile(filler, Buffer.alloc(5 * 1024 * 1024))

async function write(name: string): Promise<void> {
  const what = `${name} ${'x'.repeat(10_000)}`
  await store
    .write((transaction) => addHistory(transaction, 'a', { at: 1, who: 'x', what }))
    .then(
      () => taken.push(name),
      (error: unknown) => {
        refused.push(name)
        reasons.add(error instanceof WriteFailure ? `${error.code}: ${error.message}` : String(error))
      },
    )
}

for (let round = 0; refused.length < 20 && round < 1000; round += 1) {
  await Promise.all([0, 1, 2, 3].map((each) => write(`full ${round}.${each}`)))
}
const takenWhenFull = taken.length
await rm(filler)
for (let round = 0; round < 10; round += 1) await Promise.all([0, 1, 2, 3].map((each) => write(`room ${round}.${each}`)))
await store.close()

const again = await openData(place, log)
const kept = (await historyOf(again.db, 'a', 10_000)).map(({ what }) => what.split(' x')[0] ?? '')
await again.close()
process.stdout.write(JSON.stringify({ taken, takenWhenFull, refused, reasons: [...reasons], kept: kept.reverse() }))
