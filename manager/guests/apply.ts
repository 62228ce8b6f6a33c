// A spec in the place of the one that a guest has: what may be changed so, and from when on it is so.
import type { Done } from '../outcome.ts'
import { type GuestSpec, writeSpec } from '../protocol/guest-spec.ts'
import type { Store } from '../store/database.ts'
import { locksOn } from '../store/tables/automations.ts'
import { changeGuest } from '../store/tables/guests.ts'
import type { GuestRecord } from './guest.ts'

/** What a guest has at once, running or not. */
const AT_ONCE: readonly (keyof GuestSpec)[] = ['notes', 'tags', 'groups', 'startOrder', 'startDelay']
/** What a guest has from its next start on. */
const LATER: readonly (keyof GuestSpec)[] = ['vcpus', 'maxVcpus', 'memory', 'maxMemory', 'boot', 'restart', 'xl']

export interface Applied {
  readonly spec: GuestSpec
  /** Keys that are other than before, and hold from its next start on. */
  readonly later: readonly string[]
}

/** What differs, or why that cannot be changed so. */
export function applied({ name, uuid, spec: before }: GuestRecord, wanted: GuestSpec): Done<Applied> {
  const spec: GuestSpec = { ...wanted, uuid: wanted.uuid ?? uuid }
  const changed = KEYS.filter((key) => !isSame(before[key], spec[key]))
  const fixed = changed.filter((key) => !AT_ONCE.includes(key) && !LATER.includes(key))
  if (fixed.length > 0) return { kind: 'refused', status: 422, reason: `of ${name}, ${sayFixed(fixed)}` }
  return { kind: 'done', value: { spec, later: changed.filter((key) => LATER.includes(key)) } }
}

/** Not while an automation has it: that was given the spec as it was. */
export async function writeApplied(store: Store, { uuid, name }: GuestRecord, { spec }: Applied): Promise<Done<undefined>> {
  return store.write(async (transaction) => {
    const [held] = await locksOn(transaction, [`guest ${uuid}`])
    if (held) {
      const reason = `guest ${name} is held by automation ${held.automation} (${held.title}, started by ${held.who}): wait for it, or abort it`
      return { kind: 'refused', code: 'locked', reason }
    }
    await changeGuest(transaction, uuid, { spec: JSON.stringify(writeSpec(spec)) })
    return { kind: 'done', value: undefined }
  })
}

const KEYS: readonly (keyof GuestSpec)[] = ['name', 'uuid', 'disks', 'nics', ...AT_ONCE, ...LATER]

function sayFixed(keys: readonly string[]): string {
  return `${keys.join(', ')} cannot be changed by its spec: name and UUID stay, disks and NICs as they were made`
}

/** Members that are not there and members that are undefined are alike. */
function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(ordered(one)) === JSON.stringify(ordered(other))
}

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))
  return Object.fromEntries(members.map(([name, member]) => [name, ordered(member)]))
}
