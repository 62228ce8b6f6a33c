import test from 'ava'
import { describeThing, type Thing } from '../../../../manager/connectivity/thing.ts'
import { columnName, KIND_NAMES, lineName, nameOf } from '../../../../manager/doors/web/views/thing-name.ts'

const THINGS: readonly (readonly [Thing, string])[] = [
  [{ kind: 'vlan', tag: '100' }, '100'],
  [{ kind: 'segment', station: 'tor-1a' }, 'tor-1a'],
  [{ kind: 'iscsi-target', iqn: 'iqn.2020-01.example:array0' }, 'iqn.2020-01.example:array0'],
  [{ kind: 'nfs', server: 'filer', export: '/export/iso' }, 'filer:/export/iso'],
]
const told = (thing: Thing) => ({ kind: thing.kind, name: describeThing(thing) })

for (const [thing, name] of THINGS) {
  test(`the kind is not said twice of ${describeThing(thing)}`, (t) => {
    t.is(nameOf(told(thing)), name)
    t.truthy(KIND_NAMES[thing.kind])
  })
}

test('LUNs that differ at their end differ in the head of the matrix and in a line', (t) => {
  const [a, b] = ['00', '01'].map((end) => ({ kind: 'lun' as const, name: `LUN naa.600140500000000000000000000000${end}` }))
  if (!a || !b) return t.fail()
  t.is(columnName(a), '…00000000')
  t.is(columnName(b), '…00000001')
  t.is(lineName(b), 'naa.6001…0000000000000000001')
})

test('a name that has room is whole, and one of emoji is cut between letters', (t) => {
  t.is(columnName({ kind: 'vg', name: 'VG vg_shared0' }), 'vg_shared0')
  t.is(columnName({ kind: 'vg', name: `VG ${'🦊'.repeat(20)}` }), `${'🦊'.repeat(10)}…`)
})
