import test from 'ava'
import { Conclusions } from '../../../../manager/alarms/conclusions.ts'
import type { ReportingHost } from '../../../../manager/alarms/condition.ts'
import { PathFaults } from '../../../../manager/alarms/faults/paths.ts'
import { iqn, naa, reporting, wwn } from '../../connectivity/inventories.ts'
import { Watched } from '../watched.ts'

const [P1, P2] = ['10.0.0.5:3260', '10.0.1.5:3260']
const id = (number: number) => `host${number}`

interface Lun {
  readonly wwid: string
  /** By portal: whether the path carries something; a portal that is not there has no path. */
  readonly by: Readonly<Record<string, 'up' | 'lost'>>
}

/** A host that sees LUNs over iSCSI, a path by each portal. */
function host(number: number, luns: readonly Lun[]): ReportingHost {
  const paths = luns.flatMap(({ wwid, by }, lun) =>
    Object.entries(by).map(([portal, state], at) => ({ wwid, portal, state, device: `sd${'abcdefghijklmnopqrstuvwxyz'[lun]}${at}` })),
  )
  return reporting(id(number), {
    blockDevices: paths.map(({ device, portal, wwid }) => ({
      ...{ name: device, wwid, transport: 'iscsi' as const, sectorBytes: 512 },
      target: { kind: 'iscsi', target: iqn('array'), portal, lun: 0 },
    })),
    multipaths: luns.map(({ wwid }, at) => ({
      name: `mpath${'abcdefgh'[at]}`,
      wwid,
      paths: paths
        .filter((path) => path.wwid === wwid)
        .map(({ device, state }) => ({
          device,
          ...(state === 'up' ? { state: 'active' as const, check: 'ready' } : { state: 'failed' as const, check: 'faulty' }),
          group: 1,
        })),
    })),
  })
}

const both = (wwid: string): Lun => ({ wwid, by: { [P1]: 'up', [P2]: 'up' } })
const without = (wwid: string): Lun => ({ wwid, by: { [P1]: 'lost', [P2]: 'up' } })
const bare = (wwid: string): Lun => ({ wwid, by: { [P1]: 'lost', [P2]: 'lost' } })
const LUNS = ['1', '2', '3'].map(naa)
const range = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

test('thirty-six hosts that lose the paths of three LUNs by one portal are one alarm, and it says by what, and of whom', (t) => {
  const watched = new Watched(new PathFaults())
  t.deepEqual(watched.tell(...range(40).map((number) => host(number, LUNS.map(both)))), [])
  const [alarm, ...others] = watched.tell(...range(36).map((number) => host(number, LUNS.map(without))))
  t.deepEqual(others, [])
  t.like(alarm, { kind: 'path-failed', about: `portal ${P1}`, hosts: range(36).map(id).sort() })
  t.is(
    alarm?.text,
    'host1, host2, host3 and 33 others have lost the paths to 3 LUNs by portal 10.0.0.5:3260: others are left. See to cables, switches and the array',
  )
  t.is(alarm?.host, undefined)
})

test('its key stays while hosts come and go, the first of them and the last', (t) => {
  const watched = new Watched(new PathFaults())
  const well = [1, 2, 3].map((number) => host(number, [both(naa('1'))]))
  watched.tell(...well)
  const lost = [1, 2, 3].map((number) => host(number, [without(naa('1'))]))
  const keys: (readonly [string, string])[] = []
  const note = (said: ReturnType<Watched['tell']>) =>
    keys.push(...said.map(({ about, host: only, hosts }) => [about, only ?? hosts?.join(' ') ?? ''] as const))
  for (const one of [...lost, ...well]) note(watched.tell(one))
  t.deepEqual(keys, [
    [`portal ${P1}`, 'host1'],
    [`portal ${P1}`, 'host1 host2'],
    [`portal ${P1}`, 'host1 host2 host3'],
    [`portal ${P1}`, 'host2 host3'],
    [`portal ${P1}`, 'host3'],
  ])
  watched.tell(...lost)
  t.deepEqual(watched.remove('host1')[0]?.hosts, ['host2', 'host3'], 'one that is gone is none of them')
})

test('of one host and one LUN it is said as ever; on whom nothing is left is said by name', (t) => {
  const watched = new Watched(new PathFaults())
  watched.tell(...[1, 2, 3].map((number) => host(number, [both(naa('1'))])))
  const [alone] = watched.tell(host(2, [without(naa('1'))]))
  t.regex(alone?.text ?? '', /^mpatha \(naa\.61+\) on host2 has lost a path \(sda0\): 1 of 2 is left/)
  const said = watched.tell(host(3, [bare(naa('1'))]))
  t.deepEqual(
    said.map(({ about }) => about),
    [`portal ${P1}`, `portal ${P2}`],
  )
  t.is(
    said[0]?.text,
    `host2 and host3 have lost the paths to LUN ${naa('1')} by portal 10.0.0.5:3260: none is left on host3, and what is on them stands still. See to cables, switches and the array`,
  )
})

