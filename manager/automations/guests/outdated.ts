// Whether a guest is still as a plan was made of it. A plan looks before it has the guest's lock: another automation may have come to its end
// in between.
import type { Kysely } from 'kysely'
import { guestSpec, writeSpec } from '../../protocol/guest-spec.ts'
import type { Tables } from '../../store/schema.ts'
import { disksOf, guestOf } from '../../store/tables/guests.ts'
import type { HostArg, Named } from './parts.ts'

/** Undefined: it is there, and lies on this host. */
export async function notOn(db: Kysely<Tables>, { uuid, name }: Named, host: HostArg): Promise<string | undefined> {
  const row = await guestOf(db, uuid)
  if (!row) return `guest ${name} was destroyed`
  return row.host === host.id ? undefined : `guest ${name} has left ${host.name}`
}

/** Undefined: it has these copies of these disks, and no others. */
export async function otherDisks(
  db: Kysely<Tables>,
  { uuid, name }: Named,
  disks: readonly { readonly disk: string; readonly generation: number }[],
): Promise<string | undefined> {
  const rows = await disksOf(db, uuid)
  const isSame =
    rows.length === disks.length && disks.every((one) => rows.some((row) => row.id === one.disk && row.generation === one.generation))
  return isSame ? undefined : `the disks of guest ${name} have changed`
}

/** Undefined: this is its spec. `spec`: JSON, as it is kept. */
export async function otherSpec(db: Kysely<Tables>, { uuid, name }: Named, spec: string): Promise<string | undefined> {
  const kept = (await guestOf(db, uuid))?.spec
  // One that an older hostless wrote lacks what it did not know of.
  const isSame = kept !== undefined && JSON.stringify(writeSpec(guestSpec.parse(JSON.parse(kept)))) === spec
  return isSame ? undefined : `guest ${name} was changed`
}
