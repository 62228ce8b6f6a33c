// Follows the manager's boot plan: a change of it is here within seconds, and what was here last serves while there is no manager.
import { setTimeout as delay } from 'node:timers/promises'
import { backoff } from '../../../images/agent/backoff.ts'
import { MAX_PLAN_BYTES } from '../../../manager/protocol/appliance.ts'
import type { StoredPlan } from '../../store/plan.ts'
import type { SiteKeys } from '../../store/site-keys.ts'
import { askManager } from '../exec.ts'
import type { ManagerPlace } from '../place.ts'
import { type PlanAnswer, readPlanAnswer } from '../plan-answer.ts'
import type { Troubles } from '../trouble.ts'

export interface PlanFollowerOptions {
  readonly place: ManagerPlace
  readonly keys: () => Promise<SiteKeys>
  /** Of this appliance. */
  readonly id: string
  /** Of the plan that is here. */
  readonly etag: string | undefined
  /** Throws when it cannot be kept: it is asked for again. */
  readonly take: (plan: StoredPlan) => void
  readonly troubles: Troubles
  /** From 0 to 1. */
  readonly random: () => number
}

/** Seconds that the manager may keep an answer back. */
const WAIT = 25
/** Milliseconds from one answer to the next question, whatever the manager does. */
const PAUSE = 500

/** Never rejects, never throws; goes on until `close`. */
export function followPlan(options: PlanFollowerOptions): { close(): Promise<void> } {
  const stop = new AbortController()
  const running = follow(options, stop.signal)
  return {
    close: async () => {
      stop.abort()
      await running
    },
  }
}

async function follow({ troubles, take, random, ...options }: PlanFollowerOptions, signal: AbortSignal): Promise<void> {
  let failures = 0
  let { etag } = options
  while (!signal.aborted) {
    let answer = await ask({ ...options, etag }, signal).catch(failed)
    if (signal.aborted) return
    if (answer.kind === 'plan') {
      try {
        take(answer.plan)
        etag = answer.plan.etag
      } catch (error) {
        answer = failed(error)
      }
    }
    const trouble = answer.kind === 'trouble' ? answer.reason : undefined
    troubles.note('plan', trouble)
    failures = trouble === undefined ? 0 : failures + 1
    await delay(failures === 0 ? PAUSE : backoff(failures, random()), undefined, { signal }).catch(() => undefined)
  }
}

async function ask(
  { place, keys, id, etag }: Pick<PlanFollowerOptions, 'place' | 'keys' | 'id' | 'etag'>,
  signal: AbortSignal,
): Promise<PlanAnswer> {
  const found = await keys()
  if (found.kind === 'none') return { kind: 'trouble', reason: found.reason }
  const answer = await askManager(place, found.authority, {
    method: 'GET',
    path: `/appliance/plan/${id}`,
    headers: {
      authorization: `Bearer ${found.secret}`,
      ...(etag === undefined ? {} : { 'if-none-match': etag, prefer: `wait=${WAIT}` }),
    },
    patience: (WAIT + 15) * 1000,
    limit: MAX_PLAN_BYTES,
    signal,
  })
  return readPlanAnswer(answer, place)
}

function failed(error: unknown): PlanAnswer {
  return { kind: 'trouble', reason: `the boot plan cannot be taken: ${error instanceof Error ? error.message : String(error)}` }
}
