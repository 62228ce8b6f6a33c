// Automations as tasks: they are kept where they always are, and an abort is how they are cancelled.
import type { AutomationNow, Automations } from '../../automation/service.ts'
import { type AutomationRecord, isOpen } from '../../automation/store/store.ts'
import { HAS_ENDED, type Task, type TaskSource, type TaskState } from '../task.ts'

export type AutomationSource = Pick<Automations, 'list' | 'open' | 'find' | 'now' | 'abort' | 'subscribe'>

export function automationTasks(automations: AutomationSource): TaskSource {
  const shown = (record: AutomationRecord): Task => taskOf(record, automations.now(record))
  return {
    async list({ which, kind = 'automation', limit }) {
      if (kind !== 'automation') return []
      const open = await automations.open()
      const newest = which === 'open' ? [] : await automations.list(limit)
      return [...new Map([...open, ...newest].map((record) => [record.id, record])).values()].map(shown)
    },
    async find(id) {
      const record = await automations.find(id)
      return record && shown(record)
    },
    cancel: (id, who) => automations.abort(id, who),
    subscribe: (listener) => automations.subscribe(listener),
  }
}

const STATES: Readonly<Record<AutomationRecord['state'], TaskState>> = {
  queued: 'queued',
  running: 'running',
  'needs-operator': 'running',
  done: 'done',
  failed: 'failed',
  aborted: 'cancelled',
}

export function taskOf({ id, title, who, state, reason, created, ended }: AutomationRecord, now: AutomationNow): Task {
  const why = reason ?? (now.waits === undefined ? undefined : `waits for ${now.waits}`)
  const progress = isOpen(state) ? progressOf(now) : undefined
  return {
    ...{ id, kind: 'automation', what: title, on: now.on, who, state: STATES[state], created },
    ...(why === undefined ? {} : { reason: why }),
    ...(state === 'needs-operator' ? { needsOperator: true } : {}),
    ...(progress ? { progress } : {}),
    ...(state === 'queued' ? {} : { started: created }),
    ...(ended === undefined ? {} : { ended }),
    ...mayCancel(state, now),
  }
}

function mayCancel(state: AutomationRecord['state'], { isPastReturn }: AutomationNow): Pick<Task, 'mayCancel' | 'notCancelled'> {
  if (!isOpen(state)) return { mayCancel: false, notCancelled: HAS_ENDED }
  return isPastReturn ? { mayCancel: false, notCancelled: 'it is past its point of no return, and only goes forward' } : { mayCancel: true }
}

/** Of the job that will take longest; without one, which of its phases it has reached. */
function progressOf({ jobs, phase, phases }: AutomationNow): Task['progress'] {
  const [slowest] = [...jobs].sort((a, b) => (b.secondsLeft ?? 0) - (a.secondsLeft ?? 0))
  if (slowest || phase === undefined) return slowest
  return { phase, done: Math.max(0, phases.indexOf(phase)), total: phases.length, unit: 'phases' }
}
