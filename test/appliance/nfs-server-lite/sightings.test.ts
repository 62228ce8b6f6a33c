import test from 'ava'
import { Sightings } from '../../../appliance/nfs-server-lite/sightings.ts'
import { parseGeneration } from '../../../appliance/wire/generation.ts'

const [one, two] = ['0000000000000001', '0000000000000002'].map(parseGeneration)

test('sightings tell for each generation who used it and when last, longest unseen first', (t) => {
  if (!one || !two) return t.fail()
  const sightings = new Sightings()
  sightings.saw(one, 'a', 1)
  sightings.saw(one, 'b', 2)
  sightings.saw(two, 'a', 3)
  sightings.saw(one, 'a', 4)
  sightings.saw(one, 'a', 4)
  t.deepEqual(Object.fromEntries(sightings.list()), {
    [one]: [
      { clientAddress: 'b', at: 2 },
      { clientAddress: 'a', at: 4 },
    ],
    [two]: [{ clientAddress: 'a', at: 3 }],
  })
})

test('sightings stay bounded: the longest unseen is forgotten', (t) => {
  if (!one) return t.fail()
  const sightings = new Sightings()
  for (let index = 0; index <= 4096; index++) sightings.saw(one, `client ${index}`, index)
  const seen = sightings.list().get(one) ?? []
  t.is(seen.length, 4096)
  t.is(seen[0]?.clientAddress, 'client 1')
})
