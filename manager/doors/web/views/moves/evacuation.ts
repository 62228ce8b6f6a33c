// A host that is emptied, as a page shows it: where each guest would go, who would stay and why, and the command that does the same. Pure.
import type { EvacuationPlan } from '../../../../contract/evacuations.ts'
import type { Host } from '../../../../contract/hosts.ts'
import { shellWord } from '../guests/acts.ts'
import { hostPath, sayMany, saySize } from '../words.ts'
import { fieldsOf, type MoveChoices, optionsOf } from './choices.ts'

/** `restart`: who cannot go live is stopped, moved, and started there. */
export type Others = 'restart' | 'leave'

export type ShownEvacuation = EvacuationPlan | { readonly wrong: string }

export const evacuatePath = ({ id }: Pick<Host, 'id'>): string => `/hosts/${encodeURIComponent(id)}/evacuate`

export function othersOf(given: URLSearchParams): Others {
  return given.get('others') === 'restart' ? 'restart' : 'leave'
}

export function evacuateView(host: Host, hosts: readonly Host[], choices: MoveChoices, others: Others, shown: ShownEvacuation) {
  const targets = hosts.filter(({ id, trust }) => id !== host.id && trust !== 'rejected')
  return {
    ...{ name: host.name, state: host.state, path: hostPath(host), evacuatePath: evacuatePath(host) },
    hosts: targets.map(({ id, name }) => ({ id, name, isChosen: id === choices.host })),
    choices,
    restarts: others === 'restart',
    plan: evacuationView(host, hosts, choices, others, shown),
  }
}

export function evacuationView(host: Host, hosts: readonly Host[], choices: MoveChoices, others: Others, shown: ShownEvacuation) {
  const to = hosts.find(({ id }) => id === choices.host)?.name
  const of = {
    ...{ name: host.name, evacuatePath: evacuatePath(host) },
    command: `hostless host evacuate ${shellWord(host.name)}${others === 'restart' ? ' --restart-others' : ''}${optionsOf(choices, to)}`,
  }
  if ('wrong' in shown) return { ...of, wrong: shown.wrong, said: '', isOpen: false, fields: [], guests: [] }
  return {
    ...of,
    wrong: '',
    said: saidOf(shown),
    // Without a guest it is a cordon: that is no mistake.
    isOpen: true,
    fields: [...fieldsOf(choices), { name: 'others', value: others }],
    guests: shown.guests.map(({ guest, way, to: target, diskBytes, memoryBytes, refusals }) => ({
      ...{ name: guest, stays: way === undefined, way: WAYS[way ?? 'stays'] },
      to: target?.name ?? '',
      ...{ disks: saySize(diskBytes), memory: way === 'stopped' ? '' : saySize(memoryBytes) },
      why: way === undefined ? refusals.map(({ code, reason }) => ({ code, reason })) : [],
    })),
  }
}

const WAYS = { live: 'live', stopped: 'its disks', restart: 'stopped, and started there', stays: 'stays' } as const

function saidOf({ host, guests }: EvacuationPlan): string {
  if (guests.length === 0) return `${host} has no guest: it would be cordoned.`
  const staying = guests.filter(({ way }) => way === undefined).length
  const going = guests.length - staying
  const goes = going === 0 ? 'No guest would go' : `${sayMany(going, 'guest')} would go`
  return staying === 0 ? `${goes}, and none would stay.` : `${goes}, and ${staying} would stay.`
}
