// Tells people of what happens: looks who is to be told when something has, and when it is time to try again. Each is sent one message at
// a time, in the background: a receiver that does not answer holds up nothing and nobody else.
import type { Log } from '../../../appliance/wire/log.ts'
import type { After } from '../../../appliance/wire/timers.ts'
import type { Carrier } from '../../notifications/carrier.ts'
import { failureKey } from '../../notifications/message.ts'
import type { Outbox, Outgoing, Settled } from '../../notifications/outbox.ts'
import { FAILURES_UNTIL_ALARM } from '../../notifications/pauses.ts'
import type { Sent } from '../../notifications/sending.ts'
import type { Notifications } from '../../notifications/service.ts'
import type { RaisedAlarm } from '../../store/tables/alarms.ts'
import { pauseAfter } from '../attempts.ts'
import type { Task, Wake } from '../driver.ts'

export interface NotificationTaskDeps {
  readonly outbox: Pick<Outbox, 'look' | 'settle' | 'direct'>
  readonly targets: Pick<Notifications, 'known' | 'subscribe'>
  readonly carry: Carrier
  /** Of what may be told, until the function that it returns is called. */
  readonly news: (listener: () => void) => () => void
  readonly alarm: (alarm: RaisedAlarm) => Promise<void>
  readonly clearAlarm: (key: string) => Promise<unknown>
  /** From the first that happens until it is told, ms. */
  readonly gather: number
  readonly onSent: (kind: 'smtp' | 'webhook', outcome: Sent['kind']) => void
  readonly after: After
  /** From 0 to 1. */
  readonly random: () => number
  readonly log: Log
}

/** As the alarm is called that is in no store. */
const TROUBLE = 'store-trouble'
/** Milliseconds. */
const BETWEEN_TROUBLES = 600_000

export class NotificationTask implements Task {
  readonly name = 'notifications'
  readonly what = 'tells people of alarms, failed automations and boots that hang'
  readonly period = 60_000
  readonly #deps: NotificationTaskDeps
  readonly #sending = new Map<string, Promise<void>>()
  /** By target: why it is not told. */
  readonly #failures = new Map<string, string>()
  /** Those whose alarm is known to be open, or not. */
  readonly #alarmed = new Map<string, boolean>()
  #isTrouble = false
  #troubleTold = Number.NEGATIVE_INFINITY
  #wake: Wake = () => undefined
  #isClosed = false

  constructor(deps: NotificationTaskDeps) {
    this.#deps = deps
  }

  watches(wake: Wake): () => void {
    const { news, targets, gather } = this.#deps
    this.#wake = wake
    const ends = [news(() => wake(gather)), targets.subscribe(() => wake(0))]
    return () => {
      for (const end of ends) end()
    }
  }

  async step(): Promise<number | undefined> {
    const { outgoing, next, names } = await this.#deps.outbox.look((name) => this.#sending.has(name))
    for (const name of this.#failures.keys()) if (!names.has(name)) this.#failures.delete(name)
    for (const one of outgoing) {
      const { name } = one.row
      const sending = this.#send(one)
        .catch((error: unknown) => this.#deps.log.error({ error, target: name }, 'an alarm of a notification that did not arrive'))
        .finally(() => {
          this.#sending.delete(name)
          this.#wake(0)
        })
      this.#sending.set(name, sending)
    }
    return next
  }

  /** That the disk takes no writes, or takes them again: that cannot wait on disk, and is tried once. */
  async trouble(text: string, at: number, state: 'raised' | 'resolved'): Promise<void> {
    const { outbox, carry, targets, onSent, log } = this.#deps
    // A disk that has room for some writes and not for others goes to and fro.
    if (state === 'raised' ? Math.abs(at - this.#troubleTold) < BETWEEN_TROUBLES : !this.#isTrouble) return
    this.#isTrouble = state === 'raised'
    if (this.#isTrouble) this.#troubleTold = at
    const outgoing = await outbox.direct({ at, kind: TROUBLE, subject: TROUBLE, host: null, state, text })
    const sending = outgoing.map(async ({ row, message }) => {
      const known = targets.known(row)
      const sent = await carry(message, known)
      onSent(known.settings.kind, sent.kind)
      if (sent.kind === 'failed') log.warn({ target: row.name, reason: sent.reason }, 'that the disk takes no writes was not told')
    })
    await Promise.all(sending)
  }

  waitsFor(): readonly string[] {
    return [...this.#failures].map(([name, reason]) => `${name}: ${reason}`)
  }

  close(): void {
    this.#isClosed = true
  }

  async #send(one: Outgoing): Promise<void> {
    const { carry, targets, onSent, log } = this.#deps
    const { name } = one.row
    const known = targets.known(one.row)
    const sent = await carry(one.message, known)
    // Whoever follows this manager sends it again.
    if (this.#isClosed) return
    onSent(known.settings.kind, sent.kind)
    const settled = await this.#settle(one, sent)
    if (sent.kind === 'failed') log.warn({ target: name, message: one.message.id, reason: sent.reason }, 'a notification did not arrive')
    await this.#follow(name, sent, settled)
  }

  /** A disk that takes no writes is no reason to send it again and again. */
  async #settle(one: Outgoing, sent: Sent): Promise<Settled> {
    const { outbox, log, after, random } = this.#deps
    for (let failures = 1; ; failures += 1) {
      try {
        return await outbox.settle(one, sent)
      } catch (error) {
        if (this.#isClosed) return 'gone'
        log.error({ error, target: one.row.name }, 'what became of a notification is not on disk: that is tried again')
        await new Promise<void>((resolve) => void after(pauseAfter(failures, random()), resolve))
      }
    }
  }

  async #follow(name: string, sent: Sent, settled: Settled): Promise<void> {
    const { alarm, clearAlarm } = this.#deps
    if (sent.kind === 'sent' || settled === 'gone') {
      this.#failures.delete(name)
      if (settled !== 'gone' && this.#alarmed.get(name) !== false) await clearAlarm(failureKey(name))
      this.#alarmed.set(name, false)
      return
    }
    this.#failures.set(name, sent.reason)
    if (settled.failures !== FAILURES_UNTIL_ALARM && !settled.stopped) return
    const goesOn = settled.stopped
      ? `Nothing more is sent to it until it is set anew, or a test arrives: hostless notification test ${name}`
      : 'It is tried again by itself, and what happens meanwhile is told with it'
    this.#alarmed.set(name, true)
    await alarm({ kind: 'notification-failed', about: name, text: `notifications to ${name} do not arrive: ${sent.reason}. ${goesOn}` })
  }
}
