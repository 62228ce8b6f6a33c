// The list of guests, what is asked before several are acted upon, and what has become of that.
import { atLeast, mayOn } from '../../../../access/roles.ts'
import type { Vm } from '../../../../contract/vms.ts'
import type { Role } from '../../../../protocol/accounts.ts'
import { hostPath, saySize } from '../words.ts'
import { commandOf, mayMoveIn, type Verb, WORDS } from './acts.ts'
import { type ChosenGuests, GUEST_SORTS, type GuestQuery, type GuestSort, guestsPath, VM_STATES } from './query.ts'

/** More rows than a browser scrolls through with ease; the filter says that there are more. */
const MOST_ROWS = 1000

const SORT_NAMES: Readonly<Record<GuestSort, string>> = {
  name: 'Guest',
  state: 'State',
  host: 'Host',
  vcpus: 'vCPUs',
  memory: 'Memory',
  disks: 'Disks',
}

export const guestPath = ({ uuid }: Pick<Vm, 'uuid'>): string => `/guests/${encodeURIComponent(uuid)}`

export const movePath = (guest: Pick<Vm, 'uuid'>): string => `${guestPath(guest)}/move`

interface Looking {
  readonly role: Role
  readonly groups?: readonly string[]
}

export function guestsView(all: readonly Vm[], chosen: ChosenGuests, query: GuestQuery, who: Looking) {
  const shown = chosen.guests.slice(0, MOST_ROWS)
  return {
    said: shown.length < chosen.guests.length ? `${chosen.said}; the first ${MOST_ROWS} are shown` : chosen.said,
    isRefused: chosen.isRefused,
    query: query.text,
    sort: query.sort,
    command: commandOf('list', query.text === '' ? [] : [query.text]),
    refreshPath: guestsPath(query, '/guests/list'),
    mayAct: atLeast(who.role, 'operator'),
    states: VM_STATES.map((name) => ({ name, isChosen: name === query.state })),
    sorts: GUEST_SORTS.map((sort) => ({
      name: SORT_NAMES[sort],
      path: guestsPath({ ...query, sort }),
      isNumber: COUNTED.has(sort),
      order: sort === query.sort ? (COUNTED.has(sort) ? 'descending' : 'ascending') : 'none',
    })),
    guests: shown.map((guest) => rowView(guest, mayOn(who, 'operator', guest))),
    hasNobody: all.length === 0,
    isEmpty: chosen.guests.length === 0,
  }
}

const COUNTED: ReadonlySet<GuestSort> = new Set(['vcpus', 'memory', 'disks'])

function rowView(guest: Vm, mayAct: boolean) {
  const { uuid, name, state, why, host, hostName, vcpus, memoryBytes, diskBytes, macs, networks, image, notes, automation } = guest
  return {
    ...{ uuid, name, state, path: guestPath(guest), why: [why, ...(guest.clashes ?? [])].filter(Boolean).join('; ') },
    ...addressView(guest),
    host: hostName ?? '',
    hostPath: host === undefined ? '' : hostPath({ id: host, name: hostName ?? '' }),
    ...{ vcpus, memory: saySize(memoryBytes), disks: saySize(diskBytes), networks: networks.join(', '), macs: macs.join(', ') },
    ...{ image: image ?? '', notes },
    automation: automation && { title: automation.title, path: `/automations/${automation.id}` },
    /** To be ticked. */
    isOurs: mayAct && state !== 'unmanaged',
    movePath: mayAct && !automation && mayMoveIn(state) ? movePath(guest) : '',
  }
}

/** The first, and how many more; all of them where the pointer rests. */
function addressView({ addresses, domid }: Vm) {
  const all = addresses?.map(({ address }) => address) ?? []
  const unknown = addresses === undefined && domid !== undefined ? 'not known' : ''
  return { address: all[0] ?? unknown, moreAddresses: all.length > 1 ? `+${all.length - 1}` : '', addresses: all.join(', ') }
}

/** `chosen`: whom it is to be done to; `strangers`: those that hostless leaves alone. */
export function chosenView(verb: Verb, all: readonly Vm[]) {
  const [chosen, strangers] = [all.filter(({ state }) => state !== 'unmanaged'), all.filter(({ state }) => state === 'unmanaged')]
  const { label, asks, isDangerous } = WORDS[verb]
  return {
    ...{ verb, label, asks, isDangerous, wantsHow: verb === 'stop', wantsDisks: verb === 'destroy' },
    title: `${label} ${chosen.length === 1 ? 'this guest' : `these ${chosen.length} guests`}?`,
    button: `${label} ${chosen.length === 1 ? (chosen[0]?.name ?? '') : `${chosen.length} guests`}`,
    guests: chosen.map((guest) => ({
      uuid: guest.uuid,
      name: guest.name,
      path: guestPath(guest),
      state: guest.state,
      host: guest.hostName ?? '',
    })),
    strangers: strangers.map(({ name }) => name).join(', '),
    command: commandOf(
      verb,
      chosen.map(({ name }) => name),
    ),
  }
}

/** One of several, as it was asked for. */
export interface Begun {
  readonly name: string
  readonly path: string
  readonly outcome:
    | { readonly kind: 'begun'; readonly automation: { readonly id: string; readonly title: string } }
    | { readonly kind: 'refused'; readonly reason: string }
}

export function begunView(verb: Verb, all: readonly Begun[]) {
  const begun = all.filter(({ outcome }) => outcome.kind === 'begun').length
  return {
    title: `${WORDS[verb].label}: ${begun === all.length ? `${begun} begun` : `${begun} of ${all.length} begun`}`,
    // What needs a person comes first.
    guests: all
      .toSorted((a, b) => Number(a.outcome.kind === 'begun') - Number(b.outcome.kind === 'begun'))
      .map(({ name, path, outcome }) => ({
        ...{ name, path, isBegun: outcome.kind === 'begun' },
        said: outcome.kind === 'begun' ? outcome.automation.title : outcome.reason,
        automation: outcome.kind === 'begun' ? `/automations/${outcome.automation.id}` : '',
      })),
  }
}
