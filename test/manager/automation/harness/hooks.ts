// The site's hooks of a simulated run: they take a moment, and do what is ordered.
import type { Clock, Hooks } from '../../../../manager/automation/ports.ts'

export type HookFault = 'vetoes' | 'hangs' | 'warns'
type HookAnswer = Awaited<ReturnType<Hooks['run']>['ended']>

const MOMENT = 10
const TIME_LIMIT = 60_000

/** `clock`: of the manager that runs them. */
export function simulatedHooks(clock: Clock, fault: HookFault | undefined): Hooks {
  return {
    run: ({ when }) => {
      let settle: (answer: HookAnswer) => void = () => undefined
      const ended = new Promise<HookAnswer>((resolve) => {
        settle = resolve
      })
      clock.after(fault === 'hangs' ? TIME_LIMIT : MOMENT, () => settle(answerOf(when, fault)))
      return { ended, kill: () => settle({ kind: 'failed', cause: 'unknown', reason: 'it was killed' }) }
    },
  }
}

function answerOf(when: 'before' | 'after', fault: HookFault | undefined): HookAnswer {
  if (when === 'after') return { kind: 'value', value: fault === undefined ? {} : { warning: 'it does not like this' } }
  switch (fault) {
    case undefined:
    case 'warns':
      return { kind: 'value', value: {} }
    case 'vetoes':
      return { kind: 'failed', cause: 'vetoed', reason: 'not today' }
    case 'hangs':
      return { kind: 'failed', cause: 'vetoed', reason: 'it took too long' }
  }
}
