// The requests fence-disk and unfence-disk, and what an agent does by itself. A fenced disk is a device that is suspended: the kernel has
// brought what was on its way to the disk, and holds back what comes after. Nothing fails of a guest that is given back, and nothing is
// written by one that is not.
import { deviceOf, lvOf } from '../../../manager/protocol/guest-disk.ts'
import type { AnswerOf, Refusal, RequestOf } from '../../../manager/protocol/requests.ts'
import { type Uuid, uuid } from '../../../manager/protocol/values.ts'
import { domainsOf } from '../guests/moving.ts'
import { refused } from '../requests/refusal.ts'
import { failureOf, type World } from '../requests/world.ts'
import { closeDisk } from '../volumes/device.ts'
import { mapOfLv } from '../volumes/lvm.ts'
import { readMaps } from '../volumes/maps.ts'
import { FENCES, fencePath } from './names.ts'

export async function fenceDisk(world: World, body: RequestOf<'fence-disk'>): Promise<AnswerOf<'fence-disk'> | Refusal> {
  const { vg, disk, guest } = body
  const runs = await whoRuns(world, guest)
  if (runs !== undefined) return refused('unable', runs)
  const maps = await readMaps(world)
  if (maps.kind === 'unread') return refused('unable', maps.reason)
  const map = maps.maps.get(deviceOf(disk))
  if (!map || map.open === 0) {
    const closed = await closeDisk(world, body)
    if (closed.kind === 'refused') return refused('unable', closed.reason)
    const under = await readMaps(world)
    if (under.kind === 'unread') return refused('unable', under.reason)
    const lv = under.maps.get(mapOfLv(vg.name, lvOf(disk)))
    await world.collect(['lvs'])
    return lv
      ? refused('unable', `the LV ${vg.name}/${lvOf(disk)} is in use on this host, and by no guest: it is open ${lv.open} times`)
      : { kind: 'disk-fenced', was: 'not open' }
  }
  const was = (await isSuspended(world, disk)) ? 'fenced' : 'not fenced'
  // Before it is so: whoever finds the guest running again lifts it.
  await world.files.write(fencePath(disk), guest, 0o600)
  const failure = await failureOf(world.backend, ['dmsetup', 'suspend', deviceOf(disk)])
  const since = failure ?? (await whoRuns(world, guest))
  if (since === undefined) return { kind: 'disk-fenced', was }
  const stays = await lift(world, disk)
  return refused('unable', stays === undefined ? since : `${since}; and its disk stays suspended: ${stays}`)
}

export async function unfenceDisk(world: World, { disk }: RequestOf<'unfence-disk'>): Promise<AnswerOf<'unfence-disk'> | Refusal> {
  const maps = await readMaps(world)
  if (maps.kind === 'unread') return refused('unable', maps.reason)
  const was = maps.maps.has(deviceOf(disk)) && (await isSuspended(world, disk)) ? 'fenced' : 'not fenced'
  const failure = maps.maps.has(deviceOf(disk)) ? await lift(world, disk) : await world.files.remove(fencePath(disk))
  return typeof failure === 'string' ? refused('unable', failure) : { kind: 'disk-unfenced', was }
}

/**
 * A guest that runs here under its own name was not given up: no other host goes on with it. Whoever fenced its disks need not be there to
 * lift it. Sentences of what does not go.
 */
export async function liftOwn(world: Pick<World, 'backend' | 'files'>): Promise<readonly string[]> {
  const found: string[] = []
  for (const name of await world.backend.list(FENCES)) {
    const disk = uuid.safeParse(name).data
    const guest = disk && uuid.safeParse((await world.backend.read(fencePath(disk)))?.trim()).data
    if (!disk || !guest) continue
    const domains = await domainsOf(world.backend, guest)
    const isOwn = domains.kind === 'read' && domains.all.some(({ state, name: called }) => state === 'running' && !called.includes('--'))
    const failure = isOwn ? await lift(world, disk) : undefined
    if (failure !== undefined) found.push(`disk ${disk} of guest ${guest}: ${failure}`)
  }
  return found
}

export async function isSuspended({ backend }: Pick<World, 'backend'>, disk: Uuid): Promise<boolean> {
  const ran = await backend.run(['dmsetup', 'info', '-c', '--noheadings', '-o', 'suspended', deviceOf(disk)])
  return ran.kind === 'ended' && ran.exitCode === 0 && ran.stdout.trim() === 'Suspended'
}

/** Undefined: no domain of this guest runs or may go on by itself here. */
export async function whoRuns({ backend }: Pick<World, 'backend'>, guest: Uuid): Promise<string | undefined> {
  const domains = await domainsOf(backend, guest)
  if (domains.kind === 'unread') return domains.reason
  const still = domains.all.find(({ state }) => !/^(suspended|shutdown|crashed|dying)$/.test(state))
  return still && `${still.name} is ${still.state} on this host`
}

async function lift(world: Pick<World, 'backend' | 'files'>, disk: Uuid): Promise<string | undefined> {
  const failure = await failureOf(world.backend, ['dmsetup', 'resume', deviceOf(disk)])
  if (failure !== undefined) return failure
  await world.files.remove(fencePath(disk))
  return undefined
}

/** Each under its own kind. */
export const fenceChanges = { 'fence-disk': fenceDisk, 'unfence-disk': unfenceDisk } as const
