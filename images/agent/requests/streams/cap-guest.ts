// The request cap-guest: the most of the CPUs that credit2 gives the guest, so that it dirties less memory in a second.
import type { AnswerOf, Refusal, RequestOf } from '../../../../manager/protocol/requests.ts'
import { findDomain } from '../../guests/domain.ts'
import { refused } from '../refusal.ts'
import { failureOf, saidBy, type World } from '../world.ts'

export async function capGuest({ backend }: World, { uuid, percent }: RequestOf<'cap-guest'>): Promise<AnswerOf<'cap-guest'> | Refusal> {
  const found = await findDomain(backend, uuid)
  if (found.kind === 'unknown') return refused('unable', `${found.reason}. It is to be asked again`)
  if (found.kind === 'none') return refused('unable', 'it does not run on this host: it has no domain here')
  const domid = String(found.domain.domid)
  const look = ['xl', 'sched-credit2', '-d', domid] as const
  const ran = await backend.run(look)
  const unread = saidBy(look, ran)
  const was = ran.kind === 'ended' ? capIn(ran.stdout, found.domain.domid) : undefined
  if (unread !== undefined || was === undefined) return refused('unable', unread ?? 'xl sched-credit2 does not say what cap it has')
  const failure = was === percent ? undefined : await failureOf(backend, ['xl', 'sched-credit2', '-d', domid, '-c', String(percent)])
  return failure === undefined ? { kind: 'guest-capped', was } : refused('unable', failure)
}

/** Name, ID, weight, cap; the name may hold blanks. */
export function capIn(stdout: string, domid: number): number | undefined {
  for (const line of stdout.split('\n')) {
    const [, id, cap] = /\s(\d+)\s+\d+\s+(\d+)\s*$/.exec(line) ?? []
    if (Number(id) === domid && cap !== undefined) return Number(cap)
  }
  return undefined
}
