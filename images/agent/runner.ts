// Watches one machine: reads its inventory, follows its kernel, takes samples, and hands each message to whoever sends it on.
// What to read, when, and what changed is decided elsewhere (collect, schedule, rates); here are only timers and their order.
import type { Log } from '../../appliance/wire/log.ts'
import type { KernelEvent } from '../../manager/protocol/events.ts'
import { type Inventory, type Problem, SECTION_NAMES, type SectionName } from '../../manager/protocol/inventory.ts'
import type { AgentMessage } from '../../manager/protocol/messages.ts'
import type { Uuid } from '../../manager/protocol/values.ts'
import { watchAddresses } from './addresses/addresses.ts'
import type { Host, Stop } from './backend.ts'
import { collect, EMPTY_INVENTORY, READERS, update } from './collect.ts'
import { PRESENCE_PERIOD, showPresence } from './presence.ts'
import { type Properties, runProperties } from './properties/runner.ts'
import { readCounters } from './sampling/counters.ts'
import { type Moment, sampleBetween } from './sampling/rates.ts'
import { ipMonitor, type Monitor, staleAfter, udevMonitor, xenMonitor } from './watching/monitors.ts'
import { haveRead, markStale, newSchedule, nextTime, takeDue, takeNow, untilSample } from './watching/schedule.ts'

export interface ObservationOptions {
  /** Names this start of the agent: revisions are counted within it. */
  readonly run: Uuid
  readonly sampleSeconds: number
  /** What the first report waits for; left out: everything. Until `goOn` the rest counts as not read. */
  readonly first?: readonly SectionName[]
  readonly log: Log
  /** Takes each message in order; must not throw. */
  readonly send: (message: AgentMessage) => void
  /** These have been read anew, whether they are other than before or not. Must not throw. */
  readonly onRead?: (names: readonly SectionName[]) => void
}

export interface Observation {
  /** Everything as of now: for a manager that has nothing, or something else. */
  full(): AgentMessage
  revision(): number
  /** Reads these sections now. The delta, if there is one, has been sent when it resolves. */
  collect(names: readonly SectionName[]): Promise<{ readonly revision: number; readonly problems: readonly Problem[] }>
  /** Nothing is read while this is done but what is asked for: what becomes stale meanwhile is read after it. */
  undisturbed<Value>(work: () => Promise<Value>): Promise<Value>
  /** Reads what the first report did without, once: when that report has left, or nobody takes it. */
  goOn(): void
  /** What the site wants to know of each host. */
  readonly properties: Pick<Properties, 'set'>
  /** Resolves when nothing is going on any more; nothing is sent from then on. */
  stop(): Promise<void>
}

/** More different events than these in one burst are not told one by one: the delta tells what came of them. */
const EVENTS_IN_BURST = 100
/** Milliseconds until a monitor that has ended is started again: first, and at most. */
const RESTART = 1_000
const LONGEST_RESTART = 60_000

/** Milliseconds that the rest may wait for somebody who takes the first report. */
const PATIENCE = 20_000

