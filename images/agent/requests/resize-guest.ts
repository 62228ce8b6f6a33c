// The request resize-guest: memory and vCPUs of a guest that runs, within the most that it was started with.
import type { Guest } from '../../../manager/protocol/guests.ts'
import type { AnswerOf, Refusal, RequestOf } from '../../../manager/protocol/requests.ts'
import { sayUnread, unreadOf } from '../../../manager/protocol/unread.ts'
import type { Command } from '../backend.ts'
import { collect } from '../collect.ts'
import { pause } from '../pause.ts'
import { refused } from './refusal.ts'
import { failureOf, type World } from './world.ts'

const MIB = 2 ** 20
/** Milliseconds that a guest has to give memory back or take it; and between two looks. */
const PATIENCE = 10_000
const LOOK = 500

export async function resizeGuest(world: World, body: RequestOf<'resize-guest'>): Promise<AnswerOf<'resize-guest'> | Refusal> {
  const before = await guestOf(world, body)
  if (typeof before === 'string') return refused('unable', before)
  const why = beyond(before, body)
  if (why !== undefined) return refused('unable', why)
  for (const command of commandsFor(before, body)) {
    const failure = await failureOf(world.backend, command)
    if (failure !== undefined) return refused('unable', failure)
  }
  const until = world.clock.steady() + PATIENCE
  for (;;) {
    const now = await guestOf(world, body)
    if (typeof now === 'string') return refused('unable', now)
    const isThere = commandsFor(now, body).length === 0
    if (!isThere && world.clock.steady() < until) {
      await pause(world.clock, LOOK)
      continue
    }
    await world.collect(['guests', 'xen'])
    return { kind: 'guest-resized', memoryMiB: mebibytes(now.memoryBytes), vcpus: now.vcpus }
  }
}

async function guestOf({ backend }: World, { uuid }: RequestOf<'resize-guest'>): Promise<Guest | string> {
  const read = await collect(backend, ['guests'])
  const unread = sayUnread(unreadOf(read, ['guests']))
  const [guest, other] = read.sections.guests?.filter((one) => one.uuid === uuid) ?? []
  if (guest && !other && (guest.state === 'running' || guest.state === 'paused')) return guest
  if (unread !== undefined) return `which guests there are is not known: ${unread}. It is to be asked again`
  return guest ? `domain ${guest.domid} is ${guest.state}` : 'it does not run on this host: it has no domain here'
}

function beyond({ maxMemoryBytes, maxVcpus }: Guest, { memoryMiB = 0, vcpus = 0 }: RequestOf<'resize-guest'>): string | undefined {
  if (memoryMiB * MIB > maxMemoryBytes)
    return `${memoryMiB} MiB are more than the most it was started with, ${mebibytes(maxMemoryBytes)} MiB`
  return vcpus > maxVcpus ? `${vcpus} vCPUs are more than the most it was started with, ${maxVcpus}` : undefined
}

/** None where it is so already. */
function commandsFor({ domid, memoryBytes, vcpus: has }: Guest, { memoryMiB, vcpus }: RequestOf<'resize-guest'>): readonly Command[] {
  return [
    ...(memoryMiB === undefined || memoryMiB === mebibytes(memoryBytes) ? [] : [['xl', 'mem-set', `${domid}`, `${memoryMiB}m`] as const]),
    ...(vcpus === undefined || vcpus === has ? [] : [['xl', 'vcpu-set', `${domid}`, `${vcpus}`] as const]),
  ]
}

function mebibytes(bytes: number): number {
  return Math.floor(bytes / MIB)
}
