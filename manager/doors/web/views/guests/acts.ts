// What can be done to guests, in words: buttons, what is asked before, and the command that does the same. Pure.
import type { Vm } from '../../../../contract/vms.ts'

export const VERBS = ['start', 'stop', 'reboot', 'pause', 'unpause', 'destroy'] as const
export type Verb = (typeof VERBS)[number]

/** What can be done to several at once. */
export const BULK_VERBS = ['start', 'stop', 'destroy'] as const satisfies readonly Verb[]
export type BulkVerb = (typeof BULK_VERBS)[number]

interface Words {
  readonly label: string
  /** Left empty: one alone is not asked about. */
  readonly asks: string
  readonly isDangerous: boolean
}

export const WORDS: Readonly<Record<Verb, Words>> = {
  start: { label: 'Start', asks: '', isDangerous: false },
  stop: { label: 'Stop', asks: 'Each is asked to power off, and has its seconds for it.', isDangerous: false },
  reboot: { label: 'Reboot', asks: '', isDangerous: false },
  pause: { label: 'Pause', asks: '', isDangerous: false },
  unpause: { label: 'Unpause', asks: '', isDangerous: false },
  destroy: {
    label: 'Destroy',
    asks: 'They end at once, without being asked, and are removed with all that is on their disks. Nothing brings that back.',
    isDangerous: true,
  },
}

/** What has a meaning in this state; whether it can be done now is the manager's to say. */
const OFFERED: Readonly<Record<Vm['state'], readonly Verb[]>> = {
  defined: ['destroy'],
  deploying: [],
  stopped: ['start', 'destroy'],
  starting: ['stop', 'destroy'],
  running: ['stop', 'reboot', 'pause', 'destroy'],
  paused: ['unpause', 'stop', 'destroy'],
  stopping: ['stop', 'destroy'],
  migrating: [],
  crashed: ['start', 'stop', 'destroy'],
  suspended: ['stop', 'destroy'],
  lost: [],
  conflicted: [],
  unmanaged: [],
}

export const offeredIn = (state: Vm['state']): readonly Verb[] => OFFERED[state]

/** Whether that can be said to move: what is in its way says its plan. */
export const mayMoveIn = (state: Vm['state']): boolean => MOVABLE.has(state)

const MOVABLE: ReadonlySet<Vm['state']> = new Set(['running', 'stopped', 'paused'])

/** `hostless vm stop web1 'db*'`, for a shell. */
export function commandOf(verb: string, words: readonly string[]): string {
  return ['hostless vm', verb, ...words.map(shellWord)].join(' ')
}

export function shellWord(word: string): string {
  return /^[\w.,:@%+=/-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
