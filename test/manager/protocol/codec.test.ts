import test from 'ava'
import fc from 'fast-check'
import { decodeAgentMessage, decodeManagerMessage, encodeMessage } from '../../../manager/protocol/codec.ts'
import { type AgentMessage, MAX_DEPTH, MAX_MESSAGE_BYTES, type ManagerMessage } from '../../../manager/protocol/messages.ts'
import { AGENT_MESSAGES, emptyInventory, MANAGER_MESSAGES } from './messages.ts'

const bytesOf = (message: AgentMessage | ManagerMessage): Buffer => {
  const encoded = encodeMessage(message)
  if (encoded.kind === 'refused') throw new Error(encoded.reason)
  return encoded.bytes
}
const text = (value: string): Buffer => Buffer.from(value)

test('every message comes back as it was', (t) => {
  for (const message of AGENT_MESSAGES) t.deepEqual(decodeAgentMessage(bytesOf(message)), { kind: 'message', message })
  for (const message of MANAGER_MESSAGES) t.deepEqual(decodeManagerMessage(bytesOf(message)), { kind: 'message', message })
})

test('a message of the other side is refused', (t) => {
  for (const message of MANAGER_MESSAGES.filter(({ kind }) => kind !== 'ping' && kind !== 'pong')) {
    t.is(decodeAgentMessage(bytesOf(message)).kind, 'refused', message.kind)
  }
})

test('a message cut off anywhere, or with any byte changed, is a message or a refusal with a reason', (t) => {
  for (const message of [...AGENT_MESSAGES, ...MANAGER_MESSAGES]) {
    const bytes = bytesOf(message)
    for (let length = 0; length < bytes.length; length += 1) t.is(decodeAgentMessage(bytes.subarray(0, length)).kind, 'refused')
  }
  fc.assert(
    fc.property(fc.constantFrom(...AGENT_MESSAGES), fc.nat(), fc.nat(255), (message, at, value) => {
      const bytes = Buffer.from(bytesOf(message))
      bytes[at % bytes.length] = value
      const decoded = decodeAgentMessage(bytes)
      if (decoded.kind === 'refused') t.regex(decoded.reason, /\S/)
    }),
  )
})

test('what is too long is refused unread', (t) => {
  const long = decodeAgentMessage(Buffer.alloc(MAX_MESSAGE_BYTES + 1, ' '))
  t.true(long.kind === 'refused' && long.reason.includes(String(MAX_MESSAGE_BYTES)))
  const lvs = Array.from({ length: 4096 }, () => 'x'.repeat(3000))
  const message = { kind: 'inventory', inventory: { ...emptyInventory, lvs } } as unknown as AgentMessage
  t.is(encodeMessage(message).kind, 'refused')
})

test('what is nested too deep is refused before it is parsed; brackets within strings do not count', (t) => {
  const deep = decodeAgentMessage(text('['.repeat(1_000_000)))
  t.true(deep.kind === 'refused' && deep.reason.includes('nested'))
  t.is(decodeAgentMessage(text(`{"a":${'{"a":'.repeat(MAX_DEPTH)}`)).kind, 'refused')
  const hello = JSON.stringify({ kind: 'ping', number: 1, later: `${'['.repeat(100)}\\"[` })
  t.deepEqual(decodeAgentMessage(text(hello)), { kind: 'message', message: { kind: 'ping', number: 1 } })
})

test('what is longer than a message may be is refused for its length, whatever is in it', (t) => {
  const refused = decodeAgentMessage(Buffer.alloc(MAX_MESSAGE_BYTES + 1, '['))
  t.true(refused.kind === 'refused' && !refused.reason.includes('nested'), JSON.stringify(refused))
})

test('a refusal says where and what, and nothing that the sender wrote', (t) => {
  const decoded = decodeAgentMessage(text(JSON.stringify({ kind: 'ping', number: 'SECRET' })))
  t.true(decoded.kind === 'refused' && decoded.reason.startsWith('number: ') && !decoded.reason.includes('SECRET'))
  t.is(decodeAgentMessage(text('{"kind":"SECRET"}')).kind, 'refused')
  t.is(decodeAgentMessage(Buffer.from([0x22, 0xff, 0x22])).kind, 'refused')
  t.is(decodeAgentMessage(text('null')).kind, 'refused')
})
