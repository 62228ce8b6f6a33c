// Faults that are ordered for the commands of a host, and what each makes of an answer.
import type { Command, Ran } from '../backend.ts'

export type Fault =
  /** It does nothing and says so. */
  | { readonly kind: 'fails'; readonly code?: number; readonly stderr?: string }
  /** It does nothing and never ends by itself. */
  | { readonly kind: 'hangs' }
  /** It does what it does; then it hangs, and what it said is lost. */
  | { readonly kind: 'answer-lost' }
  | { readonly kind: 'late'; readonly milliseconds: number }
  | { readonly kind: 'missing' }
  /** It does nothing and says this. */
  | { readonly kind: 'says'; readonly ran: Ran }
  /** The host loses its power, before the command or when it has done it. */
  | { readonly kind: 'dies'; readonly when: 'before' | 'after' }

/** By the beginning of a command line, by words; or by looking at it. */
export type Match = string | ((command: Command) => boolean)

interface Order {
  readonly match: Match
  readonly fault: Fault
  left: number
}

export class Faults {
  #orders: Order[] = []

  /** For so many commands; the last order for a command goes first. */
  order(match: Match, fault: Fault, times = Number.POSITIVE_INFINITY): void {
    this.#orders.unshift({ match, fault, left: times })
  }

  clear(match?: Match): void {
    this.#orders = match === undefined ? [] : this.#orders.filter((one) => one.match !== match)
  }

  take(command: Command): Fault | undefined {
    const order = this.#orders.find(({ match, left }) => left > 0 && isMeant(match, command))
    if (!order) return undefined
    order.left -= 1
    return order.fault
  }
}

function isMeant(match: Match, command: Command): boolean {
  if (typeof match === 'function') return match(command)
  const line = command.join(' ')
  return line === match || line.startsWith(`${match} `)
}
