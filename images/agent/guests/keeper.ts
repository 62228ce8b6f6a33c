// Carries out the restart policies of the guests that were started here, whether there is a manager or not. It looks whenever domains have
// been read anew, decides by policy.ts, and acts in its turn: nothing is done while a request holds the guest.
import type { Log } from '../../../appliance/wire/log.ts'
import { holding } from '../../../manager/protocol/requests/holds.ts'
import type { AnswerBody, Order } from '../../../manager/protocol/requests.ts'
import type { Uuid } from '../../../manager/protocol/values.ts'
import type { Clock, Stop } from '../backend.ts'
import { TICKS, ticksNow } from '../jobs/record.ts'
import type { Desk } from '../requests/desk.ts'
import { refused } from '../requests/refusal.ts'
import { OF_GUESTS } from '../requests/start-guest.ts'
import type { Task } from '../requests/task.ts'
import type { World } from '../requests/world.ts'
import { liftOwn } from '../shared-disks/fence.ts'
import { type Domains, domainOf, readDomains } from './domain.ts'
import { configPath, forget, type KeptGuest, keep, keptGuests, readKept } from './kept.ts'
import { receivedBy } from './moving.ts'
import { afterFailure, type Decision, decide, type Seen } from './policy.ts'
import { clear, start } from './start.ts'

export interface KeeperOptions {
  readonly world: World
  readonly desk: Pick<Desk, 'inTurn'>
  readonly clock: Pick<Clock, 'after'>
  readonly log: Log
}

export interface Keeper {
  /** The domains have been read, and may be others than before. */
  look(): void
  /** Resolves when it has looked. */
  idle(): Promise<void>
  stop(): Promise<void>
}

const ORDER: Omit<Order, 'holds'> = { pace: 'long', yields: 'to urgent', limit: 600_000 }

export function keepGuests(options: KeeperOptions): Keeper {
  return new RunningKeeper(options)
}

class RunningKeeper implements Keeper {
  readonly #options: KeeperOptions
  readonly #timers = new Map<Uuid, Stop>()
  #looking: Promise<void> = Promise.resolve()
  #wanted: 'no' | 'look' = 'no'
  #stopped: 'no' | 'yes' = 'no'

  constructor(options: KeeperOptions) {
    this.#options = options
  }

