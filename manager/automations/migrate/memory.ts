// The memory of a guest that moves live: a stream between the two hosts, of which the last word is held on the new one, and then passed on.
import { StepFailed } from '../../automation/failure.ts'
import { newId, order, progress, request, type Steps, sleep, undoable } from '../../automation/steps.ts'
import type { AnswerOf } from '../../protocol/requests.ts'
import type { MigrateArgs } from './args.ts'
import { kilobytes } from './rates/paced.ts'
import { capFor, MOST_TRIES, type Slowed } from './slowing.ts'
import { judge, type Seen } from './whose.ts'

/** The source takes its guest back by itself after this, or what it may stand still, ms; the target gives it up so much later. */
const HOLD = 30_000
const LATER = 60_000
const STREAM_PATIENCE = 24 * 3600_000
const SHORT_PATIENCE = 240_000
/** The word was passed on, or may have been: how often is looked, and how long between, ms. */
const LOOKS = 20
const LOOK_EVERY = 15_000

type Sent = AnswerOf<'send-guest'>

export interface Held {
  /** Of the stream whose word is held. */
  readonly migration: string
  /** It was slowed for it, and is on its new host too: a cap goes with a domain's memory. */
  readonly pace: 'full' | 'slowed'
  /** Of memory, that were sent. */
  readonly bytes: number
  /** For which it had stood still by then. */
  readonly pausedMs: number
}

/** Throws, with the guest as it was, where it would stand still for too long. */
export function* held(args: MigrateArgs): Steps<Held> {
  const slowed: Slowed[] = []
  for (;;) {
    const migration = yield* newId()
    const { outcome, bytes, milliseconds, pausedMs } = yield* sent(args, migration)
    if (outcome.kind === 'held') return { migration, pace: slowed.length === 0 ? 'full' : 'slowed', bytes, pausedMs }
    if (outcome.kind === 'undefined' || outcome.cause !== 'would-pause')
      throw new NotMoved(`${args.guest.name}: ${outcome.reason}. ${BY_RESTART}`)
    yield* ended(args, migration)
    slowed.push({ bytes, milliseconds, pauseMs: outcome.pauseMs })
    const percent = slowed.length < MOST_TRIES ? capFor(args.guest.vcpus, slowed.length) : undefined
    if (percent === undefined) throw new NotMoved(sayTooLong(args, slowed))
    yield* progress('memory', `it would pause for ${saySeconds(outcome.pauseMs)}: slowed to ${percent} % of a CPU, and tried again`)
    yield* capped(args, percent)
  }
}

/** What was tried has been taken back: the guest goes on where it was. */
export class NotMoved extends Error {
  override readonly name = 'NotMoved'
}

function* sent(args: MigrateArgs, migration: string): Steps<Sent> {
  const { guest, restart, from, to, over, maxPauseMs, rateBytes } = args
  const of = { migration, guest: guest.uuid }
  const { port, pin } = yield* undoable(
    {
      what: `end the stream of ${guest.name}: it goes on on ${from.name}`,
      command: `hostless vm show ${guest.name}`,
      requests: ending(args, migration),
    },
    request(
      to.id,
      { kind: 'open-receive', migration, guest, restart, address: over.to, holdMs: Math.max(HOLD, maxPauseMs) + LATER },
      { patience: SHORT_PATIENCE },
    ),
  )
  const prepared = yield* request(from.id, { kind: 'prepare-send', ...of }, { patience: SHORT_PATIENCE })
  yield* request(to.id, { kind: 'accept-send', ...of, pin: prepared.pin, address: over.from }, { patience: SHORT_PATIENCE })
  return yield* request(
    from.id,
    {
      ...{ kind: 'send-guest', ...of, name: guest.name, holdMs: Math.max(HOLD, maxPauseMs), maxPauseMs },
      to: { address: over.to, port, pin, from: over.from },
      ...kilobytes(rateBytes),
    },
    { patience: STREAM_PATIENCE },
  )
}

