import test from 'ava'
import type { Claim } from '../../../manager/claims/claim.ts'
import { guestMemory } from '../../../manager/claims/needs.ts'
import { dom0Room, memoryRoom, type Room, vgRoom } from '../../../manager/claims/rooms.ts'
import { lvmUuid, report } from '../connectivity/inventories.ts'
import { GIB, guest, MIB, PLAIN, type Reported, running, uuidOf } from './hosts.ts'

const claimed = (number: number, length: number, item = ''): Claim => {
  const { id } = guest(number)
  return { holder: guest(number), part: 'x', guest: id, space: '', mode: 'amount', start: 0, length, item }
}
const free = (room: Room): number | string => (room.kind === 'room' ? room.free : room.reason)
const memory = (given: Reported, claims: readonly Claim[] = []) => memoryRoom(report({ ...PLAIN, ...given }), claims)
const ALL = 15 * GIB - 128 * MIB - 256 * MIB

test('a guest costs its host 1 MiB a vCPU and 8 KiB a MiB beside its memory, and its video RAM', (t) => {
  t.is(guestMemory({ memoryBytes: 1024 * MIB, vcpus: 4 }), (1024 + 4 + 8) * MIB)
  t.is(guestMemory({ memoryBytes: 1024 * MIB, vcpus: 4, videoRamBytes: 16 * MIB }), (1024 + 16 + 4 + 8) * MIB)
})

test('the memory that is free is what the machine has without Xen, dom0, claims, and guests that nobody has claimed', (t) => {
  t.is(free(memory({})), ALL)
  t.is(free(memory({}, [claimed(1, GIB)])), ALL - GIB)
  t.is(free(memory({ guests: [running(7)] }, [claimed(1, GIB)])), ALL - GIB - guestMemory({ memoryBytes: GIB, vcpus: 1 }))
  t.like(memory({ guests: [running(7)] }, [claimed(1, 3 * GIB)]), { holders: [{ name: 'web1' }, { name: 'hand7' }] })
})

test('what is reported free says nothing: a claim of a guest that has not started yet counts', (t) => {
  t.is(
    free(memory({ xen: { totalBytes: 16 * GIB, freeBytes: 15 * GIB, commandLine: 'dom0_mem=1G' } }, [claimed(1, 14 * GIB)])),
    ALL - 14 * GIB,
  )
})

test('a guest that is claimed counts once, by more than its claim only when it has more', (t) => {
  t.is(free(memory({ guests: [running(1)] }, [claimed(1, 2 * GIB)])), ALL - 2 * GIB)
  t.is(free(memory({ guests: [running(1, { memoryBytes: 3 * GIB })] }, [claimed(1, 2 * GIB)])), ALL - 3 * GIB)
})

test('a guest made by hand counts with the most that it may have', (t) => {
  t.is(
    free(memory({ guests: [running(1, { maxMemoryBytes: 4 * GIB, maxVcpus: 8 })] })),
    ALL - guestMemory({ memoryBytes: 4 * GIB, vcpus: 8 }),
  )
})

test('dom0 has what Xen gave it, whichever way that is written, and more than its kernel sees where nothing is written', (t) => {
  const of = (commandLine: string) => free(memory({ xen: { totalBytes: 16 * GIB, commandLine } }))
  t.is(of('dom0_mem=640M,max:2G edd=off'), ALL - GIB)
  t.is(of('console=vga dom0_mem=2097152'), ALL - GIB)
  t.is(of('dom0_mem=2048M'), ALL - GIB)
  t.is(of(''), ALL - 128 * MIB - 32 * MIB)
})

test('a list of guests that was not read makes neither nothing nor all of the memory free', (t) => {
  const problems = [{ section: 'guests', source: 'xl list -l', reason: 'stopped after 20 s' }] as const
  t.deepEqual(memory({ problems }), { kind: 'unread', reason: 'guests (xl list -l: stopped after 20 s)' })
  t.is(memory({ xen: {}, memory: { dom0TotalBytes: GIB } }).kind, 'unread')
  t.is(memory({ xen: { totalBytes: GIB }, memory: {} }).kind, 'unread')
  t.is(dom0Room(report({}), []).kind, 'unread')
})

test('dom0 keeps some of its own memory for itself', (t) => {
  t.is(free(dom0Room(report({ memory: { dom0TotalBytes: 640 * MIB } }), [claimed(1, 64 * MIB)])), (640 - 192 - 64) * MIB)
})

const UUID = lvmUuid('v')
const lv = (name: string, sizeBytes: number, more: object = {}) => ({
  name,
  vg: 'data',
  vgUuid: UUID,
  uuid: lvmUuid(name[0] ?? ''),
  sizeBytes,
  ...more,
})

function volumes(freeBytes: number, lvs: readonly object[], claims: readonly Claim[] = [], problems: Reported['problems'] = []): Room {
  const read = report({
    vgs: [{ uuid: UUID, name: 'data', sizeBytes: 100 * GIB, freeBytes }] as never,
    lvs: lvs as never,
    problems,
  } as Reported)
  const [vg] = read.vgs
  return vg ? vgRoom(read, vg, claims) : { kind: 'unread', reason: 'no VG' }
}

test('space in a VG is what claims and LVs that nobody has claimed leave of it', (t) => {
  t.is(free(volumes(100 * GIB, [])), 100 * GIB)
  t.is(free(volumes(90 * GIB, [lv('hand', 10 * GIB)])), 90 * GIB)
  t.is(free(volumes(100 * GIB, [], [claimed(1, 20 * GIB, 'web1')])), 80 * GIB, 'yet to be made')
  t.is(
    free(volumes(70 * GIB, [lv('web1', 20 * GIB), lv('hand', 10 * GIB)], [claimed(1, 20 * GIB, 'web1')])),
    70 * GIB,
    'made, and counted once',
  )
  t.is(free(volumes(65 * GIB, [lv('web1', 25 * GIB), lv('hand', 10 * GIB)], [claimed(1, 20 * GIB, 'web1')])), 65 * GIB, 'grown by hand')
})

test('metadata and mirrors count as LVM counts them, thin volumes not at all', (t) => {
  const pool = lv('pool', 10 * GIB, { attributes: 'twi-aotz--' })
  const thin = lv('thin', 500 * GIB, { attributes: 'Vwi-aotz--', segmentType: 'thin' })
  const hidden = lv('tdata', 10 * GIB, { attributes: 'Twi-ao----' })
  t.is(free(volumes(89 * GIB, [pool, thin, hidden])), 89 * GIB)
})

test('an LV that came after its VG was looked at counts', (t) => {
  t.is(free(volumes(100 * GIB, [lv('hand', 10 * GIB)])), 90 * GIB)
})

test('a VG whose LVs were not read has no free space that is known', (t) => {
  const problems = [{ section: 'lvs', source: 'lvs', reason: 'stopped' }] as never
  t.is(volumes(100 * GIB, [], [], problems).kind, 'unread')
  t.is(uuidOf(1).length, 36)
})
