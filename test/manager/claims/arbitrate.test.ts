import test from 'ava'
import fc from 'fast-check'
import { arbitrate } from '../../../manager/claims/arbitrate.ts'
import { type Claim, type Holder, isOneParty, type KnownHost } from '../../../manager/claims/claim.ts'
import type { Need } from '../../../manager/claims/needs.ts'
import { guestMemory } from '../../../manager/claims/needs.ts'
import { sayRefusal } from '../../../manager/claims/refusal.ts'
import { iqn, lvmUuid, naa } from '../connectivity/inventories.ts'
import { hostIn } from '../hosts/conditions.ts'
import { automation, disk, freeMemory, GIB, guest, host, MIB, type Reported, running, uuidOf } from './hosts.ts'

const LUN = naa('a')
const lun = (name: string): Reported => ({
  blockDevices: [
    {
      name,
      device: `/dev/${name}`,
      wwid: LUN as never,
      transport: 'iscsi',
      target: { kind: 'iscsi', target: iqn('san'), lun: 0 } as never,
    },
  ],
})
const VG: Reported = {
  vgs: [{ uuid: lvmUuid('v') as never, name: 'data', sizeBytes: 10 * GIB, freeBytes: 10 * GIB }],
  blockDevices: [{ name: 'vda', device: '/dev/vda', serial: 'V', transport: 'virtio' }],
  pvs: [{ uuid: lvmUuid('p') as never, device: '/dev/vda', vg: 'data', vgUuid: lvmUuid('v') as never }],
}
const unread = (section: string): Reported => ({ problems: [{ section, source: section, reason: 'stopped' }] as never })

class Table {
  claims: readonly Claim[] = []
  readonly #hosts: ReadonlyMap<string, KnownHost>

  constructor(...hosts: readonly KnownHost[]) {
    this.#hosts = new Map(hosts.map((one) => [one.id, one]))
  }

