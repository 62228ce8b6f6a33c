// What an evacuation would do: for each guest of a host how it goes and where, or why not.

import type { GuestBook, GuestView } from '../../guests/book.ts'
import type { HostView } from '../../hosts/pool-change.ts'
import { isAnswering, sayHost, stateOf } from '../../protocol/host.ts'
import type { Managed, PlanDeps, Planned } from '../guests/plans/plan.ts'
import { planned, refused } from '../guests/plans/plan.ts'
import type { MoveAsked } from '../migrate/asked.ts'
import type { InTheWay } from '../migrate/disks-to.ts'
import { weighAll } from '../migrate/several.ts'
import { RESTART } from '../own/plan.ts'
import type { EvacuateArgs, MoveHow } from './args.ts'

export interface EvacuationAsked {
  readonly host: HostView
  readonly to?: HostView | undefined
  /** Ids of the hosts that they may go to; left out: all. */
  readonly among?: ReadonlySet<string> | undefined
  readonly others: EvacuateArgs['others']
  readonly how: MoveHow
}

export interface Leave {
  readonly guest: string
  /** Undefined: it stays. */
  readonly way: 'live' | 'stopped' | 'restart' | undefined
  readonly to: { readonly id: string; readonly name: string } | undefined
  readonly diskBytes: number
  readonly memoryBytes: number
  readonly refusals: readonly InTheWay[]
}

export interface EvacuationDeps extends PlanDeps {
  readonly book: Pick<GuestBook, 'find' | 'all'>
}

/** The largest first, as they are begun. */
export async function weighEvacuation(deps: EvacuationDeps, asked: EvacuationAsked): Promise<readonly Leave[]> {
  const { mine, strangers } = await guestsOn(deps, asked.host)
  const restart = asked.others === 'restart' ? ({ when: 'not live', ...RESTART } as const) : undefined
  const wishes = mine.map(({ uuid }): MoveAsked => ({ ref: uuid, to: asked.to, among: asked.among, restart, ...asked.how }))
  const weighed = await weighAll(deps, wishes)
  const leaving = weighed.map((one, at): Leave => {
    const name = mine[at]?.name ?? ''
    if (one.kind !== 'done')
      return {
        guest: name,
        way: undefined,
        to: undefined,
        diskBytes: 0,
        memoryBytes: 0,
        refusals: [{ code: 'guest-state', reason: one.reason }],
      }
    const { way, to, args, diskBytes, memoryBytes, refusals } = one.value
    return {
      guest: name,
      way: args ? (way === 'restarted' ? 'restart' : way) : undefined,
      to: args ? to && { id: to.id, name: to.name } : undefined,
      diskBytes,
      memoryBytes,
      refusals,
    }
  })
  return [
    ...leaving,
    ...strangers.map(({ name }) => ({ guest: name, way: undefined, to: undefined, diskBytes: 0, memoryBytes: 0, refusals: [NOT_OURS] })),
  ]
}

const NOT_OURS: InTheWay = { code: 'unmanaged', reason: 'hostless did not make it, and leaves it alone' }

export async function planEvacuation(
  deps: EvacuationDeps,
  { host, to, among, others, how }: EvacuationAsked,
): Promise<Planned<EvacuateArgs>> {
  if (!isAnswering(host)) {
    const what = stateOf(host) === 'lost' ? `: hostless host fence ${host.name} --proof TEXT says that it runs nothing` : ''
    return refused(`${host.name} is ${sayHost(host)}, and its guests cannot be moved${what}`)
  }
  if (to?.id === host.id) return refused(`${host.name} is where they are`)
  const { mine, strangers } = await guestsOn(deps, host)
  const guests = mine.flatMap(({ uuid, name, state }) =>
    state === 'running' || state === 'stopped' ? [{ uuid: uuid as Uuid, name, state }] : [],
  )
  const stuck = mine.filter(({ state }) => state !== 'running' && state !== 'stopped')
  return planned('evacuate-host', {
    host: { id: host.id, name: host.name },
    ...(to ? { to: { id: to.id, name: to.name } } : {}),
    ...(among ? { among: [...among] } : {}),
    ...{ guests, others, how },
    ...(others === 'restart' ? { restarts: 'when its disks are there' } : {}),
    stay: [
      ...stuck.map(({ name, state, why }) => ({ name, reason: `it is ${state}${why === undefined ? '' : `: ${why}`}` })),
      ...strangers.map(({ name }) => ({ name, reason: NOT_OURS.reason })),
    ],
  })
}

type Uuid = EvacuateArgs['guests'][number]['uuid']

async function guestsOn(
  { book }: EvacuationDeps,
  host: HostView,
): Promise<{ readonly mine: readonly Managed[]; readonly strangers: readonly GuestView[] }> {
  const here = (await book.all()).filter((one) => one.host?.id === host.id)
  const mine = here.filter((one): one is Managed => one.record !== undefined)
  return {
    mine: mine.toSorted((a, b) => b.record.spec.memory - a.record.spec.memory || (a.name < b.name ? -1 : 1)),
    strangers: here.filter(
      ({ record, seen }) => !record && seen.some(({ domain: { state } }) => state !== 'shutdown' && state !== 'crashed'),
    ),
  }
}
