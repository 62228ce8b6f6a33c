// Which guests are asked for, and in what order.
import { parseSelector } from '../../../../cli/engine/selector/parse.ts'
import { selectGuests } from '../../../../cli/engine/selector/selector.ts'
import type { Host } from '../../../../contract/hosts.ts'
import type { Vm } from '../../../../contract/vms.ts'
import { GUEST_STATES } from '../../../../protocol/guest-state.ts'
import { sayCount, sayMany } from '../words.ts'

export const GUEST_SORTS = ['name', 'state', 'host', 'vcpus', 'memory', 'disks'] as const
export type GuestSort = (typeof GUEST_SORTS)[number]

/** In the order of the list that a person chooses from. */
export const VM_STATES: readonly Vm['state'][] = [...GUEST_STATES, 'unmanaged']

export interface GuestQuery {
  readonly text: string
  readonly state: string
  readonly sort: GuestSort
}

export interface ChosenGuests {
  readonly guests: readonly Vm[]
  /** Under the filter: how many these are, or why it means nothing. */
  readonly said: string
  readonly isRefused: boolean
}

export function guestQuery(query: URLSearchParams): GuestQuery {
  const [state, sort] = [query.get('state'), query.get('sort')]
  return {
    text: (query.get('q') ?? '').trim(),
    state: VM_STATES.find((one) => one === state) ?? '',
    sort: GUEST_SORTS.find((one) => one === sort) ?? 'name',
  }
}

/** `path`: of the page, or of its list alone. */
export function guestsPath({ text, state, sort }: GuestQuery, path = '/guests'): string {
  const given = Object.entries({ q: text, state, sort: sort === 'name' ? '' : sort }).filter(([, value]) => value !== '')
  return given.length > 0 ? `${path}?${new URLSearchParams(given)}` : path
}

/** `all`: by name. */
export function chooseGuests(all: readonly Vm[], hosts: readonly Host[], { text, state, sort }: GuestQuery): ChosenGuests {
  const named = selectByText(all, hosts, text)
  if (named.isRefused) return named
  const chosen = named.guests.filter((guest) => !state || guest.state === state)
  const some = `${sayCount(chosen.length)} of ${sayMany(all.length, 'guest')}`
  const said = chosen.length === all.length ? sayMany(all.length, 'guest') : some
  return { guests: order(chosen, sort), said: [said, named.said].filter(Boolean).join('; '), isRefused: false }
}

/** A selector, as the command line takes it; text that means nobody by itself is looked for in all that stands in a row. */
function selectByText(all: readonly Vm[], hosts: readonly Host[], text: string): ChosenGuests {
  if (text === '') return { guests: all, said: '', isRefused: false }
  const parsed = parseSelector(text)
  const selectable = all.map((guest) => ({ guest, name: guest.name, ...(guest.hostName === undefined ? {} : { host: guest.hostName }) }))
  const selected = parsed.kind === 'selector' ? selectGuests(parsed.selector, hosts, selectable) : parsed
  if (selected.kind === 'selected') {
    const { items, missing } = selected
    const said = missing.length > 0 ? `${sayMany(missing.length, 'name')} of the ranges nobody has` : ''
    return { guests: items.map(({ guest }) => guest), said, isRefused: false }
  }
  const wanted = text.toLowerCase()
  const within = /[*?[\]@,/\\]/.test(text) ? [] : all.filter((guest) => textOf(guest).includes(wanted))
  return within.length > 0
    ? { guests: within, said: `with ${text} in what is known of them`, isRefused: false }
    : { guests: [], said: selected.reason, isRefused: true }
}

function textOf({ name, uuid, hostName, image, notes, tags, groups, macs, networks, addresses = [] }: Vm): string {
  const numbers = addresses.map(({ address }) => address)
  return [name, uuid, hostName, image, notes, ...tags, ...groups, ...macs, ...networks, ...numbers].join('\n').toLowerCase()
}

function order(guests: readonly Vm[], sort: GuestSort): readonly Vm[] {
  return sort === 'name' ? guests : guests.toSorted(BY[sort])
}

const BY: Readonly<Record<Exclude<GuestSort, 'name'>, (a: Vm, b: Vm) => number>> = {
  state: (a, b) => URGENCY.indexOf(a.state) - URGENCY.indexOf(b.state),
  host: (a, b) => (a.hostName ?? '~').localeCompare(b.hostName ?? '~', 'en', { numeric: true }),
  vcpus: (a, b) => b.vcpus - a.vcpus,
  memory: (a, b) => b.memoryBytes - a.memoryBytes,
  disks: (a, b) => (b.diskBytes ?? -1) - (a.diskBytes ?? -1),
}

/** What somebody has to see to comes first. */
const URGENCY: readonly Vm['state'][] = [
  ...(['conflicted', 'lost', 'crashed', 'deploying', 'starting', 'stopping', 'migrating'] as const),
  ...(['paused', 'suspended', 'running', 'stopped', 'defined', 'unmanaged'] as const),
]