  /** Empty when all was taken. */
  take(holder: Holder, ...needs: readonly Need[]): readonly string[] {
    const parts = new Set(needs.map(({ part }) => part))
    const claimed = new Set(this.claims.flatMap((claim) => claim.guest ?? []))
    const verdict = arbitrate(holder, needs, { hosts: this.#hosts, claims: this.claims, claimed })
    if (verdict.kind === 'refused') return verdict.refusals.map(sayRefusal)
    this.claims = [...this.claims.filter((one) => one.holder.id !== holder.id || !parts.has(one.part)), ...verdict.claims]
    return []
  }

  release(holder: Holder): void {
    this.claims = this.claims.filter((one) => one.holder.id !== holder.id)
  }

  numbers(space: string): readonly number[] {
    return this.claims.filter((claim) => claim.space === space).map(({ start }) => start)
  }
}

const memory = (bytes: number, on = 'a'): Need => ({ part: 'memory', kind: 'memory', host: on, bytes })
const writer = (device: string, on = 'a', part = 'disk root'): Need => ({ part, kind: 'writer', host: on, device })

test('what is needed to the byte fits, one byte more does not, and the refusal says what is free and who has the rest', (t) => {
  const a = host('a')
  const free = freeMemory(a)
  const table = new Table(a)
  t.deepEqual(table.take(guest(1), memory(GIB)), [])
  t.deepEqual(table.take(guest(2), memory(free - GIB)), [])
  t.deepEqual(table.take(guest(3), memory(1)), ['memory of a: 0 bytes free, 1 bytes needed; the rest is held by web2 and web1'])
  table.release(guest(2))
  t.deepEqual(table.take(guest(3), memory(free - GIB)), [])
})

test('to ask twice is to ask once, and to ask for more of a part is to have that', (t) => {
  const a = host('a')
  const table = new Table(a)
  for (const bytes of [GIB, GIB, freeMemory(a)]) t.deepEqual(table.take(guest(1), memory(bytes)), [])
  t.is(table.claims.length, 1)
  t.is(table.claims[0]?.length, freeMemory(a))
})

test('the needs of one take see each other', (t) => {
  const a = host('a')
  const half = (part: string): Need => ({ ...memory(freeMemory(a) / 2 + 1), part })
  t.is(new Table(a).take(automation('x'), half('one'), half('two')).length, 1)
})

test('what was not read is refused as not known, and takes nothing', (t) => {
  const table = new Table(host('a', unread('guests')))
  t.deepEqual(table.take(guest(1), memory(1)), ['memory of a is not known: guests (guests: stopped)'])
  t.deepEqual(new Table({ ...host('a'), inventory: undefined }).take(guest(1), memory(1)), [
    'memory of a is not known: the host has not reported',
  ])
  t.deepEqual(table.claims, [])
})

test('a guest that runs already may be claimed on a host that has no more than that', (t) => {
  const big = running(1, { memoryBytes: 15 * GIB, maxMemoryBytes: 15 * GIB })
  const table = new Table(host('a', { guests: [big] }))
  t.deepEqual(table.take(guest(1), memory(guestMemory({ memoryBytes: 15 * GIB, vcpus: 1 }))), [])
  t.is(table.take(guest(2), memory(1)).length, 1)
})

test('a LUN has one writer in the pool, by whatever name its hosts know it', (t) => {
  const table = new Table(host('a', lun('sdb')), host('b', lun('sdq')))
  t.deepEqual(table.take(guest(1), writer('/dev/sdb')), [])
  t.deepEqual(table.take(guest(2), writer('/dev/sdq', 'b')), ['/dev/sdq of b is held by web1, as /dev/sdb'])
  t.deepEqual(table.take({ ...automation('move web1') }, { ...writer('/dev/sdq', 'b'), guest: uuidOf(1) }), [], 'for the same guest')
})

test('a guest that was made by hand writes its disks, on every host that reaches them', (t) => {
  const busy = host('b', { ...lun('sdq'), guests: [running(9, { disks: [disk('/dev/sdq')] })] })
  const table = new Table(host('a', lun('sdb')), busy)
  t.deepEqual(table.take(guest(1), writer('/dev/sdb')), ['/dev/sdb of a is held by guest hand9 on b'])
  const fenced = new Table(host('a', lun('sdb')), { ...busy, ...hostIn('fenced') })
  t.deepEqual(fenced.take(guest(1), writer('/dev/sdb')), [])
  const reads = new Table(host('a', lun('sdb')), host('b', { ...lun('sdq'), guests: [running(9, { disks: [disk('/dev/sdq', true)] })] }))
  t.deepEqual(reads.take(guest(1), writer('/dev/sdb')), [])
})

test('of a LUN that another host sees, and which could not say what it writes, the writer is not known', (t) => {
  const table = new Table(host('a', lun('sdb')), host('b', { ...lun('sdq'), ...unread('guests') }))
  t.deepEqual(table.take(guest(1), writer('/dev/sdb')), ['who writes /dev/sdb of a is not known: b: guests (guests: stopped)'])
  t.deepEqual(new Table(host('a', lun('sdb')), host('b', unread('guests'))).take(guest(1), writer('/dev/sdb')), [], 'b does not see it')
  t.is(new Table(host('a', lun('sdb')), host('b', unread('blockDevices'))).take(guest(1), writer('/dev/sdb')).length, 1, 'b may see it')
})

test('where a disk of a guest lies that nobody has claimed has to be known, of one that is claimed its claims say it', (t) => {
  const given = { ...lun('sdb'), guests: [running(9, { disks: [disk('/dev/mapper/hostless-9')] })] }
  const table = new Table(host('a', given))
  t.regex(
    table.take(guest(1), writer('/dev/sdb'))[0] ?? '',
    /^who writes \/dev\/sdb of a is not known: guest hand9 on a has \/dev\/mapper\/hostless-9/,
  )
  t.deepEqual(table.take(guest(9), memory(15 * MIB)), [])
  t.deepEqual(table.take(guest(1), writer('/dev/sdb')), [])
})

test('a disk below a VG, and one that dom0 has mounted, are written already', (t) => {
  const mounted = { on: 'sdb', type: 'ext4', uuid: 'u', mountPoints: ['/srv'] }
  const table = new Table(host('a', VG), host('b', { ...lun('sdb'), fileSystems: [mounted] as never }))
  t.deepEqual(table.take(guest(1), writer('/dev/vda')), ['/dev/vda of a is held by VG data'])
  t.deepEqual(table.take(guest(1), writer('/dev/sdb', 'b')), ['/dev/sdb of b is held by /srv of b'])
  t.deepEqual(table.take(guest(1), writer('/srv/web1.img', 'b')), [])
  t.deepEqual(table.take(guest(2), writer('/srv/web1.img', 'b')), ['/srv/web1.img of b is held by web1'])
})

test('LVs of one VG have a writer each, and no more space than there is, in whole extents', (t) => {
  const table = new Table(host('a', VG))
  const space = (lv: string, bytes: number, part = 'disk root'): Need => ({ part, kind: 'space', host: 'a', vg: lvmUuid('v'), lv, bytes })
  t.deepEqual(table.take(guest(1), space('web1', 6 * GIB), writer('/dev/data/web1')), [])
  t.deepEqual(table.take(guest(2), space('web2', 4 * GIB + 1), writer('/dev/data/web2')), [
    'space in VG data of a: 4 GiB free, 4 GiB needed (4194304 bytes more); the rest is held by web1',
  ])
  t.deepEqual(table.take(guest(2), space('web1', 1)), ['LV web1 in VG data is held by web1'])
  t.deepEqual(table.take(guest(2), space('web2', 4 * GIB - 1), writer('/dev/data/web2')), [])
  t.deepEqual(table.take(guest(3), writer('/dev/mapper/data-web2')), [
    '/dev/mapper/data-web2 of a: there is no device /dev/mapper/data-web2',
  ])
  const gone = new Table(host('a', { ...VG, vgs: [{ ...VG.vgs?.[0], missingPvs: 1, pvs: 2 } as never] }))
  t.deepEqual(gone.take(guest(1), space('web1', 1)), ['space in VG data of a: 1 of the 2 PVs of VG data is missing'])
})

test('minors and ports are the same on all hosts of a mirror, are kept, and skip what is in use', (t) => {
  const used = { name: 'r', role: 'x', suspended: false, connections: [], volumes: [{ volume: 0, minor: 1, disk: 'x' }] }
  const table = new Table(host('a', { drbd: [used] as never }), host('b'), host('c'))
  const mirror = (...hosts: readonly string[]): readonly Need[] => [
    { part: 'mirror', kind: 'minor', hosts },
    { part: 'mirror', kind: 'port', hosts },
  ]
  for (const _again of [1, 2]) t.deepEqual(table.take(automation('x'), ...mirror('a', 'b')), [])
  t.deepEqual(table.take(automation('y'), ...mirror('b', 'c')), [])
  t.deepEqual(table.take(automation('z'), ...mirror('a', 'c')), [])
  t.deepEqual(
    ['minor:a', 'minor:b', 'minor:c'].map((space) => table.numbers(space)),
    [
      [0, 2],
      [0, 1],
      [1, 2],
    ],
  )
  t.deepEqual(
    ['port:a', 'port:b', 'port:c'].map((space) => table.numbers(space)),
    [
      [7800, 7802],
      [7800, 7801],
      [7801, 7802],
    ],
  )
  t.deepEqual(table.take(automation('w'), { part: 'm', kind: 'minor', hosts: ['a'], number: 1 }), [
    'DRBD minor 1 of a is held by DRBD resource r of a',
  ])
  t.deepEqual(new Table(host('a', unread('drbd'))).take(automation('x'), ...mirror('a')), [
    'which DRBD minors of a are free is not known: drbd: stopped',
  ])
})

test('MACs are Xen’s, are kept, and never those of another guest, claimed or not', (t) => {
  const nic = (mac: string) => running(9, { nics: [{ devid: 0, mac }] })
  const table = new Table(host('a', { guests: [nic('00:16:3e:00:00:07')] }))
  const want = (part: string, mac?: string): Need => ({ part, kind: 'mac', ...(mac === undefined ? {} : { mac }) })
  for (const _again of [1, 2]) t.deepEqual(table.take(guest(1), want('nic 0'), want('nic 1')), [])
  const items = table.claims.map(({ item }) => item)
  t.true(items.length === 2 && new Set(items).size === 2 && items.every((mac) => /^00:16:3e(:[0-9a-f]{2}){3}$/.test(mac)), items.join())
  t.deepEqual(table.take(guest(2), want('nic 0', items[0])), [`MAC ${items[0]} is held by web1`])
  t.deepEqual(table.take(guest(2), want('nic 0', '00:16:3e:00:00:07')), ['MAC 00:16:3e:00:00:07 is held by a guest on a'])
  t.deepEqual(table.take(guest(9), want('nic 0', '00:16:3e:00:00:07')), [], 'its own')
})

test('a MAC that a guest by hand has is not given out', (t) => {
  const first = new Table(host('a'))
  first.take(guest(1), { part: 'nic', kind: 'mac' })
  const [given] = first.claims
  const table = new Table(host('a', { guests: [running(9, { nics: [{ devid: 0, mac: given?.item }] })] }))
  table.take(guest(1), { part: 'nic', kind: 'mac' })
  t.is(table.claims.length, 1)
  t.not(table.claims[0]?.item, given?.item)
})

test('an address has one holder in a network', (t) => {
  const table = new Table(host('a'))
  const at = (network: string): Need => ({ part: 'nic', kind: 'address', network, address: '10.0.0.5' })
  t.deepEqual(table.take(guest(1), at('vlan:1')), [])
  t.deepEqual(table.take(guest(2), at('vlan:1')), ['address 10.0.0.5 is held by web1'])
  t.deepEqual(table.take(guest(2), at('vlan:2')), [])
})

test('whatever is asked for and given back in whatever order, nothing is over-committed and nothing has two holders', (t) => {
  const devices = ['/dev/vda', '/dev/vdb', '/dev/vdb1', '/dev/vdb2', '/dev/data/x', '/dev/data/y', '/srv/a', '/srv/b']
  const rich = host('a', {
    ...VG,
    blockDevices: [
      ...(VG.blockDevices ?? []),
      { name: 'vdb', device: '/dev/vdb', serial: 'W', transport: 'virtio' },
      { name: 'vdc', device: '/dev/vdc', serial: 'X', transport: 'virtio' },
    ],
    partitions: [
      { name: 'vdb1', disk: 'vdb', number: 1, startBytes: MIB, sizeBytes: GIB },
      { name: 'vdb2', disk: 'vdb', number: 2, startBytes: MIB + GIB, sizeBytes: GIB },
    ],
    fileSystems: [{ on: 'vdc', type: 'ext4', uuid: 'u', mountPoints: ['/srv'] }],
    guests: [running(99)],
  } as never)
  const free = freeMemory(rich)
  const need = fc.oneof(
    fc.integer({ min: 0, max: free }).map((bytes): Need => memory(bytes)),
    fc.constantFrom(...devices).map((device): Need => writer(device)),
    fc
      .record({ lv: fc.constantFrom('x', 'y', 'z'), bytes: fc.integer({ min: 0, max: 11 * GIB }) })
      .map(({ lv, bytes }): Need => ({ part: `lv ${lv}`, kind: 'space', host: 'a', vg: lvmUuid('v'), lv, bytes })),
    fc.constant<Need>({ part: 'nic', kind: 'mac' }),
    fc.constant<Need>({ part: 'm', kind: 'minor', hosts: ['a'] }),
  )
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ who: fc.integer({ min: 1, max: 5 }), needs: fc.array(need, { minLength: 1, maxLength: 4 }) }) },
    { weight: 1, arbitrary: fc.record({ who: fc.integer({ min: 1, max: 5 }), needs: fc.constant([]) }) },
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      const table = new Table(rich)
      for (const { who, needs } of steps) {
        if (needs.length === 0) table.release(guest(who))
        else table.take(guest(who), ...needs)
        const sum = (space: string) => table.claims.filter((claim) => claim.space === space).reduce((all, { length }) => all + length, 0)
        if (sum('memory:a') > free || sum(`vg:${lvmUuid('v')}`) > 10 * GIB) return false
        for (const one of table.claims) {
          for (const other of table.claims) {
            if (one === other || one.space !== other.space || one.mode === 'amount' || (one.mode === 'within' && other.mode === 'within'))
              continue
            const doMeet = one.start < other.start + other.length && other.start < one.start + one.length
            if (doMeet && (one.mode === 'number' || !isOneParty(one, other))) return false
          }
        }
      }
      return true
    }),
    { numRuns: 300 },
  )
  t.pass()
})
