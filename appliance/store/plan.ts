// The table plan: the last boot plan that the manager gave, by which hosts boot while it is away.
import { bootPlan, type Plan } from '../../manager/protocol/appliance.ts'
import type { Store } from './database.ts'

export interface StoredPlan {
  readonly etag: string
  readonly plan: Plan
}

interface Row {
  readonly etag: string
  readonly plan: string
}

/** Undefined before the manager gave one; also when a newer hostless wrote it in a form unknown here: it is asked for again. */
export function loadPlan(store: Store): StoredPlan | undefined {
  const row = store.prepare<[], Row>('SELECT etag, plan FROM plan').get()
  const parsed = row && bootPlan.safeParse(JSON.parse(row.plan))
  return parsed?.success ? { etag: row?.etag ?? '', plan: parsed.data } : undefined
}

/** On disk when it returns. */
export function savePlan(store: Store, { etag, plan }: StoredPlan): void {
  store.prepare('INSERT OR REPLACE INTO plan (one, etag, plan) VALUES (1, ?, ?)').run(etag, JSON.stringify(plan))
}
