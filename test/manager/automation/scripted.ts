// Automations on a real database, with hosts that answer as a test says.
import type { ExecutionContext } from 'ava'
import { after } from '../../../appliance/wire/timers.ts'
import type { Asked } from '../../../manager/agents/questions.ts'
import type { Tagged } from '../../../manager/automation/effect.ts'
import type { Hooks } from '../../../manager/automation/ports.ts'
import type { Recipe } from '../../../manager/automation/recipe.ts'
import { type Automations, openAutomations } from '../../../manager/automation/service.ts'
import type { State } from '../../../manager/automation/store/store.ts'
import type { Store } from '../../../manager/store/database.ts'
import { newHostId } from '../../../manager/store/tables/hosts.ts'
import { nextEpoch } from '../../../manager/store/tables/settings.ts'
import { collectingLog } from '../../appliance/wire/collecting-log.ts'
import { patience } from '../../patience.ts'

export interface Hosts {
  /** Ids and bodies, in the order of their coming. */
  readonly asked: (readonly [id: string, body: Tagged])[]
  /** What is answered; `silence`: nothing, until it is cancelled. */
  answer: (body: Tagged, host: string) => 'done' | 'silence' | Asked
}

export function hosts(): Hosts {
  return { asked: [], answer: () => 'done' }
}

export function refused(cause: 'unable' | 'unknown' | 'stale-epoch' | 'cancelled', reason = 'it is broken'): Asked {
  return { kind: 'answered', answer: { kind: 'refused', cause, reason } }
}

export interface Settings {
  readonly store: Store
  readonly recipes: readonly Recipe[]
  readonly hosts: Hosts
  readonly hooks?: Hooks
  readonly most?: number
  readonly mostOf?: (what: string) => number
}

const NO_HOOKS: Hooks = { run: () => ({ ended: Promise.resolve({ kind: 'value', value: {} }), kill: () => undefined }) }

export async function automationsOn(
  t: ExecutionContext,
  { store, recipes, hosts, hooks = NO_HOOKS, most, mostOf }: Settings,
): Promise<Automations> {
  const epoch = await store.write((transaction) => nextEpoch(transaction))
  const automations = await openAutomations({
    ...{ store, recipes, epoch, hooks },
    claims: { take: async () => ({ kind: 'taken', given: {} }), release: async () => undefined },
    clock: { now: Date.now, after },
    broker: {
      subscribe: () => () => undefined,
      ask: (host, id, body) => {
        hosts.asked.push([id, body])
        const answer = hosts.answer(body, host)
        let settle: (asked: Asked) => void = () => undefined
        const ended = new Promise<Asked>((resolve) => {
          settle = resolve
        })
        // An agent's answer has passed the protocol; what a test answers is of the test's own making.
        if (answer === 'done') settle({ kind: 'answered', answer: { kind: 'collected', revision: 1, problems: [] } })
        else if (answer !== 'silence') settle(answer)
        return { id, ended, progress: () => undefined, watch: () => () => undefined, cancel: () => settle(refused('cancelled')) }
      },
    },
    feed: { current: () => undefined, subscribe: () => () => undefined },
    newId: newHostId,
    log: collectingLog().log,
    ...(most === undefined ? {} : { most }),
    ...(mostOf ? { mostOf } : {}),
  })
  t.teardown(() => automations.close())
  return automations
}

/** Rejects when it does not come to that within 20 s, or longer on a busy machine. */
export async function until(automations: Automations, id: string, state: State): Promise<void> {
  const isThere = async () => (await automations.show(id))?.state === state
  const view = await new Promise<'there' | 'late'>((resolve) => {
    const timer = setTimeout(() => resolve('late'), patience(20_000))
    const unwatch = automations.watch(id, (seen) => {
      if (seen.state === state) done()
    })
    const done = (): void => {
      clearTimeout(timer)
      unwatch()
      resolve('there')
    }
    void isThere().then((there) => (there ? done() : undefined))
  })
  if (view === 'late') throw new Error(`automation ${id} is not ${state}: ${JSON.stringify(await automations.show(id))}`)
}