/** The target first: what it has dropped can go on at the source. */
function ending({ guest: { uuid, name }, from, to }: MigrateArgs, migration: string) {
  const of = { migration, guest: uuid, become: 'not moved' } as const
  return [order(to.id, { kind: 'end-receive', ...of }), order(from.id, { kind: 'end-send', ...of, name, target: 'dropped' })]
}

function* ended({ guest: { uuid, name }, from, to }: MigrateArgs, migration: string): Steps {
  const of = { migration, guest: uuid, become: 'not moved' } as const
  yield* request(to.id, { kind: 'end-receive', ...of }, { onAbort: 'finish' })
  yield* request(from.id, { kind: 'end-send', ...of, name, target: 'dropped' }, { onAbort: 'finish' })
}

function* capped({ guest: { uuid, name }, from }: MigrateArgs, percent: number): Steps {
  const full = { kind: 'cap-guest', uuid, percent: 0 } as const
  yield* undoable(
    { what: `let ${name} run at full speed again`, command: `xl sched-credit2 -d ${name} -c 0`, requests: [order(from.id, full)] },
    request(from.id, { ...full, percent }),
  )
}

/** On its new host. */
export function* freed({ guest: { uuid }, to }: MigrateArgs): Steps {
  yield* request(to.id, { kind: 'cap-guest', uuid, percent: 0 }, { onAbort: 'finish', patience: SHORT_PATIENCE })
}

/** `heldMs`: from when its word was held until it had gone on, where its new host has seen that. */
export type Passed = { readonly kind: 'moved'; readonly heldMs?: number | undefined } | { readonly kind: 'not moved' }

/** The word is passed on. `not moved`: it never was, and the guest is the source's. Throws where nobody can tell, for a person to look. */
export function* passedOn(args: MigrateArgs, migration: string): Steps<Passed> {
  const { guest, to } = args
  for (let looks = 1; ; looks += 1) {
    const went = yield* tryGo(to.id, { migration, guest: guest.uuid })
    if (went) return went.outcome.kind === 'running' ? { kind: 'moved', heldMs: went.outcome.heldMs } : { kind: 'not moved' }
    const verdict = judge({ target: yield* seen(to.id, args, migration), source: yield* seen(args.from.id, args, migration) })
    if (verdict.kind !== 'unknown') return { kind: verdict.kind }
    if (looks === LOOKS) throw new NotMoved(`where ${guest.name} runs is not known: ${verdict.reason}`)
    yield* sleep(LOOK_EVERY)
  }
}

function* tryGo(host: string, of: { readonly migration: string; readonly guest: MigrateArgs['guest']['uuid'] }) {
  try {
    return yield* request(host, { kind: 'go-receive', ...of }, { onAbort: 'finish', patience: SHORT_PATIENCE })
  } catch (error) {
    if (error instanceof StepFailed) return undefined
    throw error
  }
}

function* seen(host: string, { guest }: MigrateArgs, migration: string): Steps<Seen | undefined> {
  try {
    return yield* request(host, { kind: 'look-stream', migration, guest: guest.uuid }, { onAbort: 'finish', patience: SHORT_PATIENCE })
  } catch (error) {
    if (error instanceof StepFailed) return undefined
    throw error
  }
}

function sayTooLong({ guest, maxPauseMs }: MigrateArgs, tries: readonly Slowed[]): string {
  const last = tries.at(-1)?.pauseMs
  return `not moved: ${guest.name} would pause for about ${saySeconds(last)}, and may for ${saySeconds(maxPauseMs)} (tried ${tries.length} times). ${BY_RESTART}`
}

/** Whatever its memory does. */
const BY_RESTART = 'With --restart-always it is moved with a stop'

export function saySeconds(milliseconds: number | undefined): string {
  return milliseconds === undefined ? 'longer than it may' : `${Math.round(milliseconds / 100) / 10} s`
}
