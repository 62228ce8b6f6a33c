// The request stop-guest: the guest is asked to power off, and waited for. Nothing is done to one that does not.
import type { AnswerOf, Refusal, RequestOf } from '../../../manager/protocol/requests.ts'
import { destroyDomain, findDomain } from '../guests/domain.ts'
import { endPolicy, isHalfMade, tidyUp } from '../guests/end.ts'
import type { KeptGuest } from '../guests/kept.ts'
import { pause } from '../pause.ts'
import { refused } from './refusal.ts'
import { OF_GUESTS } from './start-guest.ts'
import { type Task, UNWATCHED } from './task.ts'
import { failureOf, type World } from './world.ts'

/** Milliseconds between two looks. */
const LOOK = 1000

export async function stopGuest(
  world: World,
  body: RequestOf<'stop-guest'>,
  task: Task = UNWATCHED,
): Promise<AnswerOf<'stop-guest'> | Refusal> {
  const kept = await endPolicy(world, body.uuid)
  const ended = await end(world, body, kept, task)
  if (typeof ended === 'string') return refused('unable', ended)
  await tidyUp(world, body.uuid, kept)
  await world.collect(OF_GUESTS)
  return { kind: 'guest-stopped', was: ended.was }
}

async function end(
  { backend, clock }: World,
  { uuid, seconds }: RequestOf<'stop-guest'>,
  kept: KeptGuest | undefined,
  { signal, tell }: Task,
): Promise<{ readonly was: 'there' | 'not there' } | string> {
  const began = clock.steady()
  let was: 'there' | 'not there' = 'not there'
  let asked: number | undefined
  for (;;) {
    const found = await findDomain(backend, uuid)
    if (found.kind === 'unknown') return `${found.reason}. It is to be asked again`
    if (found.kind === 'none') return { was }
    was = 'there'
    const { domid, state } = found.domain
    const isLeft = state === 'crashed' || (state === 'paused' && kept !== undefined && isHalfMade(kept))
    if (isLeft) {
      const failure = await destroyDomain({ backend, clock }, uuid, domid)
      return failure === undefined ? { was } : `what is left of it, domain ${domid}, does not go: ${failure}`
    }
    if (state === 'paused') return `domain ${domid} is paused and hears nothing: let it run first, or destroy it`
    // One that rebooted meanwhile has forgotten that it was asked.
    if (state === 'running' && asked !== domid) {
      const failure = await failureOf(backend, ['xl', 'shutdown', String(domid)])
      const gone = failure === undefined ? undefined : await findDomain(backend, uuid)
      if (failure !== undefined && gone?.kind !== 'none') return `domain ${domid} cannot be asked: ${failure}`
      asked = domid
    }
    const waited = Math.floor((clock.steady() - began) / 1000)
    if (signal.aborted) return `domain ${domid} was asked to power off, and may do so yet`
    if (waited >= seconds)
      return `domain ${domid} is ${state} still, ${waited} s after it was asked to power off: give it more time, or destroy it. It is not started again if it ends`
    tell({ phase: 'waiting for its end', done: waited, total: seconds, unit: 's' })
    await pause(clock, LOOK, signal)
  }
}
