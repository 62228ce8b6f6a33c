// What follows when a guest has gone: on its new host the copies become its disks, on the old one nothing of it is left but these, for a
// while. The move is done whatever comes of it: what fails is tried again, and then said.
import { StepFailed } from '../../automation/failure.ts'
import { all, now, request, type Steps, sleep } from '../../automation/steps.ts'
import { lvOf } from '../../protocol/guest-disk.ts'
import { forget, keepRemembered } from '../guests/parts.ts'
import type { MigrateArgs } from './args.ts'
import { kept, left, type Mirrored } from './disks.ts'
import { freed, type Held } from './memory.ts'
import { parted, staying } from './shared.ts'

const TRIES = 3
/** Milliseconds. */
const BETWEEN = 20_000
const LONGEST = 600_000
const PATIENCE = 300_000

export interface Cleared {
  /** In words. */
  readonly pending: readonly string[]
  /** LVs that stay on the old host, as there are snapshots of them; in words. */
  readonly kept: readonly string[]
}

export function* cleared(args: MigrateArgs, mirrors: readonly Mirrored[], held: Held | undefined): Steps<Cleared> {
  const { guest, from, to, keepMs, remembered } = args
  const until = (yield* now()) + keepMs
  const slow = held?.pace === 'slowed' ? yield* tried(`${guest.name} is not at full speed on ${to.name}`, () => freed(args)) : undefined
  if (args.way !== 'restarted') for (const one of mirrors) yield* insisted(() => kept(args, one))
  const keeps: string[] = []
  const [there, here] = yield* all([() => clearedThere(args, held), () => clearedHere(args, mirrors, held, { until, keeps })])
  // Last: until the new host remembers it as its own, the old one is who knows of it.
  const forgotten =
    remembered && (yield* tried(`${guest.name} is still remembered on ${from.name}`, () => forget(from, guest, homesOf(mirrors))))
  return { pending: [slow, ...there, ...here, forgotten].flatMap((failure) => failure ?? []), kept: keeps }
}

type Failures = readonly (string | undefined)[]

function* clearedThere({ guest, to, remembered }: MigrateArgs, held: Held | undefined): Steps<Failures> {
  return [
    remembered &&
      (yield* tried(`VG ${remembered.vg.name} of ${to.name} remembers ${guest.name} as on its way`, () => keepRemembered(to, remembered))),
    held &&
      (yield* tried(`the stream of ${guest.name} is not ended on ${to.name}`, () =>
        request(to.id, { kind: 'end-receive', ...ended(guest, held) }, { onAbort: 'finish', patience: PATIENCE }),
      )),
  ]
}

function* clearedHere(
  args: MigrateArgs,
  mirrors: readonly Mirrored[],
  held: Held | undefined,
  { until, keeps }: { readonly until: number; readonly keeps: string[] },
): Steps<Failures> {
  const { guest, from } = args
  const stay = staying(args)
  return [
    held &&
      (yield* tried(`what is left of ${guest.name} on ${from.name} is not ended`, () =>
        request(from.id, { kind: 'end-send', ...ended(guest, held), name: guest.name }, { onAbort: 'finish', patience: PATIENCE }),
      )),
    yield* tried(`the disks of ${guest.name} on ${from.name} are not told to be left`, () =>
      each(mirrors, function* (one) {
        const snapshots = yield* left(args, one, until)
        const said = `${one.from.name}/${lvOf(one.disk)} of ${from.name} is kept, for its snapshots ${snapshots.join(', ')}`
        if (snapshots.length > 0 && !keeps.includes(said)) keeps.push(said)
      }),
    ),
    stay.length > 0
      ? yield* tried(`the disks of ${guest.name} that stay where they are are still open on ${from.name}`, () =>
          each(stay, (one) => parted(args, one)),
        )
      : undefined,
  ]
}

function ended({ uuid }: MigrateArgs['guest'], { migration }: Held) {
  return { migration, guest: uuid, become: 'moved' } as const
}

/** Of the old host, each once. */
function homesOf(mirrors: readonly Mirrored[]): readonly Mirrored['from'][] {
  return [...new Map(mirrors.map(({ from }) => [from.uuid, from])).values()]
}

function* each<One>(all: readonly One[], act: (one: One) => Steps): Steps {
  for (const one of all) yield* act(one)
}

/** Without it nothing starts on the new host: it has the guest, and so it comes back. */
export function* insisted(act: () => Steps): Steps {
  for (let tries = 1; ; tries += 1) {
    try {
      return yield* act()
    } catch (error) {
      if (!(error instanceof StepFailed)) throw error
      yield* sleep(Math.min(LONGEST, BETWEEN * 2 ** Math.min(tries, 10)))
    }
  }
}

/** Undefined when it is done. */
export function* tried(what: string, act: () => Steps<unknown>): Steps<string | undefined> {
  for (let tries = 1; ; tries += 1) {
    try {
      yield* act()
      return undefined
    } catch (error) {
      if (!(error instanceof StepFailed)) throw error
      if (tries === TRIES) return `${what}: ${error.message}`
      yield* sleep(BETWEEN)
    }
  }
}
