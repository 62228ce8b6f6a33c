// Guests' consoles. What is said and typed goes over a WebSocket at /console below the API, which a ticket of `open` is for, as the
// subprotocol `ticket.…` beside `hostless.console`: binary frames are the console's octets both ways, text frames `consoleNotice`.
import { z } from 'zod'
import { operation } from './operation.ts'
import { LOOK, onGuest } from './target.ts'
import { vmRef } from './vms.ts'

/** Of the WebSocket. */
export const CONSOLE_PATH = '/api/v1/console'
export const CONSOLE_PROTOCOL = 'hostless.console'
export const TICKET_PREFIX = 'ticket.'

const ofVm = z.strictObject({ ref: vmRef })

export const consoles = {
  open: operation({
    http: 'POST /vms/:ref/console',
    role: 'viewer',
    summary: 'A ticket for the console of a guest, to be used once, and soon, by who has asked for it',
    input: ofVm.extend({
      /** `look`: nothing is typed, whoever asks. */
      mode: z.enum(['type', 'look']).default('type'),
    }),
    output: z.object({
      ticket: z.string(),
      /** A viewer may only look. */
      mode: z.enum(['type', 'look']),
      seconds: z.number(),
      guest: z.object({ uuid: z.string(), name: z.string() }),
    }),
    on: ({ ref, mode }) => (mode === 'look' ? LOOK : onGuest({ ref })),
    less: (input) => ({ ...input, mode: 'look' as const }),
    did: ({ ref, mode }) => `open the console of guest ${ref}${mode === 'look' ? ', only to look' : ''}`,
  }),
  log: operation({
    http: 'GET /vms/:ref/console-log',
    role: 'viewer',
    summary: 'The end of what a guest has said to its console, as its host keeps it',
    input: ofVm.extend({ bytes: z.coerce.number<number | string>().int().min(1).max(262_144).default(16_384) }),
    /** As it was said: control characters and all. What is no UTF-8 is replaced. */
    output: z.object({ text: z.string() }),
  }),
}

export const consoleNotice = z.discriminatedUnion('kind', [
  /** Something was not shown: the reader, or the manager, was too slow for it. */
  z.object({ kind: z.literal('missed') }),
  z.object({ kind: z.literal('note'), text: z.string() }),
  /** Then the connection ends. `failed`: whether all was said is not known. */
  z.object({ kind: z.literal('ended'), cause: z.enum(['over', 'failed']), reason: z.string() }),
])

export type ConsoleNotice = z.output<typeof consoleNotice>
export type OpenedConsole = z.output<typeof consoles.open.output>
