import test from 'ava'
import { connectionToClose } from '../../../../appliance/nfs-server-lite/tcp/admission.ts'

const limits = { connections: 6, connectionsPerAddress: 3 }
const open = (...specs: readonly (readonly [string, number])[]) =>
  new Set(specs.map(([clientAddress, heardAt]) => ({ clientAddress, heardAt })))

test('while there is room, nobody is closed', (t) => {
  t.is(connectionToClose(open(['a', 1], ['a', 2], ['b', 3]), 'a', limits), undefined)
})

test('an address with its fill loses its own longest silent connection', (t) => {
  t.deepEqual(connectionToClose(open(['b', 0], ['a', 5], ['a', 2], ['a', 3]), 'a', limits), { clientAddress: 'a', heardAt: 2 })
})

test('when all are taken, the address with the most connections loses one, not the quiet ones', (t) => {
  const full = open(['host', 0], ['b', 5], ['b', 2], ['b', 3], ['c', 1], ['d', 1])
  t.deepEqual(connectionToClose(full, 'newcomer', limits), { clientAddress: 'b', heardAt: 2 })
})