/** Resolves when what a first report has was read, and sent. */
export async function observe({ backend, follow, clock }: Host, options: ObservationOptions): Promise<Observation> {
  const { run, log, first = SECTION_NAMES } = options
  let stopped = false
  let inventory: Inventory = unread(SECTION_NAMES)
  let rest: readonly SectionName[] = SECTION_NAMES.filter((name) => !first.includes(name))
  let revision = 0
  let schedule = newSchedule(clock.steady())
  let reading: Promise<void> = Promise.resolve()
  let readings = 0
  let undisturbed = 0
  let before: Moment | undefined
  let sampling: Promise<void> = Promise.resolve()
  let speaking: Promise<void> = Promise.resolve()
  const told = new Set<string>()
  const timers = new Map<string, Stop>()
  const monitors = new Map<Monitor, Stop>()

  const send = (message: AgentMessage): void => {
    if (!stopped) options.send(message)
  }
  const full = (): AgentMessage => ({ kind: 'inventory', run, revision, inventory })

  const after = (name: string, milliseconds: number, action: () => void): void => {
    timers.get(name)?.()
    if (!stopped) timers.set(name, clock.after(milliseconds, action))
  }

  /** One reading at a time, in the order in which they were asked for. */
  const read = (names: readonly SectionName[], began?: number): Promise<void> => {
    readings += 1
    reading = reading.then(async () => {
      if (!stopped) await readNow(names)
      readings -= 1
      if (began !== undefined) schedule = haveRead(schedule, names, began, clock.steady())
      arm()
    })
    return reading
  }

  const readNow = async (names: readonly SectionName[]): Promise<void> => {
    const change = update(inventory, await collect(backend, names, readers))
    options.onRead?.(names)
    if (!change.changed) return
    const base = revision
    revision += 1
    inventory = change.inventory
    if (base > 0) send({ kind: 'delta', run, base, revision, sections: change.sections, problems: inventory.problems })
    // Theirs, and of no others.
    if (change.sections.guests) stale(['guestAddresses'])
  }

  /** While something is being read, what became stale meanwhile waits for its end. */
  const arm = (): void => {
    if (readings === 0 && undisturbed === 0) after('read', Math.max(0, nextTime(schedule) - clock.steady()), readDue)
  }

  const readDue = (): void => {
    if (undisturbed > 0) return
    const began = clock.steady()
    const due = takeDue(schedule, began)
    schedule = due.schedule
    told.clear()
    if (due.names.length > 0) void read(due.names, began)
    else arm()
  }

  const stale = (names: readonly SectionName[]): void => {
    schedule = markStale(schedule, names, clock.steady())
    arm()
  }

  const onEvent = (event: KernelEvent): void => {
    const key = JSON.stringify(event)
    if (!told.has(key) && told.size < EVENTS_IN_BURST) send({ kind: 'event', at: clock.wall(), event })
    told.add(key)
    stale(staleAfter(event))
  }

  const watch = (monitor: Monitor, patience: number): void => {
    if (stopped) return
    const started = clock.steady()
    const onLine = (line: string): void => {
      const heard = monitor.parse(line)
      if (!heard) return
      if ('kind' in heard) onEvent(heard)
      else stale(heard)
    }
    const onEnd = (reason: string): void => {
      const wait = clock.steady() - started > LONGEST_RESTART ? RESTART : patience
      if (monitor.ended) {
        monitor.ended()
        stale(monitor.sections)
      }
      log.warn({ command: monitor.command.join(' '), reason, seconds: wait / 1000 }, 'a monitor has ended; it is started again')
      after(monitor.command.join(' '), wait, () => {
        watch(monitor, Math.min(wait * 2, LONGEST_RESTART))
        stale(monitor.sections)
      })
    }
    monitors.set(monitor, follow(monitor.command, onLine, onEnd))
  }

  const takeSample = (): Promise<void> => takeSampleNow().catch((error: unknown) => log.error({ error }, 'no sample'))

  const takeSampleNow = async (): Promise<void> => {
    const counters = await readCounters(backend)
    if (!counters) return
    const now: Moment = { at: Math.max(0, Math.round(clock.wall())), steady: clock.steady(), counters }
    const sample = before && sampleBetween(before, now, inventory)
    before = now
    if (sample) send({ kind: 'sample', sample })
  }

  const sampleLater = (took: number): void =>
    after('sample', untilSample(options.sampleSeconds * 1000, took), () => {
      const began = clock.steady()
      sampling = takeSample().then(() => sampleLater(clock.steady() - began))
    })

  const speak = (): void => {
    speaking = showPresence(backend, inventory)
      .catch((error: unknown) => log.error({ error }, 'other hosts may not hear this one'))
      .then(() => after('presence', PRESENCE_PERIOD, speak))
  }

  const properties = runProperties(backend, clock, () => stale(['properties']))
  const addresses = watchAddresses(() => inventory.guests, clock)
  const readers = { ...READERS, properties: async () => ({ value: properties.values(), problems: [] }), guestAddresses: addresses.read }

  for (const monitor of [udevMonitor, ipMonitor, xenMonitor, addresses.monitor]) watch(monitor, RESTART)
  const goOn = (): void => {
    const names = rest
    rest = []
    timers.get('rest')?.()
    if (names.length > 0) void read(names)
  }

  await read(first)
  send(full())
  if (rest.length > 0) after('rest', PATIENCE, goOn)
  await takeSample()
  sampleLater(0)
  speak()

  return {
    full,
    goOn,
    revision: () => revision,
    properties,
    async undisturbed(work) {
      undisturbed += 1
      try {
        return await work()
      } finally {
        undisturbed -= 1
        arm()
      }
    },
    async collect(names) {
      schedule = takeNow(schedule, names, clock.steady())
      await read(names)
      return { revision, problems: inventory.problems.filter(({ section }) => names.includes(section)) }
    },
    async stop() {
      stopped = true
      properties.stop()
      for (const cancel of [...timers.values(), ...monitors.values()]) cancel()
      await Promise.all([reading, sampling, speaking])
    },
  }
}

/** What is known of a host before anything was read. */
function unread(names: readonly SectionName[]): Inventory {
  const problems = names.map((section): Problem => ({ section, source: section, reason: 'not read yet: the agent has just started' }))
  return { ...EMPTY_INVENTORY, problems }
}
