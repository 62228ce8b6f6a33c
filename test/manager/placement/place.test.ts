import test from 'ava'
import { readHostCpu } from '../../../manager/cpu/host.ts'
import { placeAll } from '../../../manager/placement/place.ts'
import { maskedEpyc, policyOf, withoutBit } from '../cpu/cpus.ts'
import { hostIn } from '../hosts/conditions.ts'
import { GIB, host, needs, picture, room, rules, said, unread, vg } from './pictures.ts'

test('every host that is not fit says all that is in its way, with numbers', (t) => {
  const hosts = [
    host('good'),
    host('busy', { memory: room(16 * GIB, 15 * GIB), vcpus: 63 }),
    host('blind', { memory: unread, threads: undefined }),
    host('small', { threads: 2, dom0: room(GIB, GIB - 1) }),
    host('bare', { vgs: new Map(), cpu: undefined }),
    host('broken', { vgs: new Map([['data', vg(100 * GIB, 0, { unusable: 'VG data is exported: vgimport makes it usable' })]]) }),
    host('full', { vgs: new Map([['data', vg(100 * GIB, 90 * GIB)]]) }),
    host('silent', { vgs: new Map(), unread: 'vgs (vgs: stopped)' }),
    host('odd', { vgs: new Map([['data', vg(1, 0, { room: unread })]]) }),
    host('taken', { siblings: new Map([['db', 2]]), guests: 2048 }),
    host('shut', { cordon: 'its disks are changed' }),
    host('cut'),
    host('nx', { cpu: readHostCpu('nx', policyOf({ vendor: 'AuthenticAMD', xen: '4.20.1', rows: withoutBit(maskedEpyc, 2, 20).rows })) }),
  ]
  const all = hosts.map(({ name }) => name).filter((name) => name !== 'cut')
  const level = { words: maskedEpyc.rows.get('HVM Default') ?? [], leaves: {} }
  const wanted = needs({
    ...{
      memoryBytes: 2 * GIB,
      dom0Bytes: 64,
      vcpus: 4,
      space: [
        { vg: 'data', bytes: 6 * GIB },
        { vg: 'data', bytes: 5 * GIB },
      ],
    },
    ...{
      networks: ['lan'],
      storage: ['san'],
      cpu: { kind: 'start', type: 'hvm', level } as const,
      apart: { group: 'db', strength: 'must' } as const,
    },
  })
  t.deepEqual(said(picture(hosts, { lan: all, san: hosts.map(({ name }) => name) }), wanted), [
    'fits: good',
    'the CPU of bare is not known',
    'bare has no VG data',
    'the free memory of blind is not known: guests (xl list -l: stopped)',
    'how many CPUs blind has is not known',
    'on broken VG data is exported: vgimport makes it usable',
    'busy has 1 GiB of memory free, 2 GiB are needed',
    'guests of busy have 63 vCPUs, with 4 more it would be over 64',
    'cut does not reach LAN: no bridge of it is on it',
    'VG data of full has 10 GiB free, 11 GiB are needed',
    'NX/XD is off in the BIOS of nx',
    'what is free in VG data of odd is not known: guests (xl list -l: stopped)',
    'shut is cordoned: its disks are changed',
    'what is free in VG data of silent is not known: vgs (vgs: stopped)',
    'dom0 of small has 1 bytes of its own memory free, 64 bytes are needed',
    'small has 2 CPUs, and the guest 4 vCPUs',
    'taken has 2048 guests, which is the most that it may have',
    'taken has 2 of group db, from which it is to be apart',
  ])
})

test('a cordon keeps guests from coming; a guest that lies there may start there', (t) => {
  const of = picture([host('h', { cordon: 'PDU 2' })])
  t.deepEqual(said(of, needs()), ['fits: ', 'h is cordoned: PDU 2'])
  t.deepEqual(said(of, needs(), rules({ home: 'id-h' })), ['fits: h'])
  t.deepEqual(said(of, needs(), rules({ home: 'id-other' })), ['fits: ', 'h is cordoned: PDU 2'])
})

for (const [state, reason] of [
  ['pending', 'h is not approved'],
  ['rejected', 'h was rejected'],
  ['approved', 'h has not booted'],
  ['booting', 'h is still booting'],
  ['maintenance', 'h is in maintenance'],
  ['lost', 'h is lost'],
  ['fenced', 'h is fenced'],
] as const) {
  test(`nothing is placed on a host that is ${state}`, (t) => {
    t.deepEqual(said(picture([host('h', hostIn(state))]), needs()), ['fits: ', reason])
  })
}

