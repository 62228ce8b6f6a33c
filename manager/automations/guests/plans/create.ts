// A new guest: who it is, which host takes it, where each of its disks is to lie.
import { configOf, withVdevs } from '../../../guests/config.ts'
import { freeMacs } from '../../../guests/macs.ts'
import { remembered } from '../../../guests/remembered.ts'
import { memoryNeeded, type Places } from '../../../guests/where.ts'
import type { Network } from '../../../networks/network.ts'
import type { Done } from '../../../outcome.ts'
import { poolsOf } from '../../../placement/picture.ts'
import { vgRef } from '../../../protocol/guest-disk.ts'
import { type GuestSpec, type NicSpec, writeSpec } from '../../../protocol/guest-spec.ts'
import { nearestTo } from '../../../protocol/nearest.ts'
import { type Mac, type Uuid, uuid as uuidSchema } from '../../../protocol/values.ts'
import { sayBytes } from '../../../wording.ts'
import { type CreateArgs, GENERATION, type NewDisk } from '../create.ts'
import { cpuArg } from '../parts.ts'
import { bootOf } from './boot.ts'
import { type PlanDeps, type Planned, planned, refused, sharedArg, sharedVgsOf } from './plan.ts'
import { type SizedDisk, seedDisks } from './seed.ts'

export interface NewGuest {
  readonly spec: GuestSpec
  /** Ids of the hosts that may take it; left out: all. */
  readonly among?: ReadonlySet<string>
  readonly power: 'on' | 'off'
  readonly who: string
}

export async function planCreate(deps: PlanDeps, { spec, among, power, who }: NewGuest): Promise<Planned<CreateArgs>> {
  const { book, where, networks, pool, newUuid, epoch, now } = deps
  const { name } = spec
  if (await book.find(name)) return refused(`there is a guest ${name} already: hostless vm show ${name}`, 'held')
  if (spec.uuid !== undefined && (await book.find(spec.uuid))) return refused(`there is a guest with UUID ${spec.uuid} already`, 'held')
  if (spec.disks.length === 0) return refused(`${name} has no disk: ${spec.boot === 'grub' ? DISK_TO_BOOT : DISK_TO_BE_KNOWN}`)
  const known = await networks.list()
  const unknown = spec.nics.find(({ network }) => !known.some((one) => one.name === network))
  if (unknown) return refused(sayNoNetwork(unknown, known))
  const sized = await fromImages(deps, spec)
  if (sized.kind !== 'done') return sized
  const boot = await bootOf(deps.images, spec)
  if (boot.kind !== 'done') return boot
  const places = await where.places({ spec, ...(among ? { among } : {}) })
  const [best] = places.fits
  const inventory = best && pool.knownInventory(best.host)
  if (!best || !inventory) return refused(sayNowhere(name, places))
  const uuid = spec.uuid ?? uuidSchema.parse(newUuid())
  const macs = await macsFor(deps, uuid, spec.nics)
  if (!macs) return refused('no MAC is free')
  const seed = await seedDisks(deps, spec, uuid, sized.value)
  if (seed.kind !== 'done') return seed
  const pools = poolsOf(inventory)
  const disks: NewDisk[] = []
  for (const { pool: called, size, thinPool, access, vdev, from } of [...sized.value, ...seed.value]) {
    const vg = vgRef.safeParse(pools.get(called))
    if (!vg.success) return refused(`${best.name} has no VG ${called}`)
    const more = { ...(thinPool === undefined ? {} : { thinPool }), ...(from ? { image: from } : {}) }
    disks.push({ disk: uuidSchema.parse(newUuid()), vdev, vg: vg.data, sizeBytes: size, access, ...more })
  }
  const whole: GuestSpec = {
    ...spec,
    uuid,
    disks: sized.value.map(({ from: _from, ...disk }) => disk),
    nics: spec.nics.map((nic, at) => ({ ...nic, mac: macs[at] })),
  }
  const cpu = await where.cpuOn(best.host, spec)
  const guest = configOf({
    ...{ uuid, spec: whole, boot: boot.value, cpuid: cpu?.cpuid, host: best.host, macs, networks: known },
    disks: disks.map((one) => ({ ...one, generation: GENERATION })),
  })
  const own = remembered({
    ...{ uuid, spec: whole, host: { id: best.host, name: best.name }, networks: known, cpu: cpu?.features },
    disks: disks.map(({ disk, image, ...one }) => ({ ...one, id: disk, generation: GENERATION, image: image?.id })),
    ...{ created: now(), createdBy: who, epoch, now: now() },
  })
  return planned('create-guest', {
    ...{ guest, restart: spec.restart, host: { id: best.host, name: best.name }, memoryBytes: memoryNeeded(spec), leftover: 'none' },
    ...cpuArg(cpu),
    ...{ spec: JSON.stringify(writeSpec(whole)), disks, power, epoch, who },
    ...(own ? { remembered: own } : {}),
    ...sharedArg(
      sharedVgsOf(
        disks.map(({ vg }) => vg),
        best.host,
        pool,
      ),
    ),
  })
}

const DISK_TO_BOOT = 'it boots from its first one: give it one, with an image'
const DISK_TO_BE_KNOWN = 'give it one: what is known of it lies beside its first one'

export async function fromImages({ images }: PlanDeps, { disks }: GuestSpec): Promise<Done<readonly SizedDisk[]>> {
  const sized: SizedDisk[] = []
  for (const disk of withVdevs(disks)) {
    const found = disk.image === undefined ? undefined : await images.find(disk.image)
    if (found && found.kind !== 'done') return found
    const image = found?.value
    if (image && image.kind !== 'disk')
      return refused(`disk ${disk.vdev} cannot begin with ${disk.image}, which is a ${image.kind}: a guest boots by it, by --kernel`)
    if (image && image.sizeBytes > disk.size) {
      return refused(`disk ${disk.vdev} has ${sayBytes(disk.size)}, and image ${disk.image} needs ${sayBytes(image.sizeBytes)}`)
    }
    sized.push({ ...disk, from: image && { id: image.id, sizeBytes: image.sizeBytes } })
  }
  return { kind: 'done', value: sized }
}

async function macsFor(deps: PlanDeps, uuid: Uuid, nics: readonly NicSpec[]): Promise<readonly Mac[] | undefined> {
  const free = await freeMacs(
    deps,
    nics.map((_, at) => `${uuid}/nic ${at}`),
  )
  return free && nics.flatMap(({ mac }, at) => mac ?? free[at] ?? [])
}

export function sayNoNetwork({ network }: NicSpec, known: readonly Network[]): string {
  const names = known.map(({ name }) => name)
  const nearest = nearestTo(network, names)
  return `there is no network ${network}: ${nearest === undefined ? `there are ${names.join(', ') || 'none'}` : `is it ${nearest}?`}`
}

/** Why each host does not take it; of many the first few. */
export function sayNowhere(name: string, { refused: hosts }: Places): string {
  if (hosts.length === 0) return `no host can take ${name}: none is there`
  const said = hosts.slice(0, 4).map(({ name: host, reasons }) => `${host}: ${reasons.slice(0, 3).join(', ')}`)
  const others = hosts.length > 4 ? `; and ${hosts.length - 4} others: hostless vm where says all` : ''
  return `no host can take ${name}: ${said.join('; ')}${others}`
}