const never = (wwid: string): Lun => ({ wwid, by: { [P2]: 'up' } })
const causes = (said: ReturnType<Watched['tell']>) => said.map(({ about, host: only, hosts }) => [about, only ?? hosts?.join(' ')])

test('a path that goes from the report is of its portal, whether it was seen lost or not', (t) => {
  const watched = new Watched(new PathFaults())
  watched.tell(host(1, [both(naa('1'))]), host(2, [both(naa('1'))]))
  watched.tell(host(1, [without(naa('1'))]))
  t.deepEqual(causes(watched.tell(host(1, [never(naa('1'))]))), [[`portal ${P1}`, 'host1']])
  t.deepEqual(causes(watched.tell(host(2, [never(naa('1'))]))), [[`portal ${P1}`, 'host1 host2']])
  const back = watched.tell(host(1, [both(naa('1'))]))
  t.deepEqual(causes(back), [[`portal ${P1}`, 'host2']])
  t.regex(back[0]?.text ?? '', /on host2 has 1 path, and host1 has 2 to the same LUN \(fewer by portal 10\.0\.0\.5:3260\)\. See to/)
})

test('hosts that boot while a portal is down are in its alarm by what siblings have, and those that knew it by what they had', (t) => {
  const watched = new Watched(new PathFaults())
  watched.tell(...range(6).map((number) => host(number, LUNS.map(both))))
  watched.tell(...range(4).map((number) => host(number, LUNS.map(without))))
  // One comes anew, one boots again.
  const [alarm, ...others] = watched.tell(host(7, LUNS.map(never)), host(6, LUNS.map(never)))
  t.deepEqual(others, [])
  t.deepEqual([alarm?.about, alarm?.hosts], [`portal ${P1}`, [1, 2, 3, 4, 6, 7].map(id)])
  const left = range(6).reduce((_, number) => watched.remove(id(number)), [] as ReturnType<Watched['tell']>)
  t.deepEqual(causes(left), [[`portal ${P1}`, 'host7']], 'also when all its siblings are gone')
  t.deepEqual(watched.tell(host(7, LUNS.map(both))), [])
})

test('of several paths by one portal those that are gone are of it, too', (t) => {
  const watched = new Watched(new PathFaults())
  const seen = (portals: readonly string[]) =>
    reporting(id(1), {
      blockDevices: portals.map((portal, at) => ({
        name: `sd${at}`,
        transport: 'iscsi',
        target: { kind: 'iscsi', target: iqn('array'), portal, lun: 0 },
      })),
      multipaths: [{ name: 'mpatha', wwid: naa('1'), paths: portals.map((_, at) => ({ device: `sd${at}`, state: 'active', group: 1 })) }],
    })
  watched.tell(seen([P1, P1, P2, P2]))
  t.deepEqual(causes(watched.tell(seen([P1, P2, P2]))), [[`portal ${P1}`, 'host1']])
  t.deepEqual(causes(watched.tell(seen([P2, P2]))), [[`portal ${P1}`, 'host1']])
  t.deepEqual(causes(watched.tell(seen([P1, P1]))), [[`portal ${P2}`, 'host1']], 'one came back and the other went')
  t.deepEqual(causes(watched.tell(seen([]))), [
    [`portal ${P1}`, 'host1'],
    [`portal ${P2}`, 'host1'],
  ])
})

test('what is gone is of its LUN where no portal can be told: other portals than ever, devices that were not read', (t) => {
  const watched = new Watched(new PathFaults())
  watched.tell(host(1, [both(naa('1'))]))
  t.deepEqual(causes(watched.tell(host(2, [{ wwid: naa('1'), by: { '10.9.9.9:3260': 'up' } }]))), [[`lun ${naa('1')}`, 'host2']])
  const { inventory, ...named } = host(2, [never(naa('1'))])
  t.deepEqual(causes(watched.tell({ ...named, inventory: { ...inventory, blockDevices: [] } })), [[`lun ${naa('1')}`, 'host2']])
  t.deepEqual(causes(watched.tell(host(2, [never(naa('1'))]))), [[`portal ${P1}`, 'host2']])
})

test('a port of a Fibre Channel array is a cause as a portal is', (t) => {
  const watched = new Watched(new PathFaults())
  const seen = (name: string, state: 'active' | 'failed') =>
    reporting(name, {
      blockDevices: [{ name: 'sda', transport: 'fc', sectorBytes: 512, target: { kind: 'fc', port: wwn('5'), lun: 1 } }],
      multipaths: [{ name: 'mpatha', wwid: naa('1'), paths: [{ device: 'sda', state, group: 1 }] }],
    })
  const [alarm, ...others] = watched.tell(seen('a', 'failed'), seen('b', 'failed'))
  t.deepEqual([alarm?.about, alarm?.hosts, others], [`port ${wwn('5')}`, ['a', 'b'], []])
  t.deepEqual(watched.tell(seen('a', 'active'), seen('b', 'active')), [])
})

