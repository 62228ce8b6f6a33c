// An executable of the site, on the manager. One that is killed has vetoed nothing: whoever has stopped it knows why.
import type { HookEffect } from '../effect.ts'
import type { Act, Acting, ActingDeps } from './acting.ts'

export function actHook({ hooks }: ActingDeps, { automation, recipe, step, effect, answer }: Act<HookEffect>): Acting {
  let isDropped = false
  const running = hooks.run({ ...effect, automation, recipe, step })
  void running.ended.then((ended) => {
    if (!isDropped) answer(ended)
  })
  return {
    cancel: () => running.kill(),
    drop: () => {
      isDropped = true
      running.kill()
    },
  }
}
