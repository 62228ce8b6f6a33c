// A message on its way, by whichever kind its target is of.
import { openLookup } from './lookup.ts'
import { sendMail } from './mail/send.ts'
import type { Message } from './message.ts'
import type { Sent } from './sending.ts'
import type { Known } from './target.ts'
import { sendWebhook } from './webhook.ts'

/** Never rejects, and resolves within half a minute. */
export type Carrier = (message: Message, known: Known) => Promise<Sent>

const PATIENCE = 20_000

export function carrier(now: () => number, patience = PATIENCE): Carrier {
  const lookup = openLookup()
  return (message, { settings, secrets }) => {
    switch (settings.kind) {
      case 'smtp':
        return sendMail(message, settings, secrets, { lookup, patience })
      case 'webhook':
        return sendWebhook(message, settings, secrets, { lookup, patience, now })
    }
  }
}
