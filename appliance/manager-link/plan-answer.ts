// What a manager's answer about the boot plan comes to. Pure.
import { bootPlan } from '../../manager/protocol/appliance.ts'
import type { StoredPlan } from '../store/plan.ts'
import { type Answer, describeAnswer } from './answer.ts'
import type { ManagerPlace } from './place.ts'

export type PlanAnswer =
  | { readonly kind: 'plan'; readonly plan: StoredPlan }
  /** Nothing has changed. */
  | { readonly kind: 'same' }
  | { readonly kind: 'trouble'; readonly reason: string }

export function readPlanAnswer(answer: Answer, place: ManagerPlace): PlanAnswer {
  if (answer.kind === 'answer' && answer.status === 304) return { kind: 'same' }
  if (answer.kind === 'failed' || answer.status !== 200) return { kind: 'trouble', reason: describeAnswer(answer, place) }
  const parsed = bootPlan.safeParse(parseJson(answer.text))
  if (parsed.success && answer.etag !== undefined) return { kind: 'plan', plan: { etag: answer.etag, plan: parsed.data } }
  const [issue] = parsed.error?.issues ?? []
  const wrong = issue ? `${issue.path.join('.')}: ${issue.message}` : 'it has no ETag'
  return { kind: 'trouble', reason: `the boot plan of the manager is none (${wrong.slice(0, 200)}): hosts boot by the one before` }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
