// How a guest's disk stands on a host: the LV that holds it, the device above it that the guest opens, and the tags that tell whose it
// is. Both ends go by these, so that the truth can be read from the hosts alone. Pure.
import { z } from 'zod'
import { count, record, type Uuid, uuid } from './values.ts'

/** lvm(8), VALID NAMES; shorter, as a name of ours comes after it in device names of at most 127 characters. */
export const vgName = z
  .string()
  .max(63)
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.+-]*$/, 'is no name of a VG')

/** A VG as a request means it: the name is how LVM's tools are told, the UUID which one it is. */
export const vgRef = record({
  name: vgName,
  /** As LVM writes it: `Zx0ldv-…`. */
  uuid: z.string().regex(/^[A-Za-z0-9]{6}(-[A-Za-z0-9]{4}){5}-[A-Za-z0-9]{6}$/, 'is no UUID of a VG'),
})

export type VgRef = z.output<typeof vgRef>

/** The LV of a disk. */
export function lvOf(disk: Uuid): string {
  return `disk-${disk}`
}

/** The device-mapper device over it, `g` of the migration: it is what a guest opens, never the LV. */
export function deviceOf(disk: Uuid): string {
  return `hostless-${disk}`
}

/** The LV of the metadata of its mirror, while it moves. */
export function mirrorOf(disk: Uuid): string {
  return `mirror-${disk}`
}

/** A DRBD resource is called so, too, while the disk is mirrored. Undefined: it is none of ours. */
export function diskOfMirror(resource: string): Uuid | undefined {
  return uuid.safeParse(/^hostless-(.+)$/.exec(resource)?.[1]).data
}

/** Of the LV of a disk: what of it can be said in tags (lvm(8): `A-Za-z0-9_+.-/=!:&#`). */
export const diskTags = record({
  disk: uuid,
  guest: uuid,
  /** Raised whenever another copy becomes the one that counts: of two copies the greater is right. */
  generation: count,
  /** Of the manager that has last said so. */
  epoch: count,
  /** `making`: not all of its content is there; `stale`: its guest has gone to another copy. No guest starts on either. */
  state: z.enum(['making', 'ready', 'stale']),
})

export type DiskTags = z.output<typeof diskTags>

const PREFIX = 'hostless.'

export function writeDiskTags(tags: DiskTags): readonly string[] {
  return Object.entries(tags).map(([key, value]) => `${PREFIX}${key}=${value}`)
}

/** Undefined: it is no disk of ours, or its tags are damaged, which is not the same as ready. */
export function readDiskTags(tags: readonly string[]): DiskTags | undefined {
  const said = new Map(tags.filter((tag) => tag.startsWith(PREFIX)).map((tag) => split(tag.slice(PREFIX.length))))
  // Most LVs of a pool are none of ours.
  if (said.size === 0) return undefined
  const read = diskTags.safeParse({
    disk: said.get('disk'),
    guest: said.get('guest'),
    generation: numberIn(said.get('generation')),
    epoch: numberIn(said.get('epoch')),
    state: said.get('state'),
  })
  return read.data
}

/** Of what is `stale`: when it is to go, milliseconds since the epoch. */
export function untilTag(untilMs: number): string {
  return `${PREFIX}until=${untilMs}`
}

export function untilOf(tags: readonly string[]): number | undefined {
  const told = tags.find((tag) => tag.startsWith(untilTag(0).slice(0, -1)))
  return numberIn(told?.slice(told.indexOf('=') + 1))
}

/** A VG answers to its own name, and to this tag: names may differ from host to host. */
export function poolTag(pool: string): string {
  return `${PREFIX}pool=${pool}`
}

function split(tag: string): readonly [string, string] {
  const at = tag.indexOf('=')
  return at < 0 ? [tag, ''] : [tag.slice(0, at), tag.slice(at + 1)]
}

function numberIn(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}