test('a host that has to the byte what is needed is enough, and one byte less is not', (t) => {
  const space = [{ vg: 'data', bytes: 4 * GIB }]
  const of = (memory: number, disk: number) =>
    said(picture([host('h', { memory: room(memory), vgs: new Map([['data', vg(disk)]]) })]), needs({ space }))[0]
  t.is(of(GIB, 4 * GIB), 'fits: h')
  t.is(of(GIB - 1, 4 * GIB), 'fits: ')
  t.is(of(GIB, 4 * GIB - 1), 'fits: ')
  t.is(said(picture([host('h')]), needs({ vcpus: 8 }), rules({ vcpusPerThread: 1 }))[0], 'fits: h')
  t.is(said(picture([host('h')]), needs({ vcpus: 8 }), rules({ vcpusPerThread: 0.9 }))[0], 'fits: ')
})

test('disks take whole extents each', (t) => {
  const two = {
    space: [
      { vg: 'data', bytes: 1 },
      { vg: 'data', bytes: 1 },
    ],
  }
  const of = (bytes: number) => said(picture([host('h', { vgs: new Map([['data', vg(bytes)]]) })]), needs(two))[0]
  t.is(of(8 << 20), 'fits: h')
  t.is(of((8 << 20) - 1), 'fits: ')
})

test('only hosts that are asked about are fit, and the one that a guest moves from is not', (t) => {
  const of = picture([host('a'), host('b'), host('c')])
  const cpu = { kind: 'move', guest: { type: 'pvh' }, from: 'id-a' } as const
  t.deepEqual(said(of, needs({ cpu }), rules({ among: new Set(['id-a', 'id-b']) })), [
    'fits: b',
    'a is where it runs',
    'c is not among the hosts that were asked for',
  ])
  t.is(said(picture([host('b')]), needs({ cpu }))[1], 'the host that it runs on has not reported')
})

test('spread takes the emptiest, pack the fullest that leaves headroom', (t) => {
  const used = (name: string, gib: number) => host(name, { memory: room(16 * GIB, gib * GIB) })
  const hosts = [used('a', 4), used('b', 1), used('c', 8), used('d', 14)]
  t.is(said(picture(hosts), needs())[0], 'fits: b a c d')
  t.is(said(picture(hosts), needs(), rules({ strategy: 'pack' }))[0], 'fits: c a b d', 'd would be fuller than 3/4')
  t.is(said(picture(hosts), needs(), rules({ strategy: 'pack', headroom: 'ignore' }))[0], 'fits: d c a b')
})

test('siblings are kept apart by host, and by groups of hosts before that', (t) => {
  const apart = { group: 'db', strength: 'should' } as const
  const hosts = [
    host('a', { groups: ['rack1'], siblings: new Map([['db', 1]]) }),
    host('b', { groups: ['rack1'] }),
    host('c', { groups: ['rack2'], memory: room(16 * GIB, 8 * GIB) }),
  ]
  t.is(said(picture(hosts), needs({ apart }))[0], 'fits: b c a')
  t.is(said(picture(hosts), needs({ apart }), rules({ spread: 'rack' }))[0], 'fits: c b a')
})

test('ten guests spread over racks stand evenly in them, and evenly on the hosts of each', (t) => {
  const hosts = Array.from({ length: 9 }, (_, index) => host(`h${index}`, { groups: [`rack${index % 3}`, 'all'] }))
  const kind = needs({ apart: { group: 'web', strength: 'should' } })
  const wants = Array.from({ length: 10 }, (_, index) => ({ id: `web${index}`, needs: kind }))
  const { placed, refused } = placeAll(picture(hosts), wants, rules({ spread: 'rack' }))
  t.deepEqual(refused, [])
  const count = (of: (index: number) => number) => {
    const counts = new Map<number, number>()
    for (const id of placed.values()) counts.set(of(Number(id.slice(4))), (counts.get(of(Number(id.slice(4)))) ?? 0) + 1)
    return [...counts.values()].sort()
  }
  t.deepEqual(
    count((index) => index % 3),
    [3, 3, 4],
  )
  t.deepEqual(
    count((index) => index),
    [1, 1, 1, 1, 1, 1, 1, 1, 2],
  )
})

test('of a set as many find a place as fit, and the others are told why, by the hosts as they stand then', (t) => {
  const kind = needs({ memoryBytes: 5 * GIB })
  const wants = Array.from({ length: 8 }, (_, index) => ({ id: `g${index}`, needs: kind }))
  const { placed, refused } = placeAll(picture([host('a'), host('b')]), wants, rules())
  t.deepEqual([placed.size, refused.map(({ id }) => id)], [6, ['g6', 'g7']])
  const [reasons] = refused[0]?.hosts.map((one) => (one.kind === 'against' ? one.reasons : [])) ?? []
  t.deepEqual(reasons, [{ kind: 'memory', free: GIB, needed: 5 * GIB }])
})
