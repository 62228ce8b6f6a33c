// A host as the running manager holds it: its row on disk, and what is known only while its agent is connected.

import { type HostCondition, type Presence, stateOf } from '../protocol/host.ts'
import { type Inventory, SECTION_NAMES, type SectionName } from '../protocol/inventory.ts'
import type { Sample } from '../protocol/sample.ts'
import type { HostRecord } from '../store/tables/hosts.ts'
import type { Report, Revision } from '../store/tables/inventories.ts'
import type { HostConnection, HostView } from './pool-change.ts'

export type StoredRevision = Revision & { readonly at: number }

export interface LiveHost {
  record: HostRecord
  revision: StoredRevision | undefined
  inventory: Inventory | undefined
  sample: Sample | undefined
  connection: HostConnection | undefined
  /** When it was last connected, by the clock that does not jump; undefined once it is taken for lost. */
  goneAt: number | undefined
  /** When its agent was connected last, by the same clock, however long ago that is and whatever boots since. */
  seenAt: number | undefined
  /** Changes of it that are on their way to the disk, or do not show yet. */
  writing: number
  /** Its appliance saw it boot while its old connection still stood. */
  boots: boolean
  /** Made when it is asked for, of these. */
  shown: (Pick<LiveHost, 'record' | 'connection' | 'revision'> & { readonly view: HostView }) | undefined
}

export function newLiveHost(record: HostRecord, revision: StoredRevision | undefined, goneAt: number): LiveHost {
  const unknown = { inventory: undefined, sample: undefined, connection: undefined, shown: undefined }
  const seenAt = mayBeHere(record) ? goneAt : undefined
  return { ...unknown, record, revision, goneAt, seenAt, writing: 0, boots: false }
}

/** What a manager that starts has not seen: the agents of such hosts may come back to it. */
function mayBeHere({ trust, presence, power }: HostCondition): boolean {
  return power !== 'fenced' && (trust === 'pending' || (trust === 'approved' && presence === 'up'))
}

/** From its script to its agent's first word: firmware is done by then, Xen, dom0 and the image's way over the wire are not. */
const BOOT_PATIENCE = 600_000

/** How long such a host may be without a connection before it is lost, ms; `usually`: one that was up. */
export function patienceWith(presence: Presence, usually: number): number {
  return presence === 'booting' ? Math.max(BOOT_PATIENCE, usually) : usually
}

/** Its agent was connected, or has enrolled, no longer ago than `usually`, ms; `at`: by the clock of `seenAt`. */
export function wasHere(live: LiveHost | undefined, at: number, usually: number): boolean {
  return live?.seenAt !== undefined && at - live.seenAt < usually
}

/** It is to be taken for lost. */
export function isLate({ connection, goneAt, record }: LiveHost, at: number, usually: number): boolean {
  return !connection && goneAt !== undefined && at - goneAt >= patienceWith(record.presence, usually)
}

export function take(live: LiveHost, record: HostRecord): void {
  live.record = record
}

/** What is on disk since then. Returns the sections that it brought. Without the rest, of which it is a part, it makes no inventory. */
export function learn(live: LiveHost, { run, revision, sections, problems }: Report, at: number): readonly SectionName[] {
  live.revision = { run, revision, at }
  const given = SECTION_NAMES.filter((name) => sections[name] !== undefined)
  if (live.inventory || given.length === SECTION_NAMES.length) {
    const brought = Object.fromEntries(given.map((name) => [name, sections[name]]))
    live.inventory = { ...live.inventory, ...brought, problems } as Inventory
  }
  return given
}

/** The same object as long as nothing in it has changed. */
export function viewOf(live: LiveHost): HostView {
  const { record, connection, revision, shown } = live
  const isSame = shown?.record === record && shown.connection === connection && shown.revision === revision
  if (isSame) return shown.view
  const view = show(live)
  live.shown = { record, connection, revision, view }
  return view
}

function show({ record, connection, revision }: LiveHost): HostView {
  const { id, name, trust, presence, service, power, proof, since, groups, notes, created, uuid, serial, product, claim, cordon, macs } =
    record
  return {
    id,
    name,
    state: stateOf(record),
    ...{ trust, presence, service, power },
    ...(proof === undefined ? {} : { proof }),
    since,
    groups,
    notes,
    created,
    macs,
    ...(uuid === undefined ? {} : { uuid }),
    ...(serial === undefined ? {} : { serial }),
    ...(product === undefined ? {} : { product }),
    ...(claim ? { claim } : {}),
    ...(cordon ? { cordon } : {}),
    ...(connection ? { connection } : {}),
    ...(revision ? { inventory: { revision: revision.revision, at: revision.at } } : {}),
  }
}
