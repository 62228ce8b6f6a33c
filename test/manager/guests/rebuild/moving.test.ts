// A rebuild of a guest that was on its way from a to b when the database was lost: the place of the greater generation, once it counts; never
// the old place again, and never a copy that is not whole.
import test, { type ExecutionContext } from 'ava'
import type { Rebuilt } from '../../../../manager/guests/rebuild/picture.ts'
import { lvOf, untilTag } from '../../../../manager/protocol/guest-disk.ts'
import { guestRecord } from '../../../../manager/protocol/guest-record.ts'
import { DISK, domain, host, lv, MIB, of, record, VG } from './told.ts'

/** As b's VG remembers it: on its way, or come. */
function recordOnB(arriving?: 'live' | 'stopped') {
  const [disk] = record('b').disks
  return guestRecord.parse({ ...record('b'), written: 2, disks: [{ ...disk, generation: 2 }], ...(arriving ? { arriving } : {}) })
}

const COPY = lv('b', { generation: 2, state: 'making' })
const DISK_ON_B = lv('b', { generation: 2 })
const mirror = (on: 'a' | 'b') => ({ ...lv(on), name: `mirror-${DISK}`, tags: [`hostless.mirror=${DISK}`] })
const incoming = domain({ name: 'web1--incoming', state: 'paused' })

function isOn(t: ExecutionContext, { guests }: Rebuilt, on: 'a' | 'b', power: 'on' | 'off' = 'on'): void {
  t.deepEqual(
    guests.map(({ name, host: where, power: stands }) => [name, where, stands]),
    [['web1', on, power]],
  )
  const generation = on === 'a' ? 1 : 2
  t.like(guests[0]?.disks[0], { disk: DISK, host: on, vg: { name: 'data', uuid: VG[on] }, generation, state: 'ready', sizeBytes: 16 * MIB })
}

test('before the hand-over: it is where it runs, its copy is no disk, and what is left of the move is told', (t) => {
  const a = host('a', { guests: [domain()], lvs: [lv('a'), mirror('a')], records: [record('a')] })
  const told = of([a, host('b', { lvs: [COPY, mirror('b')], records: [recordOnB('live')] })])
  isOn(t, told, 'a')
  t.deepEqual(told.unknown, [])
  t.regex(told.disagree.join('\n'), /web1 was being moved.*of node-a, .*of node-b have a mirror. Another hostless migrate web1/)
  t.regex(told.disagree.join('\n'), new RegExp(`LV data/${lvOf(DISK)} of node-b is another copy .* is left alone: it is making`))
  const held = of([
    host('a', { guests: [domain({ state: 'suspended' })], lvs: [lv('a')], records: [record('a')] }),
    host('b', { guests: [incoming], lvs: [COPY], records: [recordOnB('live')] }),
  ])
  isOn(t, held, 'a')
  t.regex(held.disagree.join('\n'), /domain web1--incoming of node-b is of a move/)
})

test('a stopped one that is copied is where it was, until its copy is the disk', (t) => {
  const a = host('a', { lvs: [lv('a')], records: [record('a')] })
  isOn(t, of([a, host('b', { lvs: [COPY], records: [recordOnB('stopped')] })]), 'a', 'off')
  isOn(t, of([a, host('b', { lvs: [DISK_ON_B], records: [recordOnB('stopped')] })]), 'b', 'off')
})

test('after the hand-over, with nothing cleared: it is where it runs, and its old disk is another copy', (t) => {
  for (const away of [[], [domain({ name: 'web1--migratedaway', state: 'suspended' })]])
    for (const copy of [COPY, DISK_ON_B]) {
      const a = host('a', { guests: away, lvs: [lv('a'), mirror('a')], records: [record('a')] })
      const told = of([a, host('b', { guests: [domain()], lvs: [copy], records: [recordOnB('live')] })])
      isOn(t, told, 'b')
      t.regex(told.disagree.join('\n'), /LV .* of node-a is another copy of a disk of web1, and is left alone/)
      t.deepEqual(told.networks[0]?.bridge, 'xenbr0')
    }
  const stopped = of([host('a', { lvs: [lv('a')], records: [record('a')] }), host('b', { lvs: [DISK_ON_B], records: [recordOnB('live')] })])
  isOn(t, stopped, 'b', 'off')
})

test('one that may have been handed over, and runs nowhere, is not made: its old place may lack what it has written since', (t) => {
  const a = (guests = [domain()].slice(1)) => host('a', { guests, lvs: [lv('a')], records: [record('a')] })
  for (const guests of [[], [incoming]]) {
    const { guests: made, unknown } = of([a(), host('b', { guests, lvs: [COPY], records: [recordOnB('live')] })])
    t.deepEqual(made, [])
    t.regex(unknown.join('\n'), /web1 .* is not made: .* of node-a has generation 1, and it moved to LV .* of node-b while it ran/)
  }
  const undone = of([a(), host('b', { records: [recordOnB('live')] })])
  isOn(t, undone, 'a', 'off')
  const other = of([a(), host('b', { lvs: [lv('b', { generation: 3, state: 'making' })], records: [recordOnB('live')] })])
  isOn(t, other, 'a', 'off')
})

test('after a move it is at its new place, and what is left at the old one is listed with its time', (t) => {
  const left = lv('a', { state: 'stale', tags: [untilTag(Date.UTC(2026, 11, 1))] })
  for (const records of [[], [record('a')]]) {
    const told = of([host('a', { lvs: [left], records }), host('b', { guests: [domain()], lvs: [DISK_ON_B], records: [recordOnB()] })])
    isOn(t, told, 'b')
    t.deepEqual(told.unknown, [])
    t.regex(told.disagree.join('\n'), /of node-a is another copy .*: it is stale, and kept until 2026-12-01T00:00:00.000Z/)
  }
  const alone = of([host('a', { lvs: [left], records: [record('a')] })])
  t.deepEqual(
    alone.guests.flatMap(({ disks }) => disks.map(({ state }) => state)),
    ['making'],
    'with its new host away, nothing starts on what was left',
  )
  const back = lv('a', { generation: 3, tags: [untilTag(1)] })
  t.like(of([host('a', { lvs: [back], records: [record('a')] })]).guests[0]?.disks[0], { state: 'ready', generation: 3 })
})
