import test from 'ava'
import fc from 'fast-check'
import { Siblings } from '../../../manager/alarms/siblings.ts'
import type { MatrixHost } from '../../../manager/connectivity/matrix.ts'
import { mac, plugged, reporting } from '../connectivity/inventories.ts'
import { Watched } from './watched.ts'

type Given = Parameters<typeof reporting>[1]

const GIB = 2 ** 30
const modules = (count: number, gibibytes: number) =>
  Array.from({ length: count }, (_, index) => ({ slot: `DIMM ${index}`, bytes: gibibytes * GIB }))
const dmi = (more: object = {}) => ({
  manufacturer: 'HPE',
  product: 'DL360 Gen10',
  firmwareVendor: 'HPE',
  firmwareVersion: 'U32 2.90',
  memoryModules: modules(8, 16),
  ...more,
})
const server = (id: string, more: Given = {}): MatrixHost => reporting(id, { dmi: dmi(), ...more })
const others = (count: number, more: Given = {}): readonly MatrixHost[] =>
  Array.from({ length: count }, (_, index) => server(`n${index + 1}`, more))
const watching = () => new Watched(new Siblings())
const texts = (hosts: readonly MatrixHost[]): readonly string[] =>
  watching()
    .tell(...hosts)
    .map(({ text }) => text)

test('equal siblings, lone hosts and hosts without a product are nothing to speak of', (t) => {
  t.deepEqual(texts(others(3)), [])
  t.deepEqual(texts([server('a'), reporting('b', { dmi: { product: 'Other', memoryModules: modules(1, 1) } })]), [])
  t.deepEqual(
    texts([reporting('a', { dmi: { memoryModules: modules(1, 1) } }), reporting('b', { dmi: { memoryModules: modules(2, 1) } })]),
    [],
  )
})

test('hosts whose product says nothing are compared by maker and board, and those of two boards are not', (t) => {
  const box = (id: string, board: string, product: string, count: number) =>
    reporting(id, { dmi: { manufacturer: 'Supermicro', product, board, memoryModules: modules(count, 16) } })
  t.deepEqual(texts([box('a', 'X11DPi-N', 'Super Server', 8), box('b', 'H12SSL-i', 'Super Server', 4)]), [])
  t.deepEqual(texts([box('a', 'X11DPU', 'SYS-1029U', 8), box('b', 'X11DPU-Z+', 'SYS-1029U', 4)]), [])
  t.deepEqual(texts([box('a', 'Default string', 'NULL', 8), box('b', 'Default string', 'NULL', 4)]), [])
  t.deepEqual(texts(['a', 'b', 'c'].map((id) => box(id, 'X11DPi-N', 'To be filled by O.E.M.', id === 'c' ? 4 : 8))), [
    'memory: c has 64 GiB (4 × 16 GiB); most hosts of product Supermicro, board X11DPi-N have 128 GiB (8 × 16 GiB)',
  ])
})

const ODD: readonly [what: string, given: Given, usual: Given, text: string][] = [
  [
    'less memory',
    { dmi: dmi({ memoryModules: modules(6, 16) }) },
    {},
    'memory: odd has 96 GiB (6 × 16 GiB); most hosts of product HPE DL360 Gen10 have 128 GiB (8 × 16 GiB)',
  ],
  [
    'older firmware',
    { dmi: dmi({ firmwareVersion: 'U32 2.10' }) },
    {},
    'firmware: odd has HPE U32 2.10; most hosts of product HPE DL360 Gen10 have HPE U32 2.90',
  ],
  [
    'a missing disk',
    { blockDevices: [{ name: 'nvme0n1', transport: 'nvme', sizeBytes: 960e9 }] },
    {
      blockDevices: [
        { name: 'nvme0n1', transport: 'nvme', sizeBytes: 960e9 },
        { name: 'nvme1n1', transport: 'nvme', sizeBytes: 960e9 },
        { name: 'sr0', transport: 'sata', removable: true },
        { name: 'sdb', transport: 'fc' },
      ],
    },
    'disks: odd has 1 × 894.1 GiB; most hosts of product HPE DL360 Gen10 have 2 × 894.1 GiB',
  ],
  [
    'a slow link',
    { nics: [{ name: 'eth0', mac: mac(1), speed: 1000 }] },
    { nics: [{ name: 'eth0', mac: mac(1), speed: 25000 }] },
    'links: odd has eth0 at 1000 Mbit/s; most hosts of product HPE DL360 Gen10 have eth0 at 25000 Mbit/s',
  ],
  [
    'no link',
    { nics: [{ name: 'eth0', mac: mac(1), link: 'down' }] },
    { nics: [{ name: 'eth0', mac: mac(1) }] },
    'links: odd has no link; most hosts of product HPE DL360 Gen10 have eth0',
  ],
]

for (const [what, given, usual, text] of ODD) {
  test(`a host with ${what} is told from its siblings`, (t) => {
    t.deepEqual(texts([...others(3, usual), server('odd', given)]), [text])
  })
}

