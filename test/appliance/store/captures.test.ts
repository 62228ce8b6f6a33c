import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { CaptureNews } from '../../../appliance/manager-link/capture-news.ts'
import { KeptCaptures } from '../../../appliance/store/captures.ts'
import { capturePush, captureRecord } from '../../../manager/protocol/appliance.ts'
import { collectingLog } from '../wire/collecting-log.ts'

const NOW = 1_796_059_203_000
const idOf = (index: number) => `aaaaaaaaaaaaaa${'abcdefgh'.charAt(Math.floor(index / 8))}${'abcdefgh'.charAt(index % 8)}`
const recordOf = (index: number, changed: object = {}) =>
  captureRecord.parse({
    ...{ attempt: idOf(index), mac: '52:54:00:77:00:01', known: true, cause: 'stuck', began: NOW, ended: NOW + index },
    ...{ packets: 3, missed: 0, bytes: 100, ...changed },
  })

async function storeIn(t: ExecutionContext) {
  const parent = await mkdtemp(join(tmpdir(), 'hostless-captures-'))
  t.teardown(() => rm(parent, { recursive: true }))
  const folder = join(parent, 'captures')
  const { log, lines } = collectingLog()
  const clock = { now: NOW }
  const open = async () => {
    const kept = new KeptCaptures(folder, () => clock.now, log)
    await kept.load()
    return kept
  }
  return { folder, open, clock, lines }
}

test('what is kept is there after a restart, for its owner alone; what was half written is not', async (t) => {
  const { folder, open } = await storeIn(t)
  const kept = await open()
  t.true(await kept.keep(recordOf(1), Buffer.from('packets')))
  t.is((await stat(join(folder, `${idOf(1)}.pcapng.gz`))).mode & 0o777, 0o600)
  t.is((await stat(folder)).mode & 0o777, 0o700)
  await writeFile(join(folder, `${idOf(2)}.pcapng.gz`), 'alone')
  await writeFile(join(folder, `${idOf(3)}.json`), JSON.stringify(recordOf(3)))
  await writeFile(join(folder, `${idOf(4)}.json.new`), '{')
  const again = await open()
  t.deepEqual(again.list(), [recordOf(1)])
  t.deepEqual(again.read(idOf(1)), Buffer.from('packets'))
  t.is(again.read(idOf(2)), undefined)
  t.deepEqual((await readdir(folder)).sort(), [`${idOf(1)}.json`, `${idOf(1)}.pcapng.gz`])
})

test('it is bounded in number, for strangers more so, and in age', async (t) => {
  const { folder, open, clock } = await storeIn(t)
  const kept = await open()
  for (let index = 0; index < 40; index += 1) await kept.keep(recordOf(index, { known: index % 2 === 0 }), Buffer.from('x'))
  const strangers = kept.list().filter(({ known }) => !known)
  t.deepEqual(
    strangers.map(({ attempt }) => attempt),
    [25, 27, 29, 31, 33, 35, 37, 39].map(idOf),
  )
  t.is(kept.list().length, 28)
  for (let index = 40; index < 60; index += 1) await kept.keep(recordOf(index), Buffer.from('x'))
  t.is(kept.list().length, 32)
  t.is((await readdir(folder)).length, 64)
  clock.now += 8 * 24 * 3600_000
  t.is((await open()).list().length, 0)
  t.deepEqual(await readdir(folder), [])
})

test('what cannot be written is said, and is not kept', async (t) => {
  const { folder, open, lines } = await storeIn(t)
  const kept = await open()
  await rm(folder, { recursive: true })
  t.false(await kept.keep(recordOf(1), Buffer.from('x')))
  t.deepEqual(kept.list(), [])
  t.like(lines[0], { level: 'error', message: 'the capture of a boot could not be kept' })
})

test('each capture is told to the manager once, and again when that may have missed it; a later one of the same boot is news', async (t) => {
  const { open } = await storeIn(t)
  const kept = await open()
  const news = new CaptureNews(kept)
  const drain = () => {
    const told: string[] = []
    for (let push = news.source(); push; push = news.source()) {
      const body = capturePush.parse({ appliance: { id: 's'.repeat(16), version: '0.1.0', address: '10.77.0.1' }, ...push.body })
      told.push(`${body.capture.attempt} ${Buffer.from(body.gzip, 'base64')}`)
      t.true(push.optional)
      push.acknowledged()
    }
    return told
  }
  await kept.keep(recordOf(1), Buffer.from('one'))
  await kept.keep(recordOf(2), Buffer.from('two'))
  const push = news.source()
  t.is(news.source()?.path, push?.path, 'until it is acknowledged')
  t.deepEqual(drain(), [`${idOf(1)} one`, `${idOf(2)} two`])
  t.deepEqual(drain(), [])
  await kept.keep(recordOf(1, { ended: NOW + 99 }), Buffer.from('more'))
  t.deepEqual(drain(), [`${idOf(1)} more`])
  news.again()
  t.is(drain().length, 2)
})
