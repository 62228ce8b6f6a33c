// A guest's console between manager and agent, since version 6: a channel that the manager opens over the connection that is there. The
// agent says what the log of the guest says, from some way back on, and types what it is given. Neither holds more than a little for the
// other: what is not read yet lies in the log, and what is typed goes on when what was typed before has been taken.
import { z } from 'zod'
import { guestName } from './requests/guest-config.ts'
import { bytes, count, record, uuid, word } from './values.ts'

/** The version that has brought consoles. */
export const CONSOLES_SINCE = 6
/** Bytes that an agent says at a time, and a manager has typed at a time. */
export const MOST_SAID = 32 << 10
export const MOST_TYPED = 4 << 10
/** Of one host. */
export const MOST_CHANNELS = 16

const channel = word(64)

/** `back`: so many bytes of the log first. */
export const consoleOpen = record({
  kind: z.literal('console-open'),
  channel,
  epoch: count,
  guest: record({ uuid, name: guestName }),
  back: bytes,
})
export const consoleType = record({ kind: z.literal('console-type'), channel, octets: base64(MOST_TYPED) })
export const consoleClose = record({ kind: z.literal('console-close'), channel })

export const consoleSaid = record({
  kind: z.literal('console-said'),
  channel,
  octets: base64(MOST_SAID),
  /** All that the guest's terminal has taken so far. */
  typed: count,
  /** False: more of the log follows at once. */
  live: z.boolean(),
  /** Before these octets some of the log is lost: it was cut before it could be read. */
  skipped: z.literal(true).exactOptional(),
  /** Why nothing can be typed now. */
  problem: word(512).exactOptional(),
})
/** There is no more. `over`: its guest has ended, or does not run, and all was said; `failed`: that is not known. */
export const consoleEnded = record({ kind: z.literal('console-ended'), channel, cause: z.enum(['over', 'failed']), reason: word(512) })

function base64(most: number) {
  return z.base64().max(4 * Math.ceil(most / 3))
}

export type ConsoleOpen = z.output<typeof consoleOpen>
export type ConsoleAsked = ConsoleOpen | z.output<typeof consoleType> | z.output<typeof consoleClose>
export type ConsoleSaid = z.output<typeof consoleSaid>
export type ConsoleEnd = Pick<z.output<typeof consoleEnded>, 'cause' | 'reason'>
export type ConsoleTold = ConsoleSaid | z.output<typeof consoleEnded>
