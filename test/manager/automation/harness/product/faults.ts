// What goes wrong in a run of the product's recipes: at the n-th request that hosts get, at the n-th command that changes a host, at the
// n-th commit of a manager, at a moment. The same list of faults gives the same run.
import type { HookFault } from '../hooks.ts'
import type { Random } from '../random.ts'

/**
 * `fails`: it is not done, and said so. `half`: done, and called unknown. `hangs`: neither done nor answered, nor ended when it is cancelled.
 * `late`: done, and answered after minutes. `never`: done, and no answer of it arrives. `lost`: done, and the connection ends before the
 * answer. `twice`: it comes twice, and is answered twice. `forgets`: done, and the agent starts anew before it answers. `resets`: done, and
 * the host is reset before it answers. `slow`: it is a minute on its way, and arrives though nobody waits for it any more.
 * `cut`: done, and nobody reaches the host for minutes.
 */
export const REQUEST_FAULTS = ['fails', 'half', 'hangs', 'late', 'never', 'lost', 'twice', 'slow', 'cut', 'forgets', 'resets'] as const
export type RequestFault = (typeof REQUEST_FAULTS)[number]

/**
 * `fails`: it does nothing, and says so. `hangs`: it does nothing, and is stopped after a minute; `silent`: it does all, and is stopped then.
 * `agent dies`: before it, or when it has done it, and another agent of this boot starts. `host dies`: RAM is gone, disks stay.
 */
export const COMMAND_FAULTS = [
  'fails',
  'hangs',
  'silent',
  'agent dies before',
  'agent dies after',
  'host dies before',
  'host dies after',
] as const
export type CommandFault = (typeof COMMAND_FAULTS)[number]

/** The manager ends before or after a commit, and another one comes. `joined`: another one comes, and it does not end. */
export const COMMIT_FAULTS = ['killed before', 'killed after', 'joined before', 'joined after', 'disk full'] as const
export type CommitFault = (typeof COMMIT_FAULTS)[number]

/**
 * Of a live move, at each thing that its stream does (S is where the guest comes from, T where it goes to). `link cut`: the two hosts do not
 * reach each other for a while; `link slow`: what one says to the other takes seconds. The others are processes, agents, hosts that end.
 */
export const STREAM_FAULTS = [
  ...(['link cut', 'link slow', 'relay of S dies', 'relay of T dies', 'xl of S dies', 'xl of T dies'] as const),
  ...(['agent of S dies', 'agent of T dies', 'S resets', 'T resets'] as const),
] as const
export type StreamFault = (typeof STREAM_FAULTS)[number]

export type Fault =
  | { readonly kind: 'request'; readonly at: number; readonly fault: RequestFault }
  | { readonly kind: 'command'; readonly at: number; readonly fault: CommandFault }
  | { readonly kind: 'commit'; readonly at: number; readonly fault: CommitFault }
  /** An answer has come to the manager, and it ends before it has read it. */
  | { readonly kind: 'killed at answer'; readonly at: number }
  /** Milliseconds from the start: somebody aborts what is under way; all guests crash. */
  | { readonly kind: 'abort' | 'crash'; readonly at: number }
  | { readonly kind: 'hook'; readonly fault: HookFault }
  | { readonly kind: 'stream'; readonly at: number; readonly fault: StreamFault }
  /** Milliseconds from the start: as `link cut`, `S resets`, `T resets`, whatever is under way. */
  | { readonly kind: 'between'; readonly at: number; readonly fault: 'cut' | 'a resets' | 'b resets' }

/** How far a run without faults goes: what can be broken. */
export interface Size {
  readonly requests: number
  readonly commands: number
  readonly commits: number
  /** How many things streams of live moves do. */
  readonly streams: number
  /** Milliseconds. */
  readonly lasts: number
}

/** One fault a run. */
export function everyFault({ requests, commands, commits, streams, lasts }: Size): readonly (readonly Fault[])[] {
  const each = (count: number) => Array.from({ length: count }, (_, at) => at + 1)
  return [
    ...each(requests).flatMap((at) => REQUEST_FAULTS.map((fault) => [{ kind: 'request', at, fault }] as const)),
    ...each(commands).flatMap((at) => COMMAND_FAULTS.map((fault) => [{ kind: 'command', at, fault }] as const)),
    ...each(commits).flatMap((at) => COMMIT_FAULTS.map((fault) => [{ kind: 'commit', at, fault }] as const)),
    ...each(requests).map((at) => [{ kind: 'killed at answer', at }] as const),
    ...each(20).flatMap((at) => (['abort', 'crash'] as const).map((kind) => [{ kind, at: Math.round((at * lasts) / 20) }] as const)),
    ...(['vetoes', 'hangs', 'warns'] as const).map((fault) => [{ kind: 'hook', fault }] as const),
    ...each(streams).flatMap((at) => STREAM_FAULTS.map((fault) => [{ kind: 'stream', at, fault }] as const)),
    ...each(streams === 0 ? 0 : 20).flatMap((at) =>
      BETWEEN.map((fault) => [{ kind: 'between', at: Math.round((at * lasts) / 20), fault }] as const),
    ),
  ]
}

const BETWEEN = ['cut', 'a resets', 'b resets'] as const

/** One to four of them. */
export function someFaults(random: Random, size: Size): readonly Fault[] {
  return Array.from({ length: random.whole(1, 4) }, () => oneFault(random, size))
}

/** What a fault leads to goes on: so a little further than without one. */
function oneFault(random: Random, { requests, commands, commits, streams, lasts }: Size): Fault {
  const at = (count: number): number => random.whole(1, Math.ceil(count * 1.3))
  if (streams > 0 && random.happens(0.4))
    return random.happens(0.75)
      ? { kind: 'stream', at: at(streams), fault: random.of(STREAM_FAULTS) }
      : { kind: 'between', at: random.whole(0, lasts), fault: random.of(BETWEEN) }
  const dice = random.next()
  if (dice < 0.3) return { kind: 'request', at: at(requests), fault: random.of(REQUEST_FAULTS) }
  if (dice < 0.6) return { kind: 'command', at: at(commands), fault: random.of(COMMAND_FAULTS) }
  if (dice < 0.78) return { kind: 'commit', at: at(commits), fault: random.of(COMMIT_FAULTS) }
  if (dice < 0.83) return { kind: 'killed at answer', at: at(requests) }
  if (dice < 0.97) return { kind: dice < 0.93 ? 'abort' : 'crash', at: random.whole(0, lasts) }
  return { kind: 'hook', fault: random.of(['vetoes', 'hangs', 'warns']) }
}
