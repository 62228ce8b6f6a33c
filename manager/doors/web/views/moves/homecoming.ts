// Guests that come home to a host that was emptied, as a page shows it: in which round each would go, who would stay and why, and the command
// that does the same. Pure.
import type { HomecomingPlan } from '../../../../contract/evacuations.ts'
import type { Host } from '../../../../contract/hosts.ts'
import { shellWord } from '../guests/acts.ts'
import { hostPath, sayMany, saySize } from '../words.ts'
import { fieldsOf, type MoveChoices, optionsOf } from './choices.ts'
import type { Others } from './evacuation.ts'

export type ShownHomecoming = HomecomingPlan | { readonly wrong: string }

export const bringHomePath = ({ id }: Pick<Host, 'id'>): string => `/hosts/${encodeURIComponent(id)}/bring-home`

export function bringHomeView(host: Host, choices: MoveChoices, others: Others, shown: ShownHomecoming) {
  return {
    ...{ name: host.name, state: host.state, path: hostPath(host), bringHomePath: bringHomePath(host) },
    choices,
    restarts: others === 'restart',
    plan: homecomingView(host, choices, others, shown),
  }
}

export function homecomingView(host: Host, choices: MoveChoices, others: Others, shown: ShownHomecoming) {
  const of = {
    ...{ name: host.name, bringHomePath: bringHomePath(host) },
    command: `hostless host bring-home ${shellWord(host.name)}${others === 'restart' ? ' --restart-others' : ''}${optionsOf(choices, undefined)}`,
  }
  if ('wrong' in shown) return { ...of, wrong: shown.wrong, said: '', isOpen: false, fields: [], guests: [] }
  return {
    ...of,
    wrong: '',
    said: saidOf(host, shown),
    // Without a guest it is the end of a cordon.
    isOpen: true,
    fields: [...fieldsOf(choices), { name: 'others', value: others }],
    guests: shown.guests.map(({ guest, on, steps, diskBytes, memoryBytes, refusals }) => ({
      ...{ name: guest, on: on?.name ?? '', stays: refusals.length > 0, disks: saySize(diskBytes), memory: saySize(memoryBytes) },
      steps: steps.map(({ round, to, how }) => ({ round, to: to.name, how: HOW[how] })),
      why: refusals.map(({ code, reason }) => ({ code, reason })),
    })),
  }
}

const HOW = { live: 'live to', stopped: 'its disks to', restart: 'started anew on', halt: 'stopped on' } as const

function saidOf({ name }: Host, { guests }: HomecomingPlan): string {
  if (guests.length === 0) return `No guest that has left ${name} is away: its cordon would be taken away.`
  const staying = guests.filter(({ refusals }) => refusals.length > 0).length
  const coming = guests.length - staying
  const comes = coming === 0 ? 'No guest would come home' : `${sayMany(coming, 'guest')} would come home`
  return staying === 0 ? `${comes}, and none would stay away.` : `${comes}, and ${staying} would stay away.`
}
