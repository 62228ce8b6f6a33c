// What the manager has not heard yet of boots: of each attempt its newest view. All that is known is told at a start, as nobody kept
// what was heard before; the store has the attempts themselves. Pure.

import { tidy } from '../../images/agent/inventory/accept.ts'
import { type BootRecord, bootRecord } from '../../manager/protocol/appliance.ts'
import type { AttemptView, StageView } from '../timeline/timeline.ts'
import type { Source } from './source.ts'

/** UTF-16 units of one push: at most three bytes each, it stays within the manager's limit. */
const MOST_TEXT = 256 * 1024
const MOST_BOOTS = 128

export class BootNews {
  readonly #views: Map<string, AttemptView>

  /** `known`: newest first. */
  constructor(known: readonly AttemptView[]) {
    this.#views = new Map(known.toReversed().map((view) => [view.id, view]))
  }

  changed(view: AttemptView): void {
    this.#views.set(view.id, view)
  }

  /** These may have been missed: what is newer is kept. */
  again(known: readonly AttemptView[]): void {
    for (const view of known.toReversed()) if (!this.#views.has(view.id)) this.#views.set(view.id, view)
  }

  readonly source: Source = () => {
    const offered: AttemptView[] = []
    const boots: BootRecord[] = []
    let text = 0
    for (const view of this.#views.values()) {
      const boot = bootRecordOf(view)
      text += JSON.stringify(boot ?? '').length
      if (boots.length === MOST_BOOTS || (boots.length > 0 && text > MOST_TEXT)) break
      offered.push(view)
      if (boot) boots.push(boot)
    }
    if (offered.length === 0) return undefined
    return { path: '/appliance/boots', body: { boots }, acknowledged: () => this.#told(offered) }
  }

  #told(views: readonly AttemptView[]): void {
    for (const view of views) if (this.#views.get(view.id) === view) this.#views.delete(view.id)
  }
}

/** Undefined for what cannot be told. */
export function bootRecordOf(view: AttemptView): BootRecord | undefined {
  const { id, mac, startedAt: started, state: outcome, once, stages, address, image, generation } = view
  const ended = outcome === 'up' || outcome === 'failed' || outcome === 'once' ? Math.round(stages.at(-1)?.at ?? started) : undefined
  const diagnosis = tidy(view.diagnosis, 4096)
  const [xen, kernel] = [tidy(view.xen, 128), tidy(view.kernel, 128)]
  return bootRecord.safeParse({
    id,
    mac,
    started,
    outcome,
    stages: stages.map(stageRecordOf),
    ...(ended === undefined ? {} : { ended }),
    ...(once === undefined ? {} : { once }),
    ...(address === undefined ? {} : { address }),
    ...(image === undefined ? {} : { image, generation }),
    ...(diagnosis === undefined ? {} : { diagnosis }),
    ...(xen === undefined ? {} : { xen }),
    ...(kernel === undefined ? {} : { kernel }),
  }).data
}

function stageRecordOf({ stage, status: state, at, detail }: StageView) {
  return { stage, state, at: Math.round(at), detail: tidy(detail, 2048) ?? '' }
}
