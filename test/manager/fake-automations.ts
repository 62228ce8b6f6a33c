// Automations of a test's own: the contract's handlers over a list that the test may change.
import type { AutomationDetail, StartedAutomation } from '../../manager/contract/automations.ts'
import { done, type Handlers, missing } from '../../manager/doors/handlers/handlers.ts'
import type { Done } from '../../manager/outcome.ts'

type Change = (one: AutomationDetail) => Partial<AutomationDetail>

export function fakeAutomations(all: AutomationDetail[]): Handlers['automations'] {
  const noSuch = (id: string) => missing(`automation ${id}`)
  const change = async (id: string, changed: Change) => {
    const at = all.findIndex((one) => one.id === id)
    const was = all[at]
    if (!was) return noSuch(id)
    const made = { ...was, ...changed(was) }
    all.splice(at, 1, made)
    return started(made)
  }
  return {
    list: async ({ which, limit, about }) =>
      done({
        automations: all
          .filter(({ ended, title }) => (which === 'all' || ended === undefined) && (about === undefined || title.includes(about)))
          .slice(0, limit),
      }),
    async show({ id }) {
      const one = all.find((each) => each.id === id)
      return one ? done(one) : noSuch(id)
    },
    async abort({ id }, { who }) {
      const one = all.find((each) => each.id === id)
      if (one?.mayAbort === 'no: it is past its point of no return') return { kind: 'refused', code: 'no-return', reason: 'it is too late' }
      return change(id, ({ created }) => ({ state: 'aborted', reason: `${who.user} has aborted it`, ended: created + 5000 }))
    },
    resume: ({ id }) => change(id, () => ({ state: 'running' })),
    async pace({ id, rateBytes }) {
      const one = all.find((each) => each.id === id)
      if (one?.rate?.mayChange !== 'yes') return { kind: 'refused', code: 'no-move', reason: 'it moves no guest' }
      return change(id, () => ({ rate: { mayChange: 'yes', ...(rateBytes === null ? {} : { bytes: rateBytes }) } }))
    },
    retryUndo: ({ id }) => change(id, () => ({ state: 'running' })),
  }
}

export function started({ id, title, state }: AutomationDetail): Done<StartedAutomation> {
  return done({ automation: { id, title, state } })
}

export const BEGUN = Date.UTC(2026, 10, 28, 14, 0)

/** In its second step, by default. */
export function runningAutomation(id: string, changed: Partial<AutomationDetail> = {}): AutomationDetail {
  return {
    ...{ id, recipe: 'make-vg', version: 1, title: 'make VG data on node01 of sdb', who: 'ada', state: 'running', created: BEGUN },
    ...{ phases: ['claim', 'make', 'look'], phase: 'make', mayAbort: 'yes', turn: 'make-vg on node01' },
    steps: [
      { step: '1', what: 'phase claim: sdb', state: 'done', started: BEGUN, ended: BEGUN + 10 },
      { step: '5', what: 'make-vg on node01', state: 'under way', started: BEGUN + 100 },
    ],
    undos: [],
    ...changed,
  }
}
