// What a rebuild has decided, in the database: rows and claims of guests, and networks, all in one transaction. What is there already stays.

import { claimOf } from '../../claims/case.ts'
import { type Holder, spaceOf } from '../../claims/claim.ts'
import type { Need } from '../../claims/needs.ts'
import { type Claims, rowOf } from '../../claims/service.ts'
import { lvOf } from '../../protocol/guest-disk.ts'
import { writeSpec } from '../../protocol/guest-spec.ts'
import type { Transaction } from '../../store/database.ts'
import { addClaims } from '../../store/tables/claims.ts'
import { addGuest, changeGuest, guestOf, putDisk } from '../../store/tables/guests.ts'
import { addNetwork, networkOf } from '../../store/tables/networks.ts'
import { memoryNeeded } from '../where.ts'
import type { Rebuilt, RebuiltDisk, RebuiltGuest } from './picture.ts'

export interface Writing {
  readonly claims: Pick<Claims, 'take'>
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly who: string
}

/** Resolves with what guests could not claim of what they have, a sentence each. */
export async function writeRebuilt(transaction: Transaction, { guests, networks }: Rebuilt, writing: Writing): Promise<readonly string[]> {
  const { now, who } = writing
  for (const { name, bridge, bridges, vlan = null, mtu = null } of networks) {
    if (await networkOf(transaction, name)) continue
    await addNetwork(transaction, { name, bridge, bridges: JSON.stringify(bridges), vlan, mtu, created: now, created_by: who })
  }
  const refused: string[] = []
  const fresh: RebuiltGuest[] = []
  // All names first: a guest that runs and claims nothing is a stranger, whose disks may be any.
  for (const guest of guests) {
    if (await guestOf(transaction, guest.uuid)) continue
    fresh.push(guest)
    await writeGuest(transaction, guest, writing)
    refused.push(...(await claim(transaction, guest, [[{ part: 'name', kind: 'guest-name', name: guest.name }]], writing)))
  }
  for (const guest of fresh) refused.push(...(await claim(transaction, guest, partsOf(guest), writing)))
  for (const guest of fresh) if (guest.power !== 'off') await run(transaction, guest)
  return refused
}

async function writeGuest(transaction: Transaction, guest: RebuiltGuest, { now }: Writing): Promise<void> {
  const { uuid, name, spec, host, power, created, createdBy, disks, cpu } = guest
  const row = { uuid, name, spec: JSON.stringify(writeSpec(spec)), host, power, since: now, created, created_by: createdBy }
  await addGuest(transaction, row)
  if (cpu) await changeGuest(transaction, uuid, { cpu: JSON.stringify(cpu) })
  for (const { disk, vdev, vg, sizeBytes, generation, access, state, image = null, host: on } of disks) {
    const place = { id: disk, guest: uuid, vdev, host: on, vg_name: vg.name, vg_uuid: vg.uuid }
    await putDisk(transaction, { ...place, size_bytes: sizeBytes, generation, access, state, image })
  }
}

/** Each part for itself: what one is refused of, the others are not. */
async function claim(
  transaction: Transaction,
  { uuid, name }: RebuiltGuest,
  parts: readonly (readonly Need[])[],
  { claims }: Writing,
): Promise<readonly string[]> {
  const refused: string[] = []
  for (const needs of parts) {
    const taken = needs.length === 0 ? undefined : await claims.take(transaction, { kind: 'guest', id: uuid, name }, needs)
    if (taken?.kind === 'refused') refused.push(`${name}: ${taken.reason}`)
  }
  return refused
}

function partsOf({ spec, host, power, disks }: RebuiltGuest): readonly (readonly Need[])[] {
  return [
    ...disks.map(needsOf),
    ...spec.nics.flatMap(({ mac }): Need[][] => (mac === undefined ? [] : [[{ part: `nic ${mac}`, kind: 'mac', mac }]])),
    ...(power === 'off' ? [] : [[{ part: 'memory', kind: 'memory', host, bytes: memoryNeeded(spec) } as const]]),
  ]
}

/** Nobody is asked whether it may run there: it does. */
async function run(transaction: Transaction, { uuid, name, host }: RebuiltGuest): Promise<void> {
  const holder: Holder = { kind: 'guest', id: uuid, name }
  const runs = claimOf({ holder, guest: uuid }, { part: 'run' }, spaceOf({ kind: 'run', guest: uuid }), { mode: 'number', item: host })
  await addClaims(transaction, [rowOf(runs)])
}

function needsOf({ disk, host, vg, sizeBytes, access, space, state }: RebuiltDisk): readonly Need[] {
  if (state !== 'ready') return []
  const of = { part: `disk ${disk}`, host }
  return [
    ...(space === 'thick' ? [{ ...of, kind: 'space', vg: vg.uuid, lv: lvOf(disk), bytes: sizeBytes } as const] : []),
    ...(access === 'read-write' ? [{ ...of, kind: 'writer', device: `/dev/${vg.name}/${lvOf(disk)}` } as const] : []),
  ]
}
