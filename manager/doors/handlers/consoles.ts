// Consoles of guests: a ticket for one, and the end of what one has said.
import { atLeast } from '../../access/roles.ts'
import type { ConsoleOf, GuestConsoles } from '../../consoles/service.ts'
import { TICKET_SECONDS } from '../../consoles/tickets.ts'
import type { consoles as contract } from '../../contract/consoles.ts'
import type { GuestBook } from '../../guests/book.ts'
import type { Done } from '../../outcome.ts'
import { done, type HandlersOf, missing } from './handlers.ts'

export interface ConsoleDeps {
  readonly consoles: Pick<GuestConsoles, 'issue' | 'log'>
  readonly guests: { readonly book: Pick<GuestBook, 'find' | 'all'> }
}

export function consoleHandlers({ consoles, guests: { book } }: ConsoleDeps): HandlersOf<typeof contract> {
  const placeOf = async (ref: string): Promise<Done<ConsoleOf>> => {
    const view = (await book.find(ref)) ?? (await book.all()).find((one) => one.uuid === ref || one.name === ref)
    if (!view) return missing(`guest ${JSON.stringify(ref)}`)
    const { uuid, name } = view
    const host = view.seen[0]?.host ?? view.host
    if (!host) return { kind: 'refused', reason: `${name} lies on no host, and has no console` }
    return done({ guest: { uuid, name }, host: host.id })
  }
  return {
    async open({ ref, mode: wanted }, { who }) {
      const place = await placeOf(ref)
      if (place.kind !== 'done') return place
      const mode = wanted === 'type' && atLeast(who.role, 'operator') ? 'type' : 'look'
      const ticket = consoles.issue({ ...place.value, mode, user: who.user })
      return done({ ticket, mode, seconds: TICKET_SECONDS, guest: { ...place.value.guest } })
    },
    async log({ ref, bytes }) {
      const place = await placeOf(ref)
      if (place.kind !== 'done') return place
      const read = await consoles.log(place.value, bytes)
      return read.kind === 'done' ? done({ text: read.value.toString('utf8') }) : read
    },
  }
}