const cabled = (id: string, first: string, second: string): MatrixHost =>
  server(id, {
    nics: [
      { name: 'eth0', mac: mac(1), neighbours: [plugged(first, 'e1')] },
      { name: 'eth1', mac: mac(2), neighbours: [plugged(second, 'e2')] },
    ],
  })

test('crossed cables are found among hosts of one rack, and other racks have other switches', (t) => {
  const rack = (switches: readonly [string, string], count: number) =>
    Array.from({ length: count }, (_, index) => cabled(`${switches[0]}-${index}`, ...switches))
  t.deepEqual(texts([...rack(['sw1', 'sw2'], 3), ...rack(['sw3', 'sw4'], 3), cabled('odd', 'sw2', 'sw1')]), [
    'cabling: odd has eth0 to sw2, eth1 to sw1; most hosts of product HPE DL360 Gen10 have eth0 to sw1, eth1 to sw2',
  ])
})

test('both cables in one switch are found, whatever the rack', (t) => {
  t.deepEqual(texts([cabled('a', 'sw1', 'sw2'), cabled('b', 'sw3', 'sw4'), cabled('odd', 'sw5', 'sw5')]), [
    'cabling: odd has cables to 1 switch; most hosts of product HPE DL360 Gen10 have cables to 2 switches',
  ])
})

test('without a majority all are told, and none is blamed', (t) => {
  const [a, b] = [server('a'), server('b', { dmi: dmi({ memoryModules: modules(4, 16) }) })]
  t.deepEqual(texts([a, b]), ['memory: the 2 hosts of product HPE DL360 Gen10 differ: 128 GiB (8 × 16 GiB) (a); 64 GiB (4 × 16 GiB) (b)'])
  const motley = Array.from({ length: 7 }, (_, index) => server(`n${index}`, { dmi: dmi({ firmwareVersion: `${index}` }) }))
  t.regex(texts(motley)[0] ?? '', /^firmware: the 7 hosts of product .*HPE 4 \(n4\) and 2 other ways$/)
})

test('disks that could not be read are not missing', (t) => {
  const disks: Given = { blockDevices: [{ name: 'sda', transport: 'sata' }] }
  const blind = server('blind', { problems: [{ section: 'blockDevices', source: 'lsblk', reason: 'exit code 1' }] })
  t.deepEqual(texts([...others(3, disks), blind]), [])
})

test('a host that is put right differs no more, and one that is not alone any more is told with the other', (t) => {
  const watched = watching()
  const odd = (id: string) => server(id, { dmi: dmi({ firmwareVersion: 'U32 2.10' }) })
  const [alone, ...none] = watched.tell(...others(5), odd('x'))
  t.deepEqual([alone?.host, none], ['x', []])
  const [both] = watched.tell(odd('y'))
  t.deepEqual([both?.host, both?.about], [undefined, alone?.about])
  t.regex(both?.text ?? '', /^firmware: x and y have HPE U32 2\.10; most/)
  t.is(watched.tell(server('x'))[0]?.host, 'y')
  t.deepEqual(watched.remove('y'), [])
})

test('what is usual changes sides as hosts are upgraded, one after the other', (t) => {
  const watched = watching()
  const version = (id: string, firmwareVersion: string) => server(id, { dmi: dmi({ firmwareVersion }) })
  watched.tell(...['a', 'b', 'c', 'd'].map((id) => version(id, '1')))
  const told = ['a', 'b', 'c', 'd'].map((id) =>
    watched.tell(version(id, '2')).map(({ text }) => text.replace(/^firmware: (.*?) (has|have|differ).*/, '$1')),
  )
  t.deepEqual(told, [['a'], ['the 4 hosts of product HPE DL360 Gen10'], ['d'], []])
})

test('whatever hosts report and in whatever order, what is said is what is said of the same hosts anew', (t) => {
  const step = fc.record({
    id: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    version: fc.option(fc.constantFrom('1', '2', '3')),
    product: fc.constantFrom('P', 'Q'),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      const watched = watching()
      const now = new Map<string, MatrixHost>()
      let said: readonly string[] = []
      for (const { id, version, product } of steps) {
        if (version === null) now.delete(id)
        else now.set(id, server(id, { dmi: { product, firmwareVersion: version, memoryModules: [] } }))
        const host = now.get(id)
        said = (host ? watched.tell(host) : watched.remove(id)).map(({ text }) => text)
      }
      // Of several values that all differ, those of one size stand in the order of their coming.
      const exact = (list: readonly string[]) => list.map((text) => (text.includes(' differ: ') ? text.split(':')[1] : text)).sort()
      t.deepEqual(exact(said), exact(texts([...now.values()])))
    }),
  )
})

test('in a pool of thousands a report touches only the values that its host had and has', (t) => {
  const source = new Siblings()
  for (const host of others(2000)) source.update(host)
  source.findings()
  source.update(server('n5', { dmi: dmi({ firmwareVersion: 'U32 2.10' }) }))
  const touched = source.findings()
  t.true(touched.length < 20, `${touched.length}`)
  t.is(touched.flatMap(({ conditions }) => conditions).length, 1)
  source.update(server('n5', { dmi: dmi({ firmwareVersion: 'U32 2.10' }) }))
  t.deepEqual(source.findings(), [])
})
