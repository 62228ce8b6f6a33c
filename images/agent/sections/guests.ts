// The section guests: which domains the hypervisor has, with what libxl configured for each.

import type { z } from 'zod'
import { type Guest, guest, sayStaysDown } from '../../../manager/protocol/guests.ts'
import type { Backend } from '../backend.ts'
import { GUESTS_FOLDER, type Known, keptGuests } from '../guests/kept.ts'
import { acceptAll, type Candidate, few } from '../inventory/accept.ts'
import { drbdEvents } from '../inventory/drbdsetup.ts'
import { adding, lacksIn, type Reading, type Reason } from '../inventory/reading.ts'
import { type DomainRow, xlList } from '../inventory/xl-list.ts'
import { type ConfiguredGuest, xlListLong } from '../inventory/xl-list-long.ts'
import type { ObservedSections } from './observed.ts'
import { told } from './section.ts'

type GuestFound = Candidate<z.input<typeof guest>>

const MIB = 2 ** 20
const DOM0 = 0
const LONG = 'xl list -l'

/** One that came or went between the two commands has state `unknown`; the event of its coming or going has it read again. */
export async function readGuests(backend: Backend): Promise<Reading<readonly Guest[]>> {
  const now = await xlList(backend)
  // Where the hypervisor's list is whole no guest is missing, whatever became of the configurations: only what belongs to guests is.
  const isWhole = !now.problems.some(({ reason }) => lacksIn(reason) === 'items')
  const configured = await (isWhole ? adding('parts', xlListLong) : xlListLong)(backend)
  const bare = now.value.filter((domain) => domain.domid !== DOM0 && !configured.value.some((one) => isSame(one, domain)))
  const candidates = [
    ...configured.value.map((one) =>
      withState(
        one,
        now.value.find((domain) => isSame(one, domain)),
      ),
    ),
    ...bare.map(withoutConfiguration),
  ]
  const kept = await keptGuests(backend)
  const { value, reasons } = acceptAll(
    guest,
    candidates.map((one) => ({ ...one, ...restartsOf(kept, one.uuid) })),
    ({ domid, name }) => `domain ${domid} (${name})`,
  )
  const problems = [
    ...now.problems,
    ...configured.problems,
    ...told(LONG, [...few(bare.map(sayBare)), ...reasons]),
    ...told(GUESTS_FOLDER, few([...kept].flatMap(([uuid, known]) => sayKept(uuid, known) ?? []))),
  ]
  return { value: value.toSorted((a, b) => a.domid - b.domid), problems }
}

function isSame(configured: ConfiguredGuest, { domid, uuid }: DomainRow): boolean {
  return configured.domid === domid && configured.uuid === uuid
}

function withState(configured: ConfiguredGuest, now: DomainRow | undefined): GuestFound {
  if (!now) return { ...configured, state: 'unknown', vcpus: configured.maxVcpus }
  return { ...configured, state: now.state, vcpus: now.vcpus, memoryBytes: now.mebibytes * MIB }
}

/** Managers before this one take only a type that they know. */
function withoutConfiguration({ domid, uuid, name, state, vcpus, mebibytes }: DomainRow): GuestFound {
  const memoryBytes = mebibytes * MIB
  const most = { vcpus, maxVcpus: vcpus, memoryBytes, maxMemoryBytes: memoryBytes }
  return { ...{ domid, uuid, name, type: 'pv', state }, ...most, disks: [], nics: [], configured: false }
}

function restartsOf(kept: ReadonlyMap<string, Known>, uuid: string): Pick<GuestFound, 'restarts'> {
  const known = kept.get(uuid)
  if (known?.kind !== 'kept' || known.kept.crashes.length === 0) return {}
  return { restarts: { count: known.kept.crashes.length, ...(known.kept.down === undefined ? {} : { stays: 'down' }) } }
}

/** Also of one that has no domain any more, and so is no item. */
function sayKept(uuid: string, known: Known): Reason | undefined {
  if (known.kind === 'damaged')
    return { text: `what is kept of guest ${uuid} is damaged, so that it is not started again: ${known.reason}`, lacks: 'detail' }
  if (known.kind === 'none' || known.kept.down === undefined) return undefined
  return { text: sayStaysDown(known.kept.guest.name, known.kept.down), lacks: 'detail' }
}

function sayBare({ domid, name }: DomainRow): Reason {
  return { text: `domain ${domid} (${name}) has no configuration: its type, disks and NICs are not known`, lacks: 'parts' }
}

/** As protocol/guests.ts declares them. */
export const guestsObserved: ObservedSections<'guests' | 'drbd'> = {
  guests: { read: readGuests, period: 30, events: ['xen-backend'] },
  drbd: { read: drbdEvents, period: 10, events: ['block'] },
}
