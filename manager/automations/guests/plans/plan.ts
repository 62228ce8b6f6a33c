// What plans rest on, and what they come to: what a recipe is given. Plans look at the world as it is now; claims have the last word.
import type { GuestBook, GuestView } from '../../../guests/book.ts'
import type { GuestRecord } from '../../../guests/guest.ts'
import type { Holding } from '../../../guests/holdings.ts'
import type { MacSources } from '../../../guests/macs.ts'
import type { Where } from '../../../guests/where.ts'
import type { HostView } from '../../../hosts/pool-change.ts'
import type { Networks } from '../../../networks/service.ts'
import type { Done, Refused } from '../../../outcome.ts'
import type { VgRef } from '../../../protocol/guest-disk.ts'
import type { KernelFile } from '../../../protocol/guest-kernel.ts'
import { seenByOthers } from '../../../storage/shared-vgs.ts'
import type { SeedSpec } from '../../../vm-images/seed.ts'
import type { OneByOne } from '../../migrate/one-by-one.ts'

/** What disks can be made from, and guests boot by. */
export interface Images {
  /** By name or id. */
  find(ref: string): Promise<Done<FoundImage>>
  /** The same again is the same. */
  makeSeed(seed: SeedSpec): Promise<Done<{ readonly id: string; readonly sizeBytes: number }>>
}

export interface FoundImage extends KernelFile {
  readonly name?: string
  readonly kind: 'disk' | 'kernel' | 'initrd'
  /** That goes with a kernel. */
  readonly initrd?: KernelFile
  /** All of its content is on this manager. */
  readonly present: boolean
}

export interface PlanDeps extends MacSources {
  readonly book: Pick<GuestBook, 'find'>
  readonly where: Pick<Where, 'places' | 'ground' | 'cpuOn'>
  readonly networks: Pick<Networks, 'list'>
  readonly moves: OneByOne
  readonly images: Images
  readonly newUuid: () => string
  /** Of this manager. */
  readonly epoch: number
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

export interface Plan<Args> {
  readonly recipe: string
  readonly args: Args
}

export type Planned<Args> = Done<Plan<Args>>

export interface Asked {
  readonly ref: string
  /** The automation whose hook asks. */
  readonly within?: string | undefined
}

export type Managed = GuestView & { readonly record: GuestRecord }

export function refused(reason: string, code?: Refused['code']): Refused {
  return { kind: 'refused', reason, ...(code === undefined ? {} : { code }) }
}

export function planned<Args>(recipe: string, args: Args): Planned<Args> {
  return { kind: 'done', value: { recipe, args } }
}

/** A guest that nothing else moves now, and of which is known where it is. */
export async function free({ book }: Pick<PlanDeps, 'book'>, { ref, within }: Asked): Promise<Done<Managed>> {
  const view = await book.find(ref)
  if (!view) return noGuest(ref)
  const { name, state, why, holding } = view
  if (holding && holding.automation !== within) return heldBy(name, holding)
  if (state === 'lost' || state === 'conflicted') return refused(`${name} is ${state}: ${why ?? 'nobody knows where it runs'}`)
  return { kind: 'done', value: view }
}

export function noGuest(ref: string): Done<never> {
  return { kind: 'missing', reason: `there is no guest ${JSON.stringify(ref)}` }
}

export function heldBy(name: string, { automation, title, who }: Holding): Refused {
  return refused(`guest ${name} is held by automation ${automation} (${title}, started by ${who}): wait for it, or abort it`, 'locked')
}

/** The host that it runs on. */
export function runningOn({ seen, host }: Managed): HostView | undefined {
  return seen.find(({ domain: { state } }) => state !== 'shutdown' && state !== 'crashed')?.host ?? seen[0]?.host ?? host
}

export function hostArgOf({ id, name }: HostView): { readonly id: string; readonly name: string } {
  return { id, name }
}

/** Those of these VGs of a host that others see, too: who changes what is in them locks them for all. */
export function sharedVgsOf(
  vgs: readonly VgRef[],
  host: string,
  pool: Pick<PlanDeps['pool'], 'hosts' | 'knownInventory'>,
): readonly VgRef[] {
  const hosts = pool.hosts().map(({ id }) => ({ id, inventory: pool.knownInventory(id) }))
  return seenByOthers(vgs, host, hosts)
}

/** As recipes are given them. */
export function sharedArg(vgs: readonly VgRef[]): { readonly sharedVgs?: readonly VgRef[] } {
  return vgs.length === 0 ? {} : { sharedVgs: vgs }
}
