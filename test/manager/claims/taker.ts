// A process that opens the manager's data beside others and takes memory and a MAC for one guest after the other. It says `ready`,
// `inside` (the first is taken, and not committed) and what came of all; after each of the first two it waits for a line.
import { createInterface } from 'node:readline'
import { Claims } from '../../../manager/claims/service.ts'
import { type DataPlace, visitData } from '../../../manager/store/open.ts'
import { collectingLog } from '../../appliance/wire/collecting-log.ts'
import { GIB, guest, host } from './hosts.ts'

const { place, first, takes } = JSON.parse(process.argv[2] ?? '') as { place: DataPlace; first: number; takes: number }
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const say = async (word: string): Promise<void> => {
  process.stdout.write(`${word}\n`)
  await lines.next()
}

const store = await visitData(place, collectingLog().log)
const a = host('a')
const claims = new Claims(store.db, { hosts: () => [a], knownInventory: () => a.inventory })
await say('ready')
let taken = 0
for (let index = 0; index < takes; index += 1) {
  const needs = [
    { part: 'memory', kind: 'memory', host: 'a', bytes: GIB },
    { part: 'nic', kind: 'mac' },
  ] as const
  const { kind } = await store.write(async (transaction) => {
    const outcome = await claims.take(transaction, guest(first + index), needs)
    if (index === 0) await say('inside')
    return outcome
  })
  if (kind === 'taken') taken += 1
}
await store.close()
process.stdout.write(`${taken}\n`)
process.exit(0)
