import test from 'ava'
import { decodeAgentMessage } from '../../../manager/protocol/codec.ts'
import { EMPTY, uuidOf } from '../site.ts'

const decode = (message: object) => {
  const decoded = decodeAgentMessage(Buffer.from(JSON.stringify(message)))
  return decoded.kind === 'message' ? decoded.message : decoded
}

test('an inventory of an agent that knows no properties has none, and its delta leaves them as they are', (t) => {
  const { properties, ...older } = EMPTY
  t.deepEqual(properties, [])
  const full = decode({ kind: 'inventory', run: uuidOf(1), revision: 1, inventory: older })
  t.deepEqual(full.kind === 'inventory' && full.inventory.properties, [])
  const delta = decode({ kind: 'delta', run: uuidOf(1), base: 1, revision: 2, sections: { memory: {} }, problems: [] })
  t.deepEqual(delta.kind === 'delta' && Object.keys(delta.sections), ['memory'])
})
