// The move of a guest as a page shows it: the plan, what can be chosen, where else it could go, and the command that does the same. Pure.
import type { Host } from '../../../../contract/hosts.ts'
import type { MigrationPlan } from '../../../../contract/migrations.ts'
import type { Vm } from '../../../../contract/vms.ts'
import { alikeView } from '../alike.ts'
import { shellWord } from '../guests/acts.ts'
import { guestPath, movePath } from '../guests/list.ts'
import { facts, sayMany, saySeconds, saySize } from '../words.ts'
import { fieldsOf, type MoveChoices, optionsOf } from './choices.ts'

export type ShownPlan = MigrationPlan | { readonly wrong: string }

export function moveView(vm: Vm, hosts: readonly Host[], choices: MoveChoices, shown: ShownPlan) {
  const others = hosts.filter(({ id, trust }) => id !== vm.host && trust !== 'rejected')
  return {
    ...{ name: vm.name, state: vm.state, path: guestPath(vm), movePath: movePath(vm), host: vm.hostName ?? '' },
    hosts: others.map(({ id, name }) => ({ id, name, isChosen: id === choices.host })),
    choices,
    restarts: RESTARTS.map(([value, said]) => ({ value, said, isChosen: value === choices.restart })),
    plan: planView(vm, choices, shown),
  }
}

const RESTARTS = [
  ['', 'it is not moved'],
  ['not live', 'it is stopped for it, and started there'],
  ['always', 'it is stopped, also if it can'],
] as const

export function planView(vm: Vm, choices: MoveChoices, shown: ShownPlan) {
  const of = { name: vm.name, movePath: movePath(vm) }
  if ('wrong' in shown) {
    const nothing = {
      ...{ refusals: [], offer: '', facts: [], steps: [], said: '' },
      fits: [],
      moreFits: '',
      refused: [],
      saysOthers: false,
    }
    return { ...of, ...nothing, wrong: shown.wrong, isOpen: false, fields: [], command: commandFor(vm, choices, undefined) }
  }
  const { to, refusals, steps, others } = shown
  const fits = others?.fits ?? []
  return {
    ...of,
    wrong: '',
    said: saidOf(shown),
    isOpen: refusals.length === 0,
    refusals,
    offer: offerOf(shown),
    facts: factsOf(shown),
    steps: steps.map(({ what, undo = '' }) => ({ what, undo })),
    // What is shown is what is begun, whatever is typed meanwhile.
    fields: fieldsOf({ ...choices, host: to?.host ?? choices.host }),
    saysOthers: others !== undefined,
    fits: fits.slice(0, MOST_NAMED).map(({ host, name }) => ({ name, path: pathTo(vm, choices, host), isChosen: host === to?.host })),
    moreFits: fits.length > MOST_NAMED ? `and ${sayMany(fits.length - MOST_NAMED, 'other')}` : '',
    refused: alikeView((others?.refused ?? []).map(({ host, name, why }) => ({ host, name, said: why.map(sayWhy).join('; ') }))),
    command: commandFor(vm, choices, to?.name),
  }
}

const MOST_NAMED = 20

const sayWhy = ({ code, reason }: { readonly code: string; readonly reason: string }): string => `${reason} (${code})`

function offerOf({ withRestart }: MigrationPlan): string {
  if (!withRestart) return ''
  return `With a stop of about ${saySeconds(withRestart.stopMs)}, beside what it takes to power off and to boot, it could go: choose so under “If it cannot go live”.`
}

const HOW = {
  live: 'live: it runs on meanwhile',
  stopped: 'stopped: it runs nowhere, and its disks go',
  restarted: 'with a stop: it runs until its disks are there, is ended, and started there',
} as const

function saidOf({ guest, way, to, refusals }: MigrationPlan): string {
  if (refusals.length > 0) return `${guest} cannot be moved${to ? ` to ${to.name}` : ''} as it stands.`
  return `${guest} would go to ${to?.name ?? 'another host'}, ${HOW[way ?? 'stopped']}.`
}

function factsOf({
  way,
  from,
  to,
  network,
  megabits,
  diskBytes,
  disks,
  memoryBytes,
  takesMs,
  pauseAtMostMs,
  notSent,
  refusals,
}: MigrationPlan) {
  return facts({
    Way: way,
    From: from?.name,
    To: to?.name,
    Network: network === undefined ? undefined : `${network}${megabits === undefined ? '' : ` (${megabits} Mbit/s)`}`,
    Disks: disks?.some(({ how }) => how === 'stays') && diskBytes === 0 ? 'none is copied' : saySize(diskBytes),
    'Of them not sent': unsentOf(notSent),
    'Stays on its LUN': stayingOf(disks),
    Memory: way === 'live' ? saySize(memoryBytes) : undefined,
    Takes: takesMs !== undefined ? `about ${saySeconds(takesMs)}` : refusals.length > 0 ? undefined : UNKNOWN,
    'Stands still for': way === 'live' ? `${saySeconds(pauseAtMostMs)} at most` : undefined,
    'Is down for': way === 'restarted' ? `about ${saySeconds(pauseAtMostMs)}, beside its own shutdown and boot` : undefined,
  })
}

const UNKNOWN = 'not known: nothing says how fast the network is'

function unsentOf({ zeroBytes, thereBytes }: NonNullable<MigrationPlan['notSent']> = { zeroBytes: 0, thereBytes: 0 }): string | undefined {
  const said = [
    ...(zeroBytes > 0 ? [`${saySize(zeroBytes)} that were never written`] : []),
    ...(thereBytes > 0 ? [`what has not changed of ${saySize(thereBytes)} that it has left there`] : []),
  ]
  return said.length === 0 ? undefined : said.join('; ')
}

/** Without a mirror: both hosts see it. */
function stayingOf(disks: MigrationPlan['disks'] = []): string | undefined {
  const stay = disks.filter(({ how }) => how === 'stays').map(({ vdev, vg, luns }) => `${vdev}, in VG ${vg} on ${luns.join(', ')}`)
  return stay.length === 0 ? undefined : `${stay.join('; ')}: nothing of it is copied or mirrored`
}

function pathTo(vm: Vm, choices: MoveChoices, host: string): string {
  const query = new URLSearchParams(Object.fromEntries(fieldsOf({ ...choices, host }).map(({ name, value }) => [name, value])))
  return `${movePath(vm)}?${query}`
}

function commandFor({ name }: Vm, choices: MoveChoices, to: string | undefined): string {
  return `hostless migrate ${shellWord(name)}${optionsOf(choices, to)}`
}
