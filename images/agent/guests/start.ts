// Makes a guest's domain: its devices, its xl.cfg, `xl create`, and lets it loose. What this has begun and cannot end is undone. The same
// for a manager's request and for the agent that starts a guest again.

import { isMovingName } from '../../../manager/protocol/guests.ts'
import type { GuestConfig } from '../../../manager/protocol/requests/guest-config.ts'
import { sayUnread, uncountedOf } from '../../../manager/protocol/unread.ts'
import { collect } from '../collect.ts'
import { ownLog } from '../consoles/owner.ts'
import { type DomainRow, isUnborn } from '../inventory/xl-list.ts'
import { kernelOf } from '../kernels/kernels.ts'
import { LostProgram, type Task } from '../requests/task.ts'
import { failureOf, saidBy, type World } from '../requests/world.ts'
import { lackOfBridges, lackOfFilter } from './bridges.ts'
import { closeDevices, openDevices } from './devices.ts'
import { type Domains, destroyDomain, domainOf, findDomain, readDomains } from './domain.ts'
import { configPath, forget, type KeptGuest, type Known, keep } from './kept.ts'
import { xlConfig } from './xl-config.ts'

export type Started =
  | { readonly kind: 'started'; readonly domid: number; readonly was: 'there' | 'not there' }
  | { readonly kind: 'failed'; readonly reason: string }
  /** Xen has not done with the domain before it. */
  | { readonly kind: 'later'; readonly reason: string }

export interface Starting {
  /** What is kept of it from now on; its state says by whom it is started. */
  readonly next: KeptGuest & { readonly state: 'starting' | 'restarting' }
  /** What was kept before: whether a domain that is paused is half made. */
  readonly before: Known
  /** Of the request, which finds its program again; or one that ends with the agent. */
  readonly task: Pick<Task, 'run' | 'signal' | 'tell'>
}

/** Seconds: an emulated host takes a minute; libxl's own limits for devices end before. */
const CREATE = 300

export async function start(world: World, starting: Starting): Promise<Started> {
  const { next, task } = starting
  const { guest } = next
  const config = xlConfig(guest)
  if (config.kind === 'refused') return { kind: 'failed', reason: config.reason }
  const domains = await readDomains(world.backend)
  const found = domainOf(domains, guest.uuid)
  if (found.kind === 'unknown') return { kind: 'failed', reason: found.reason }
  const looked = found.kind === 'domain' ? await look(world, found.domain, starting) : 'none'
  if (typeof looked === 'object') return looked
  if (looked === 'none') {
    const why = await unfit(world, guest, domains)
    if (why !== undefined) return { kind: 'failed', reason: why }
    await keep(world.files, next)
    const unbootable = await bootable(world, guest, task)
    if (unbootable !== undefined) return { kind: 'failed', reason: await undo(world, next, unbootable) }
    const closed = (await openDevices(world, guest, task.signal)) ?? (task.signal.aborted ? UNWANTED : undefined)
    if (closed !== undefined) return { kind: 'failed', reason: await undo(world, next, closed) }
    await world.files.write(configPath(guest.uuid), config.text, 0o600)
    // Where its console's log cannot be made its own, it starts all the same.
    await ownLog(world, guest).catch(() => undefined)
  }
  const failure = await create(task.run, guest)
  const made = await findDomain(world.backend, guest.uuid)
  const domain = made.kind === 'domain' ? made.domain : undefined
  const why = task.signal.aborted ? UNWANTED : (failure ?? (await letLoose(world, domain)))
  const reason = why ?? (made.kind === 'unknown' ? made.reason : 'xl create has ended well, and there is no domain')
  if (why !== undefined || !domain) return { kind: 'failed', reason: await undo(world, next, reason) }
  await keep(world.files, { ...next, state: 'started' })
  return { kind: 'started', domid: domain.domid, was: 'not there' }
}

const UNWANTED = 'it is not wanted any more'

