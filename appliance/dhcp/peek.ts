// What a datagram shows before it is decoded, to know how soon to decode it. Pure.
import { messageTypeCode, OPTION } from './codes.ts'

/** Where RFC 2131 section 2 has the options, in bytes. */
const OPTIONS_OFFSET = 240
const PAD = 0
const REQUEST = messageTypeCode('REQUEST')
/** Every client that we know says its message type among the first. */
const MOST_OPTIONS = 8

/** Its message type, as far as its first options say. */
export function peekMessage(bytes: Uint8Array): 'REQUEST' | 'other' {
  let offset = OPTIONS_OFFSET
  for (let count = 0; count < MOST_OPTIONS; count += 1) {
    const code = bytes[offset]
    if (code === OPTION.messageType) return bytes[offset + 1] === 1 && bytes[offset + 2] === REQUEST ? 'REQUEST' : 'other'
    if (code === undefined) return 'other'
    offset += code === PAD ? 1 : 2 + (bytes[offset + 1] ?? 0)
  }
  return 'other'
}
