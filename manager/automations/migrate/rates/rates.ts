// How fast a move may go, changed while it runs. The wish is a row, and no step of the recipe: the journal says what it would have said
// without it, and so does a replay. What a step asks for stays as it was written down, as a host answers a request that comes again under its
// id from memory, or refuses it where its body is another. The rate goes beside it, by a request that only sets a number, under an id of its
// own: whenever something that sends is begun, or comes again after a crash of this manager or of an agent, and whenever the wish changes;
// again and again until the host has done it or what it is of has ended. Between the begin and that it goes, for a moment, as fast as before.

import type { Broker, Clock, Replying } from '../../../automation/ports.ts'
import type { Automations } from '../../../automation/service.ts'
import { isOpen } from '../../../automation/store/store.ts'
import type { Done, Refused } from '../../../outcome.ts'
import type { Store } from '../../../store/database.ts'
import { moveRateOf, setMoveRate } from '../../../store/tables/move-rates.ts'
import { type MigrateArgs, migrateArgs } from '../args.ts'
import { isMigration } from '../ended.ts'
import { START } from '../restarting.ts'
import { MOVED } from '../rows.ts'
import { going } from '../shared.ts'
import { paceOf } from './paced.ts'

export interface MoveRatesDeps {
  readonly store: Store
  readonly clock: Clock
  readonly newId: () => string
}

/** Of a move that has not ended. */
export interface MoveRate {
  /** A second, of its memory and of each disk; undefined: as many as the network carries. */
  readonly bytes: number | undefined
  readonly mayChange: 'yes' | 'no: nothing of it goes over the network any more'
}

interface Sending {
  readonly automation: string
  readonly tell: () => void
}

/** Milliseconds for an answer of a host, and until what it has not done is asked of it again. */
const PATIENCE = 20_000
const AGAIN = 1000

export class MoveRates {
  readonly #deps: MoveRatesDeps
  readonly #sending = new Set<Sending>()

  constructor(deps: MoveRatesDeps) {
    this.#deps = deps
  }

  /** What automations ask of hosts goes through it. */
  through(hosts: Broker): Broker {
    return {
      subscribe: (listener) => hosts.subscribe(listener),
      ask: (host, id, body, patience) => {
        const asking = hosts.ask(host, id, body, patience)
        const order = paceOf(body)
        if (order) this.#watch(asking, (rate) => hosts.ask(host, `${automationOf(id)}/rate-${this.#deps.newId()}`, order(rate), PATIENCE))
        return asking
      },
    }
  }

  /** `rateBytes`: undefined: as many as the network carries. Resolves when it is on disk: whatever sends is told from then on. */
  async change(automations: Pick<Automations, 'show' | 'find'>, id: string, rateBytes: number | undefined): Promise<Done<undefined>> {
    const refusal = await whyNot(automations, id)
    if (refusal) return refusal
    await this.#deps.store.write((transaction) => setMoveRate(transaction, { automation: id, rate_bytes: rateBytes ?? null }))
    for (const { automation, tell } of this.#sending) if (automation === id) tell()
    return { kind: 'done', value: undefined }
  }

  /** Undefined: it is no move, or it has ended. */
  async of(automations: Pick<Automations, 'show' | 'find'>, id: string): Promise<MoveRate | undefined> {
    const move = await moveOf(automations, id)
    if (!move?.isOpen) return undefined
    const changed = await moveRateOf(this.#deps.store.db, id)
    return {
      bytes: changed ? (changed.rate_bytes ?? undefined) : move.args.rateBytes,
      mayChange: isSending(move) ? 'yes' : 'no: nothing of it goes over the network any more',
    }
  }

  #watch(asking: Replying, order: (rateBytes: number | undefined) => Replying): void {
    const automation = automationOf(asking.id)
    let [isOver, isTelling, isNews] = [false, false, false]
    // One after the other, so that the last that is told is the newest.
    const tell = async (): Promise<void> => {
      isNews = true
      if (isTelling) return
      isTelling = true
      while (isNews && !isOver) {
        isNews = false
        if (await this.#isTold(automation, order)) continue
        isNews = true
        await new Promise<void>((resolve) => void this.#deps.clock.after(AGAIN, resolve))
      }
      isTelling = false
    }
    const sending: Sending = { automation, tell: () => void tell() }
    this.#sending.add(sending)
    void asking.ended.then(() => {
      isOver = true
      this.#sending.delete(sending)
    })
    sending.tell()
  }

  /** Or nobody wishes anything. A refusal says that it has not begun to send, or does not any more. */
  async #isTold(automation: string, order: (rateBytes: number | undefined) => Replying): Promise<boolean> {
    try {
      const wish = await moveRateOf(this.#deps.store.db, automation)
      if (!wish) return true
      const replied = await order(wish.rate_bytes ?? undefined).ended
      return replied.kind === 'answered' && replied.answer.kind !== 'refused'
    } catch {
      // The database cannot be read now.
      return false
    }
  }
}

function automationOf(request: string): string {
  return request.slice(0, request.indexOf('/'))
}

interface Move {
  readonly args: MigrateArgs
  readonly phase: string | undefined
  readonly isOpen: boolean
}

/** In which nothing is sent any more. */
const AFTER: readonly string[] = ['settle', 'hand over', START, MOVED]

function isSending({ args, phase }: Move): boolean {
  return (args.way === 'live' || going(args).length > 0) && !(phase !== undefined && AFTER.includes(phase))
}

async function moveOf(automations: Pick<Automations, 'show' | 'find'>, id: string): Promise<Move | undefined> {
  const record = await automations.find(id)
  const args = record && isMigration(record) ? migrateArgs.safeParse(record.args) : undefined
  if (!record || !args?.success) return undefined
  return { args: args.data, phase: (await automations.show(id))?.phase, isOpen: isOpen(record.state) }
}

async function whyNot(automations: Pick<Automations, 'show' | 'find'>, id: string): Promise<Done<never> | undefined> {
  const record = await automations.find(id)
  if (!record) return { kind: 'missing', reason: `there is no automation ${id}` }
  const move = await moveOf(automations, id)
  if (!move) return refused('no-move', `automation ${id} (${record.title}) moves no guest itself: only a move has a rate`)
  if (!move.isOpen) return refused('ended', `automation ${id} has ended: it is ${record.state}`)
  if (isSending(move)) return undefined
  return refused(
    'not-paced',
    `nothing of automation ${id} goes over the network any more${move.phase === undefined ? '' : ` (phase ${move.phase})`}`,
  )
}

function refused(code: NonNullable<Refused['code']>, reason: string): Refused {
  return { kind: 'refused', code, reason }
}
