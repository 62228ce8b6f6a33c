// What another automation wants to be begun, as the world is now: a plan, or that there is nothing to do.

import { planStart, planStop } from '../guests/plans/life.ts'
import type { Plan, PlanDeps, Planned } from '../guests/plans/plan.ts'
import { planMigrate } from '../migrate/several.ts'
import type { Beginning, OwnOutcome } from './request.ts'

export async function planOwn(deps: PlanDeps, request: Beginning): Promise<Plan<unknown> | OwnOutcome> {
  const view = await deps.book.find(request.guest)
  if (!view) return { outcome: 'elsewhere', reason: 'it is not there any more' }
  switch (request.kind) {
    case 'move-guest': {
      const { from, to: wanted, among, how, restart: when } = request
      if (view.record.host !== from) return { outcome: 'elsewhere', reason: `${view.name} lies on another host` }
      const to = wanted === undefined ? undefined : deps.pool.hosts().find(({ id }) => id === wanted)
      if (wanted !== undefined && !to)
        return { outcome: 'refused', reason: 'the host that it was to go to is not there any more', code: 'unfit' }
      const restart = when ? { restart: { when, ...RESTART } } : {}
      return begun(await planMigrate(deps, { ref: request.guest, to, ...(among ? { among: new Set(among) } : {}), ...restart, ...how }))
    }
    case 'stop-guest':
      if (view.state === 'stopped') return { outcome: 'done' }
      return begun(await planStop(deps, { ref: request.guest, how: 'clean, then hard', seconds: RESTART.seconds }))
    case 'start-guest':
      if (view.state === 'running') return { outcome: 'done' }
      return begun(await planStart(deps, { ref: request.guest }))
  }
}

/** Of a guest that is stopped for its host: how long it has to end by itself, and when its copy is compared with its disks. */
export const RESTART = { how: 'clean, then hard', seconds: 300, compare: 'stopped' } as const

function begun(planned: Planned<unknown>): Plan<unknown> | OwnOutcome {
  if (planned.kind === 'done') return planned.value
  return { outcome: 'refused', reason: planned.reason, ...(planned.kind === 'refused' && planned.code ? { code: planned.code } : {}) }
}