  /** Those that come while it looks are one more look. */
  look(): void {
    if (this.#wanted === 'look' || this.#stopped === 'yes') return
    this.#wanted = 'look'
    const { log } = this.#options
    this.#looking = this.#looking
      .then(() => this.#lookNow())
      .catch((error: unknown) => log.error({ error }, 'guests are not looked after; the next look is with the next reading'))
  }

  idle(): Promise<void> {
    return this.#looking
  }

  async stop(): Promise<void> {
    this.#stopped = 'yes'
    for (const stop of this.#timers.values()) stop()
    await this.#looking
  }

  async #lookNow(): Promise<void> {
    this.#wanted = 'no'
    const { world, desk, log } = this.#options
    for (const reason of await liftOwn(world)) log.error({ reason }, 'the disk of a guest that was taken back is still held back')
    const known = await keptGuests(world.backend)
    if (known.size === 0 || this.#stopped === 'yes') return
    const domains = await readDomains(world.backend)
    for (const [guest, one] of known) {
      if (one.kind !== 'kept') continue
      const decision = await this.#decide(one.kept, domains)
      if (decision.kind === 'nothing') continue
      if (decision.kind === 'wait') {
        this.#later(guest, decision.until)
        continue
      }
      const order = { ...ORDER, holds: holding('write', { kind: 'guest', uuid: guest }) }
      void desk
        .inTurn(`policy of ${guest}`, order, (task) => this.#act(guest, task))
        .then((answer) => this.#tell(one.kept, answer))
        .catch((error: unknown) => log.error({ error, guest }, 'its restart policy was not carried out'))
    }
  }

  /** What stood when it was looked at may have changed while it waited. */
  async #act(guest: Uuid, task: Task): Promise<AnswerBody> {
    const { world } = this.#options
    const known = await readKept(world.backend, guest)
    if (known.kind !== 'kept') return NOTHING
    const { kept } = known
    const decision = await this.#decide(kept, await readDomains(world.backend))
    switch (decision.kind) {
      case 'nothing':
      case 'wait':
        return NOTHING
      case 'settle':
        await keep(world.files, { ...kept, state: 'started' })
        return NOTHING
      case 'give-up':
        await this.#giveUp(kept, decision)
        return refused('unable', decision.reason)
      case 'clear': {
        const left = await clear(world, kept.guest)
        if (left === undefined) await forget(world, guest)
        await world.collect(OF_GUESTS)
        return left === undefined ? { kind: 'guest-stopped', was: 'there' } : refused('unable', left)
      }
      case 'start':
        return this.#start({ ...kept, state: 'restarting', crashes: decision.crashes }, kept, task)
    }
  }

  async #start(next: KeptGuest & { readonly state: 'restarting' }, before: KeptGuest, task: Task): Promise<AnswerBody> {
    const { world } = this.#options
    // Counted before anything is done: an agent that ends in the midst of it does not count this crash twice.
    await keep(world.files, next)
    const run: Task['run'] = (_step, command, { seconds }) => world.backend.run(command, { lane: 'long', seconds, signal: task.signal })
    const started = await start(world, {
      next,
      before: { kind: 'kept', kept: before },
      task: { run, signal: task.signal, tell: task.tell },
    })
    const now = await this.#now()
    if (started.kind === 'failed' && now !== undefined && !task.signal.aborted) {
      const decision = afterFailure(next, now)
      if (decision.kind === 'give-up')
        await this.#giveUp(next, { ...decision, reason: `${decision.reason}; the last time: ${started.reason}` })
      else {
        await keep(world.files, { ...next, crashes: decision.crashes })
        this.#later(next.guest.uuid, decision.until)
      }
    }
    await world.collect(OF_GUESTS)
    return started.kind === 'started' ? { ...started, kind: 'guest-started' } : refused('unable', started.reason)
  }

  async #giveUp(kept: KeptGuest, { crashes, reason }: Extract<Decision, { kind: 'give-up' }>): Promise<void> {
    const { world } = this.#options
    await keep(world.files, { ...kept, state: 'started', crashes, down: reason.slice(0, 256) })
    await world.collect(['guests'])
  }

  async #decide(kept: KeptGuest, domains: Domains): Promise<Decision> {
    const now = await this.#now()
    const seen = await this.#see(kept, domains)
    return now === undefined || seen === undefined ? { kind: 'nothing' } : decide(kept, seen, now)
  }

  async #see({ guest }: KeptGuest, domains: Domains): Promise<Seen | undefined> {
    const found = domainOf(domains, guest.uuid)
    if (found.kind === 'unknown') return undefined
    const seen = found.kind === 'none' ? 'gone' : found.domain.state
    // After a reboot xl destroys the domain and makes another one: as long as it is there, that is its to do.
    if (seen === 'gone' || seen === 'shutdown') return (await this.#isWithXl(guest.uuid)) ? 'rebooting' : seen
    return seen
  }

  async #isWithXl(guest: Uuid): Promise<boolean> {
    const { backend } = this.#options.world
    for (const name of await backend.list('/proc')) {
      if (!/^\d+$/.test(name)) continue
      const words = (await backend.read(`/proc/${name}/cmdline`))?.split('\0') ?? []
      if (words.includes('create') && words.includes(configPath(guest))) return true
      // One that came by a move: its xl has no file of it.
      if (words.includes('migrate-receive') && (await backend.read(`/proc/${name}/environ`))?.split('\0').includes(receivedBy(guest)))
        return true
    }
    return false
  }

  async #now(): Promise<number | undefined> {
    const ticks = ticksNow(await this.#options.world.backend.read('/proc/uptime'))
    return ticks === undefined ? undefined : Math.floor(ticks / TICKS)
  }

  /** A moment of /proc/uptime. */
  #later(guest: Uuid, until: number): void {
    void this.#now().then((now) => {
      this.#timers.get(guest)?.()
      if (now === undefined || this.#stopped === 'yes') return
      this.#timers.set(
        guest,
        this.#options.clock.after(Math.max(0, until - now) * 1000, () => this.look()),
      )
    })
  }

  #tell({ guest, restart }: KeptGuest, answer: AnswerBody): void {
    const { log } = this.#options
    const fields = { guest: guest.name, uuid: guest.uuid, restart }
    if (answer.kind === 'guest-started') log.warn({ ...fields, domid: answer.domid }, 'a guest was started again, as its policy says')
    if (answer.kind === 'refused' && answer !== NOTHING) log.error({ ...fields, reason: answer.reason }, 'a guest was not started again')
  }
}

/** When its turn came, there was nothing to do any more. */
const NOTHING = refused('unable', 'there is nothing to do')