test('hosts whose LUN has a WWID that is made up are not thought to see one LUN', (t) => {
  const watched = new Watched(new PathFaults())
  const seen = (name: string) =>
    reporting(name, {
      multipaths: [{ name: 'mpatha', wwid: naa('0').replace('6', '0'), paths: [{ device: 'sda', state: 'failed', group: 1 }] }],
    })
  t.is(watched.tell(seen('a'), seen('b')).length, 2)
})

test('one host with more causes than a person reads is one alarm of its own, and not in those of others', (t) => {
  const watched = new Watched(new PathFaults())
  const many = range(20).map((number) => ({ wwid: `t10.DISK_${number}`, by: { [`10.9.9.${number}:3260`]: 'lost' as const } }))
  const said = watched.tell(host(1, many), host(2, [{ wwid: 't10.DISK_1', by: { '10.9.9.1:3260': 'lost' } }]))
  t.deepEqual(
    said.map(({ about, host: only }) => [about, only]),
    [
      ['host1', 'host1'],
      ['portal 10.9.9.1:3260', 'host2'],
    ],
  )
})

test('who acknowledges it takes what each of its hosts has now for right', (t) => {
  const source = new PathFaults()
  const watched = new Watched(source)
  watched.tell(...[1, 2, 3].map((number) => host(number, LUNS.map(both))))
  watched.tell(...[1, 2].map((number) => host(number, LUNS.map(without))))
  const gone = [1, 2].map((number) =>
    host(
      number,
      LUNS.map((wwid) => ({ wwid, by: { [P2]: 'up' as const } })),
    ),
  )
  t.is(watched.tell(...gone).length, 1)
  source.cleared('path-failed', `portal ${P1}`)
  t.deepEqual(watched.tell(), [])
  t.deepEqual(watched.tell(...gone), [])
  t.like(watched.tell(host(3, LUNS.map(without)))[0], { about: `portal ${P1}`, host: 'host3' })
})

test('what a person has taken for right is what a map has by its portals, too', (t) => {
  const source = new PathFaults()
  const watched = new Watched(source)
  watched.tell(host(1, [both(naa('1'))]))
  watched.tell(host(1, [never(naa('1'))]))
  source.cleared('path-failed', `portal ${P1}`)
  t.deepEqual(watched.tell(), [])
  t.deepEqual(causes(watched.tell(host(1, [{ wwid: naa('1'), by: {} }]))), [[`portal ${P2}`, 'host1']])
})

test('by which portals a map had its paths is known after a restart of the manager, and learnt where an older one has not kept it', (t) => {
  const before = new Conclusions(new Map())
  before.update(host(1, [both(naa('1'))]))
  const kept = fromDisk(before.paths.unsaved())
  const keysAfter = (known: typeof kept, ...reports: readonly ReportingHost[]) => {
    const after = new Conclusions(new Map(), known)
    for (const report of reports) after.update(report)
    after.complete()
    return after.changes().map(({ key }) => key)
  }
  t.deepEqual(keysAfter(kept, host(1, [never(naa('1'))])), [`path-failed portal ${P1}`])
  const older = new Map([[id(1), new Map([[naa('1') as string, { most: 2 }]])]])
  t.deepEqual(keysAfter(older, host(1, [never(naa('1'))])), [`path-failed lun ${naa('1')}`])
  t.deepEqual(keysAfter(older, host(1, [both(naa('1'))]), host(1, [never(naa('1'))])), [`path-failed portal ${P1}`])
})

test('a restart of the manager holds it for all of its hosts until each is seen well', (t) => {
  const before = new Conclusions(new Map())
  before.complete()
  const hosts = [1, 2]
  for (const number of hosts) before.update(host(number, LUNS.map(both)))
  for (const number of hosts) before.update(host(number, LUNS.map(without)))
  const written = new Map(before.changes().map((change) => [change.key, change.kind === 'holds' ? change.condition.text : '']))
  t.deepEqual([...written.keys()], [`path-failed portal ${P1}`])

  const after = new Conclusions(written, fromDisk(before.paths.unsaved()))
  for (const number of hosts) after.update(host(number, []))
  after.complete()
  const [held, ...others] = after.changes()
  t.deepEqual(others, [])
  t.true(held?.kind === 'holds' && held.condition.hosts?.length === 2)
  for (const number of hosts) after.update(host(number, LUNS.map(both)))
  t.deepEqual(
    after.changes().map(({ kind, key }) => [kind, key]),
    [['ends', `path-failed portal ${P1}`]],
  )
})

/** As it comes back from the disk. */
function fromDisk<Value>(maps: ReadonlyMap<string, ReadonlyMap<string, Value>>): ReadonlyMap<string, ReadonlyMap<string, Value>> {
  const through = (inner: ReadonlyMap<string, Value>) =>
    new Map(Object.entries(JSON.parse(JSON.stringify(Object.fromEntries(inner))) as Record<string, Value>))
  return new Map([...maps].map(([name, inner]) => [name, through(inner)]))
}
