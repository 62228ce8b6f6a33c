// Has a step done that was written down as begun: by whoever does its kind.
import type { Act, Acting, ActingDeps } from './acting.ts'
import { actEvent } from './event.ts'
import { actHook } from './hook.ts'
import { actRequest } from './request.ts'

const IDLE: Acting = { cancel: () => undefined, drop: () => undefined }

export function act(deps: ActingDeps, one: Act): Acting {
  const { effect } = one
  switch (effect.kind) {
    case 'request':
      return actRequest(deps, { ...one, effect })
    case 'await-event':
      return actEvent(deps, { ...one, effect })
    case 'hook':
      return actHook(deps, { ...one, effect })
    case 'turn': {
      const { automation, step, started, answer } = one
      const go = (): void => answer({ kind: 'value', value: null })
      return { cancel: () => undefined, drop: deps.turns.wait({ automation, step, since: started, uses: effect.uses, go }) }
    }
    case 'sleep': {
      const left = one.started + effect.milliseconds - deps.clock.now()
      const drop = deps.clock.after(Math.max(0, left), () => one.answer({ kind: 'value', value: null }))
      return { cancel: () => undefined, drop }
    }
    case 'operator':
      return IDLE
  }
}
