// The request make-vg: a VG of whole disks that are proven empty, or more such disks in one that is there.

import { poolTag, type VgRef } from '../../../manager/protocol/guest-disk.ts'
import type { DiskRef } from '../../../manager/protocol/requests/vgs.ts'
import type { AnswerOf, Refusal, RequestOf } from '../../../manager/protocol/requests.ts'
import type { Vg } from '../../../manager/protocol/storage.ts'
import { collect } from '../collect.ts'
import { AREA_BYTES, makeArea } from '../records/volume.ts'
import { contentsOf } from '../volumes/emptiness.ts'
import { identify, type MeantDisk } from '../volumes/identity.ts'
import { lvmCommand } from '../volumes/lvm.ts'
import { type KnownDisks, readDisks, whyNotEmpty } from '../volumes/proof.ts'
import { readSignatures } from '../volumes/signatures.ts'
import { refused } from './refusal.ts'
import { failureOf, type World } from './world.ts'

type Body = RequestOf<'make-vg'>

export async function makeVg(world: World, body: Body): Promise<AnswerOf<'make-vg'> | Refusal> {
  const known = await readDisks(world)
  if (typeof known === 'string') return refused('unable', known)
  const plan = planFor(known, body)
  if (plan.kind === 'refused') return refused('unable', plan.reason)
  for (const { ref, disk } of plan.fresh) {
    const why = await whyNotEmpty(world, known, disk)
    if (why.users.length > 0) return refused('unable', `${disk.name} is in use on this host: ${why.users.slice(0, 4).join('; ')}`)
    if (why.signatures.length > 0 && ref.contents === 'none')
      return refused('unable', `${disk.name} is not empty: ${why.signatures.slice(0, 4).join('; ')}`)
  }
  for (const { ref, disk } of plan.fresh) {
    if (ref.contents === 'none') continue
    const failure = await wipe(world, known, disk)
    if (failure !== undefined) return refused('unable', `${disk.name} cannot be wiped: ${failure}`)
  }
  const failure = (await put(world, body, plan)) ?? (await roomForRecords(world, body.name))
  const after = await readDisks(world)
  await world.collect(['vgs', 'lvs', 'pvs', 'fileSystems', 'partitions'])
  if (failure !== undefined) return refused('unable', failure)
  if (typeof after === 'string') return refused('unknown', after)
  const made = after.vgs.find(({ name }) => name === body.name)
  if (!made) return refused('unknown', `the VG ${body.name} was made, and is not seen`)
  const vg: VgRef = { name: made.name, uuid: made.uuid }
  return { kind: 'vg-made', vg, sizeBytes: made.sizeBytes, freeBytes: made.freeBytes }
}

interface Plan {
  readonly kind: 'plan'
  readonly vg: Vg | undefined
  /** What is not in it yet. */
  readonly fresh: readonly { readonly ref: DiskRef; readonly disk: MeantDisk }[]
}

function planFor(known: KnownDisks, body: Body): Plan | { readonly kind: 'refused'; readonly reason: string } {
  const no = (reason: string) => ({ kind: 'refused' as const, reason })
  const namesakes = known.vgs.filter(({ name }) => name === body.name)
  const [vg, second] = namesakes
  if (second) return no(`two VGs of this host are called ${body.name}: rename one of them`)
  if (body.uuid !== undefined && vg?.uuid !== body.uuid)
    return no(
      vg
        ? `the VG ${body.name} of this host is another one: ${vg.uuid}, and ${body.uuid} is meant`
        : `there is no VG ${body.name} on this host`,
    )
  const meant: { readonly ref: DiskRef; readonly disk: MeantDisk }[] = []
  for (const ref of body.disks) {
    const disk = identify(ref, known)
    if (disk.kind === 'refused') return no(disk.reason)
    if (meant.some((one) => one.disk.name === disk.name)) return no(`${disk.name} is named twice`)
    meant.push({ ref, disk })
  }
  const isIn = ({ path }: MeantDisk) => known.pvs.some((pv) => pv.device === path && vg !== undefined && pv.vgUuid === vg.uuid)
  const fresh = meant.filter(({ disk }) => !isIn(disk))
  if (vg && body.uuid === undefined && fresh.length === meant.length)
    return no(`there is a VG ${body.name} on this host already, of other disks: choose another name, or say its UUID to extend it`)
  if (!vg && fresh.length === 0) return no('no disk was named: a VG has one at least')
  if (vg && (vg.missingPvs > 0 || vg.exported)) return no(`the VG ${body.name} is ${vg.exported ? 'exported' : 'without some of its PVs'}`)
  return { kind: 'plan', vg, fresh }
}

/** Of a VG that is too small the first record says so. */
async function roomForRecords(world: World, name: string): Promise<string | undefined> {
  const read = await collect(world.backend, ['vgs'])
  const vg = read.sections.vgs?.find((one) => one.name === name)
  if (!vg) return `the VG ${name} was made, and is not seen`
  if (vg.freeBytes < AREA_BYTES) return undefined
  const failure = await makeArea(world, { name, uuid: vg.uuid })
  return failure === undefined ? undefined : `the VG ${name} is there, but ${failure}`
}

/** It is not in use, and a person has said so. Undefined when nothing is on it any more. */
async function wipe(world: World, known: KnownDisks, disk: MeantDisk): Promise<string | undefined> {
  const { partitions, signatures, isFreePv } = contentsOf(disk, known, known)
  const found = await readSignatures(world, disk.path)
  if (found.kind === 'unread') return found.reason
  if (signatures.length === 0 && (found.types.length === 0 || isFreePv)) return undefined
  // What is within a partition would be seen again where another one begins there.
  for (const path of [...partitions.map((name) => `/dev/${name}`), disk.path]) {
    const failure = await failureOf(world.backend, ['wipefs', '--all', path])
    if (failure !== undefined) return failure
  }
  await world.backend.run(['udevadm', 'settle', '--timeout=10'], { lane: 'change' })
  const left = await readSignatures(world, disk.path)
  if (left.kind === 'unread') return left.reason
  return left.types.length === 0 ? undefined : `a signature of ${left.types[0]} is still there`
}

async function put({ backend }: World, { name, pool }: Body, { vg, fresh }: Plan): Promise<string | undefined> {
  const paths = fresh.map(({ disk }) => disk.path)
  const tags = pool === undefined ? [] : [poolTag(pool)]
  if (!vg) {
    const failure = await failureOf(backend, lvmCommand('vgcreate', ...tags.flatMap((tag) => ['--addtag', tag]), name, ...paths))
    return failure === undefined ? undefined : `the VG ${name} cannot be made: ${failure}`
  }
  const failure = paths.length === 0 ? undefined : await failureOf(backend, lvmCommand('vgextend', name, ...paths))
  if (failure !== undefined) return `the VG ${name} cannot be extended: ${failure}`
  const others = vg.tags.filter((tag) => tag.startsWith(poolTag('')) && !tags.includes(tag))
  const missing = tags.filter((tag) => !vg.tags.includes(tag))
  if (missing.length === 0) return undefined
  const changes = [...others.flatMap((tag) => ['--deltag', tag]), ...missing.flatMap((tag) => ['--addtag', tag])]
  const untagged = await failureOf(backend, lvmCommand('vgchange', ...changes, name))
  return untagged === undefined ? undefined : `the VG ${name} cannot be tagged: ${untagged}`
}
