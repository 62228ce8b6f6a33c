// Messages to bytes and back. A message from the network is measured before it is parsed, and parsed before it is believed.
import type { z } from 'zod'
import { type AgentMessage, agentMessage, MAX_DEPTH, MAX_MESSAGE_BYTES, type ManagerMessage, managerMessage } from './messages.ts'

export type Decoded<Message> =
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'refused'; readonly reason: string }

/** What a manager has received from an agent. */
export function decodeAgentMessage(bytes: Uint8Array): Decoded<AgentMessage> {
  return decode(agentMessage, bytes)
}

/** What an agent has received from a manager. */
export function decodeManagerMessage(bytes: Uint8Array): Decoded<ManagerMessage> {
  return decode(managerMessage, bytes)
}

/** The bytes to send; refused where the receiver would refuse them. */
export function encodeMessage(
  message: AgentMessage | ManagerMessage,
): { readonly kind: 'bytes'; readonly bytes: Buffer } | { readonly kind: 'refused'; readonly reason: string } {
  const bytes = Buffer.from(JSON.stringify(message), 'utf8')
  return bytes.length <= MAX_MESSAGE_BYTES ? { kind: 'bytes', bytes } : refused(tooLong(bytes.length))
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function decode<Message>(schema: z.ZodType<Message>, bytes: Uint8Array): Decoded<Message> {
  if (bytes.length > MAX_MESSAGE_BYTES) return refused(tooLong(bytes.length))
  if (isDeeperThan(bytes, MAX_DEPTH)) return refused(`it is nested deeper than ${MAX_DEPTH} levels`)
  let value: unknown
  try {
    value = JSON.parse(UTF8.decode(bytes))
  } catch {
    return refused('it is no JSON in UTF-8')
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return { kind: 'message', message: parsed.data }
  return refused(describeIssue(parsed.error.issues[0]))
}

/** Where and what, short enough for a log, without a word of the sender's. */
function describeIssue(issue: z.core.$ZodIssue | undefined): string {
  if (!issue) return 'it is no message'
  const where = issue.path.map((part) => (typeof part === 'symbol' ? '?' : part)).join('.')
  return `${where || 'the whole'}: ${issue.message}`.slice(0, 300)
}

const [QUOTE, BACKSLASH, OPEN_BRACKET, CLOSE_BRACKET, OPEN_BRACE, CLOSE_BRACE] = Array.from('"\\[]{}', (letter) => letter.charCodeAt(0))

/** Counts brackets outside strings; what is no JSON at all is left to the parser. */
export function isDeeperThan(bytes: Uint8Array, limit: number): boolean {
  let depth = 0
  let inString = false
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at]
    if (inString) {
      if (byte === BACKSLASH) at += 1
      else if (byte === QUOTE) inString = false
    } else if (byte === QUOTE) inString = true
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      depth += 1
      if (depth > limit) return true
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth -= 1
  }
  return false
}

function tooLong(length: number): string {
  return `it has ${length} bytes; a message has at most ${MAX_MESSAGE_BYTES}`
}

function refused(reason: string): { readonly kind: 'refused'; readonly reason: string } {
  return { kind: 'refused', reason }
}
