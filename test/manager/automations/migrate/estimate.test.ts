// How long a move takes, and what of its disks is not sent, as far as a plan knows.
import test from 'ava'
import { notSent, takesOf } from '../../../../manager/automations/migrate/estimate.ts'
import { lvOf, writeDiskTags } from '../../../../manager/protocol/guest-disk.ts'
import type { Lv } from '../../../../manager/protocol/storage.ts'
import { report } from '../../connectivity/inventories.ts'
import { COPIED, migrateArgsFor, STAYING } from './args.ts'

const GIB = 2 ** 30
const { guest } = migrateArgsFor()
const lv = (vgUuid: string, state: 'ready' | 'stale' | 'making', more: Partial<Lv> = {}): Lv =>
  ({
    ...{ uuid: vgUuid, name: lvOf(COPIED.disk), vg: 'data', vgUuid, sizeBytes: GIB, active: true, attributes: '-wi-a-----' },
    tags: writeDiskTags({ disk: COPIED.disk, guest: guest.uuid, generation: 1, epoch: 1, state }),
    ...more,
  }) as Lv
const host = (id: string, ...lvs: readonly Lv[]) => ({ id, name: id, inventory: report({ lvs }) })
const here = (more: Partial<Lv> = {}) => host('a', lv(COPIED.from.uuid, 'ready', more))

test('what a guest has left on its new host is not sent, nor what it has never written of a thin disk; of others nothing is known', (t) => {
  t.deepEqual(notSent(COPIED, here(), host('b')), { zeroBytes: 0, thereBytes: 0 })
  t.deepEqual(notSent(COPIED, here(), host('b', lv(COPIED.to.uuid, 'stale'))), { zeroBytes: 0, thereBytes: GIB })
  for (const other of [lv(COPIED.to.uuid, 'making'), lv(COPIED.from.uuid, 'stale'), lv(COPIED.to.uuid, 'stale', { sizeBytes: 2 * GIB })])
    t.is(notSent(COPIED, here(), host('b', other)).thereBytes, 0)
  const thin = { pool: 'thin', dataPercent: 25 } as never
  t.deepEqual(notSent(COPIED, here(thin), host('b')), { zeroBytes: GIB * 0.75, thereBytes: 0 })
  t.deepEqual(notSent(COPIED, here(thin), host('b', lv(COPIED.to.uuid, 'stale'))), { zeroBytes: GIB * 0.75, thereBytes: GIB / 4 })
  t.deepEqual(notSent(COPIED, host('a'), host('b')), { zeroBytes: 0, thereBytes: 0 }, 'what is not reported is no zero')
})

test('a seed reads all, and sends what is not there; it is the slower of the two, and who compares reads once more', (t) => {
  const disks = [{ ...COPIED, sizeBytes: 20e9 }, STAYING]
  const args = migrateArgsFor({ disks, seed: 'first', memoryBytes: 1e9 })
  const none = new Map()
  const [fixed, slow, fast] = [10_000, { bytes: 50e6 }, { bytes: 1e9 }]
  t.is(takesOf(args, none, slow), fixed + 400_000 + 20_000)
  t.is(takesOf(args, none, fast), fixed + 100_000 + 1000, 'the disk is slower than the network')
  t.is(takesOf(args, new Map([[COPIED.disk, { zeroBytes: 5e9, thereBytes: 10e9 }]]), slow), fixed + 100_000 + 20_000)
  const restarting = { back: guest, how: 'clean', seconds: 20, compare: 'stopped' } as const
  t.is(takesOf({ ...args, way: 'restarted', restarting }, none, fast), fixed + 100_000 + 100_000)
  t.is(takesOf({ disks, way: 'stopped', memoryBytes: 1e9 }, none, slow), fixed + 400_000, 'as a manager of before: DRBD copies all')
  t.is(takesOf({ ...args, disks: [STAYING] }, none, slow), 5000 + 20_000)
})
