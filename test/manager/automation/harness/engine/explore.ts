// Runs of the harness: every fault at every step by itself, then seeds with some of them together. What breaks is told with what shows it
// again.

import { Random } from '../random.ts'
import { COMMIT_FAULTS, type Fault, REQUEST_FAULTS, sayFault, someFaults } from './faults.ts'
import { simulate } from './simulate.ts'

export interface Found {
  readonly seed: number
  readonly faults: readonly Fault[]
  readonly broken: readonly string[]
}

export interface Explored {
  readonly runs: number
  readonly found: readonly Found[]
  /** How often automations have ended so. */
  readonly states: ReadonlyMap<string, number>
}

/** How far a run without faults goes: what can be broken. */
export async function measure(): Promise<{ readonly requests: number; readonly commits: number }> {
  const { requests, commits, broken, states } = await simulate({ seed: 1, faults: [] })
  if (broken.length > 0) throw new Error(`a run without a fault breaks: ${broken.join('; ')}`)
  if (states.some((state) => state !== 'done')) throw new Error(`a run without a fault ends as ${states.join(', ')}`)
  return { requests, commits }
}

/** One fault a run. */
export function everyFault({ requests, commits }: { readonly requests: number; readonly commits: number }): readonly (readonly Fault[])[] {
  const each = (count: number) => Array.from({ length: count }, (_, at) => at + 1)
  return [
    ...each(requests).flatMap((at) => REQUEST_FAULTS.map((fault) => [{ kind: 'request', at, fault }] as const)),
    ...each(commits).flatMap((at) => COMMIT_FAULTS.map((fault) => [{ kind: 'commit', at, fault }] as const)),
    ...each(requests).map((at) => [{ kind: 'killed at answer', at }] as const),
    ...each(40).map((at) => [{ kind: 'abort', at: at * 50 }] as const),
    ...(['vetoes', 'hangs', 'warns'] as const).map((fault) => [{ kind: 'hook', fault }] as const),
    ...(['late', 'never'] as const).map((fault) => [{ kind: 'event', fault }] as const),
    [{ kind: 'claim', fault: 'taken' }],
  ]
}

/** Until `most` are found: left out, all of them. */
export async function exploreFaults(every: readonly (readonly Fault[])[], most = Number.POSITIVE_INFINITY): Promise<Explored> {
  return explore(
    every.map((faults) => ({ seed: 1, faults })),
    most,
  )
}

export async function exploreSeeds(from: number, count: number, most = Number.POSITIVE_INFINITY): Promise<Explored> {
  const { requests, commits } = await measure()
  const scenarios = Array.from({ length: count }, (_, at) => {
    const seed = from + at
    return { seed, faults: someFaults(new Random(seed ^ 0x5eed), Math.round(requests * 1.3), Math.round(commits * 1.2)) }
  })
  return explore(scenarios, most)
}

async function explore(
  scenarios: readonly { readonly seed: number; readonly faults: readonly Fault[] }[],
  most: number,
): Promise<Explored> {
  const found: Found[] = []
  const states = new Map<string, number>()
  let runs = 0
  for (const scenario of scenarios) {
    if (found.length >= most) break
    runs += 1
    const run = await simulate(scenario)
    for (const state of run.states) states.set(state, (states.get(state) ?? 0) + 1)
    if (run.broken.length > 0) found.push({ ...scenario, broken: run.broken })
  }
  return { runs, found, states }
}

export function sayFound({ seed, faults, broken }: Found): string {
  return [`seed ${seed}, ${faults.map(sayFault).join(' ')}`, ...broken.slice(0, 4).map((one) => `  ${one}`)].join('\n')
}