/** What is done with the domain that it has already; `half made`: the request's own program is on it, or was. */
async function look(world: World, domain: DomainRow, { next, before }: Starting): Promise<Started | 'none' | 'half made'> {
  const { domid, name, state } = domain
  if (isMovingName(name))
    return { kind: 'failed', reason: `its domain ${domid} (${name}) is ${state}: it is being moved, and is left alone` }
  const known = before.kind === 'kept' ? before.kept : undefined
  const settle = async (): Promise<Started> => {
    // It stays as it was made.
    await keep(world.files, { ...next, guest: known?.guest ?? next.guest, crashes: known?.crashes ?? [], state: 'started' })
    return { kind: 'started', domid, was: 'there' }
  }
  switch (state) {
    case 'running':
      return settle()
    case 'paused':
      if (known?.state !== 'starting' && known?.state !== 'restarting' && !isUnborn(domain)) return settle()
      if (known?.state === 'starting' && next.state === 'starting') return 'half made'
      break
    case 'crashed':
    case 'shutdown':
      break
    case 'dying':
      return { kind: 'later', reason: `its domain ${domid} is just ending: ask again` }
    case 'suspended':
    case 'unknown':
      return { kind: 'failed', reason: `its domain ${domid} is ${state}: it is being saved or moved, and is left alone` }
  }
  const failure = await destroyDomain(world, next.guest.uuid, domid)
  return failure === undefined ? 'none' : { kind: 'failed', reason: `what is left of it, domain ${domid}, does not go: ${failure}` }
}

/** Why what it boots by is not here. A start after a crash finds it here, whether there is a manager or not. */
async function bootable({ kernels }: World, guest: GuestConfig, task: Starting['task']): Promise<string | undefined> {
  const files = kernelOf(guest)
  if (!files) {
    await kernels?.leave(guest.uuid)
    return undefined
  }
  if (!kernels) return `${guest.name} boots by a kernel of the manager's image store, and this host gets none`
  const brought = await kernels.bring(guest.uuid, files, task)
  return brought.kind === 'failed' ? brought.reason : undefined
}

/** Why this host cannot have it now. */
export async function unfit({ backend }: Pick<World, 'backend'>, guest: GuestConfig, domains: Domains): Promise<string | undefined> {
  const namesake = domains.kind === 'read' ? domains.all.find(({ name, uuid }) => name === guest.name && uuid !== guest.uuid) : undefined
  if (namesake) return `domain ${namesake.domid} has the name ${guest.name} already, and is another guest, ${namesake.uuid}`
  const lacking = (await lackOfBridges(backend, guest.nics)) ?? (await lackOfFilter(backend, guest.nics))
  if (lacking !== undefined) return lacking
  const read = await collect(backend, ['xen'])
  const { xen } = read.sections
  if (xen?.freeBytes === undefined)
    return `how much memory is free is not known: ${sayUnread(uncountedOf(read, ['xen'])) ?? 'xl info does not say'}`
  const [need, free] = [needOf(guest), Math.floor(xen.freeBytes / MIB)]
  return need > free ? `it needs ${need} MiB of memory with what Xen takes for it, and ${free} MiB are free` : undefined
}

const MIB = 2 ** 20

/** MiB, as libxl counts: for each vCPU 1 MiB, 8 KiB for each MiB that it may have, and 2 MiB of slack. */
function needOf({ memoryMiB, maxMemoryMiB, maxVcpus }: GuestConfig): number {
  return memoryMiB + maxVcpus + Math.ceil(maxMemoryMiB / 128) + 2
}

/** Paused, so that what is half made never runs, and what runs is known to be whole. */
async function create(run: Task['run'], { uuid }: GuestConfig): Promise<string | undefined> {
  try {
    const command = ['xl', 'create', '-p', configPath(uuid)] as const
    return saidBy(command, await run('create', command, { seconds: CREATE }))
  } catch (error) {
    if (error instanceof LostProgram) return error.message
    throw error
  }
}

async function letLoose({ backend }: World, domain: DomainRow | undefined): Promise<string | undefined> {
  if (domain?.state !== 'paused') return undefined
  return failureOf(backend, ['xl', 'unpause', String(domain.domid)])
}

/** The reason, with what could not be undone: the agent tries again to take that away. What is to be started again stays so. */
async function undo(world: World, next: Starting['next'], why: string): Promise<string> {
  const left = await clear(world, next.guest)
  if (next.state === 'starting') {
    if (left === undefined) await forget(world, next.guest.uuid)
    else await keep(world.files, { ...next, restart: 'never', state: 'restarting' })
  }
  return left === undefined ? why : `${why}; and it is not all undone: ${left}`
}

/** Its domain goes, whatever state it is in, and its devices are closed. What is left, and why. */
export async function clear(world: World, guest: Pick<GuestConfig, 'disks' | 'uuid'>): Promise<string | undefined> {
  const found = await findDomain(world.backend, guest.uuid)
  if (found.kind === 'unknown') return found.reason
  const left = found.kind === 'domain' ? await destroyDomain(world, guest.uuid, found.domain.domid) : undefined
  return left ?? closeDevices(world, guest)
}
