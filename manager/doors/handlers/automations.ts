// Automations, as people look at them and have a say in them.
import type { Automations } from '../../automation/service.ts'
import type { MoveRates } from '../../automations/migrate/rates/rates.ts'
import type { automations as contract } from '../../contract/automations.ts'
import type { Done } from '../../outcome.ts'
import { done, found, type HandlersOf } from './handlers.ts'
import { standing } from './starting.ts'

export function automationHandlers(automations: Automations, rates: Pick<MoveRates, 'change' | 'of'>): HandlersOf<typeof contract> {
  const after = async (id: string, said: Promise<Done<undefined>>) => {
    const answer = await said
    return answer.kind === 'done' ? standing(automations, id) : answer
  }
  return {
    async list({ which, limit, about }) {
      const all =
        which === 'open' && about === undefined
          ? [...(await automations.open())].reverse().slice(0, limit)
          : await automations.list(limit, about)
      const wanted = which === 'open' ? all.filter(({ ended }) => ended === undefined) : all
      const waits = (id: string, ended: number | undefined) => (ended === undefined ? automations.waiting(id) : undefined)
      return done({
        automations: wanted.map(({ args: _args, seed: _seed, ...shown }) => ({ ...shown, waits: waits(shown.id, shown.ended) })),
      })
    },
    async show({ id }) {
      const view = await automations.show(id)
      const rate = view && (await rates.of(automations, id))
      const shown = view && { ...view, phases: [...view.phases], steps: [...view.steps], undos: [...view.undos] }
      return found(shown && { ...shown, ...(rate ? { rate: { ...rate } } : {}) }, `automation ${JSON.stringify(id)}`)
    },
    abort: ({ id }, { who }) => after(id, automations.abort(id, who.user)),
    resume: ({ id }, { who }) => after(id, automations.resume(id, who.user)),
    pace: ({ id, rateBytes }) => after(id, rates.change(automations, id, rateBytes ?? undefined)),
    retryUndo: ({ id, how }) => after(id, automations.retryUndo(id, how === 'retry' ? 'retry' : 'by hand')),
  }
}
