// Moves that know of each other: what one takes of its new host is gone for the next, also where it has not claimed it yet.
import type { Ground } from '../../guests/where.ts'
import type { Done } from '../../outcome.ts'
import type { PlacementNeeds } from '../../placement/picture.ts'
import { openAutomations } from '../../store/tables/automations.ts'
import { holdersAmong } from '../../store/tables/claims.ts'
import type { PlanDeps, Planned } from '../guests/plans/plan.ts'
import { type MigrateArgs, migrateArgs } from './args.ts'
import type { MoveAsked } from './asked.ts'
import { going } from './shared.ts'
import { planOf, type Weighed, weigh } from './weigh.ts'

/** In their order: each as if those before it were under way. One of a guest that is not there is said for itself. */
export async function weighAll(deps: PlanDeps, asked: readonly MoveAsked[]): Promise<readonly Done<Weighed>[]> {
  const ground = await groundOfMoves(deps)
  const all: Done<Weighed>[] = []
  for (const one of asked) {
    const weighed = await weighOn(deps, ground, one)
    if (weighed.kind === 'done' && weighed.value.args) put(ground, weighed.value.args)
    all.push(weighed)
  }
  return all
}

function weighOn(deps: PlanDeps, { places }: Ground, asked: MoveAsked): Promise<Done<Weighed>> {
  const { where } = deps
  const seen: PlanDeps['where'] = { places, ground: () => where.ground(), cpuOn: (host, spec) => where.cpuOn(host, spec) }
  return weigh({ ...deps, where: seen }, asked)
}

export async function planMigrate(deps: PlanDeps, asked: MoveAsked): Promise<Planned<MigrateArgs>> {
  const [weighed] = await weighAll(deps, [asked])
  return weighed ? planOf(weighed) : { kind: 'missing', reason: 'nothing was asked for' }
}

/** The hosts as they stand, with the moves on them that are begun and have not claimed what they take. */
export async function groundOfMoves({ where, store }: PlanDeps): Promise<Ground> {
  const ground = await where.ground()
  const open = (await openAutomations(store.db)).filter(({ recipe }) => recipe === 'migrate-guest')
  const claimed = await holdersAmong(
    store.db,
    'automation',
    open.map(({ id }) => id),
  )
  for (const { id, args } of open) {
    const read = claimed.has(id) ? undefined : migrateArgs.safeParse(JSON.parse(args))
    if (read?.success) put(ground, read.data)
  }
  return ground
}

function put(ground: Ground, args: MigrateArgs): void {
  ground.put(args.to.id, needsOf(args))
}

function needsOf({ guest, way, memoryBytes, disks }: MigrateArgs): PlacementNeeds {
  return {
    memoryBytes: way === 'stopped' ? 0 : memoryBytes,
    ...{ dom0Bytes: 0, vcpus: guest.vcpus, networks: [], storage: [], cpu: { kind: 'start', type: 'pvh' } },
    space: going({ disks }).flatMap(({ to, thinPool, sizeBytes }) => (thinPool === undefined ? [{ vg: to.name, bytes: sizeBytes }] : [])),
  }
}
