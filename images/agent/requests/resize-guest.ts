// The request resize-guest: memory and vCPUs of a guest that runs, within the most that it was started with.
import type { Guest } from '../../../manager/protocol/guests.ts'
import type { AnswerOf, Refusal, RequestOf } from '../../../manager/protocol/requests.ts'
import type { Command } from '../backend.ts'
import { changeKept } from '../guests/kept.ts'
import { runningGuest, settled } from '../guests/running.ts'
import { refused } from './refusal.ts'
import { failureOf, type World } from './world.ts'

const MIB = 2 ** 20

export async function resizeGuest(world: World, body: RequestOf<'resize-guest'>): Promise<AnswerOf<'resize-guest'> | Refusal> {
  const before = await runningGuest(world, body.uuid)
  if (typeof before === 'string') return refused('unable', before)
  const why = beyond(before, body)
  if (why !== undefined) return refused('unable', why)
  for (const command of commandsFor(before, body)) {
    const failure = await failureOf(world.backend, command)
    if (failure !== undefined) return refused('unable', failure)
  }
  const now = await settled(world, body.uuid, (guest) => commandsFor(guest, body).length === 0)
  if (typeof now === 'string') return refused('unable', now)
  const has = { memoryMiB: mebibytes(now.memoryBytes), vcpus: now.vcpus }
  await changeKept(world, body.uuid, (guest) => ({ ...guest, ...has }))
  await world.collect(['guests', 'xen'])
  return { kind: 'guest-resized', ...has }
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
