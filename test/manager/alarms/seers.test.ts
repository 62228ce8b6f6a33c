import { isDeepStrictEqual } from 'node:util'
import test from 'ava'
import fc from 'fast-check'
import { type Seer, Seers } from '../../../manager/alarms/seers.ts'

const id = fc.constantFrom('a', 'b', 'c', 'd')
const ports = fc.constantFrom(undefined, { 'portal a': 1 }, { 'portal a': 2 }, { 'portal b': 1 })
const seer = fc.option(fc.record({ name: fc.constantFrom('node01', 'node02', 'node03'), paths: fc.nat(4), ports }), { nil: undefined })

test('who has most paths, the first by name, is known after each that comes, changes or goes, and told when it is another', (t) => {
  fc.assert(
    fc.property(fc.array(fc.tuple(id, seer), { maxLength: 30 }), (puts) => {
      const [seers, plain] = [new Seers(), new Map<string, Seer>()]
      let before: Seer | undefined
      for (const [host, seen] of puts) {
        if (seen) plain.set(host, seen)
        else plain.delete(host)
        const isOther = seers.put(host, seen)
        const [most] = [...plain.values()].sort((a, b) => b.paths - a.paths || (a.name < b.name ? -1 : 1))
        const isSame = most?.name === before?.name && most?.paths === before?.paths
        t.deepEqual([seers.most?.name, seers.most?.paths], [most?.name, most?.paths])
        t.is(isOther, !(isSame && isDeepStrictEqual(seers.most?.ports, before?.ports)))
        t.deepEqual([...seers.ids()].sort(), [...plain.keys()].sort())
        before = seers.most
      }
    }),
  )
})
