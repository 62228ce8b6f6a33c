// The request rename-guest: what Xen and xenstore call a guest that runs. Its LVs are tagged by its UUID, which stays.
import { guestName } from '../../../manager/protocol/requests/guest-config.ts'
import type { AnswerOf, Refusal, RequestOf } from '../../../manager/protocol/requests.ts'
import { reopenLogs, shareLog } from '../consoles/owner.ts'
import { domainOf, readDomains } from '../guests/domain.ts'
import { changeKept } from '../guests/kept.ts'
import { refused } from './refusal.ts'
import { failureOf, type World } from './world.ts'

export async function renameGuest(world: World, { uuid, name }: RequestOf<'rename-guest'>): Promise<AnswerOf<'rename-guest'> | Refusal> {
  const domains = await readDomains(world.backend)
  const found = domainOf(domains, uuid)
  if (found.kind === 'unknown') return refused('unable', `${found.reason}. It is to be asked again`)
  if (found.kind === 'none') return refused('unable', 'it does not run on this host: it has no domain here')
  const { domid, name: before } = found.domain
  const namesake = domains.kind === 'read' ? domains.all.find((one) => one.name === name && one.uuid !== uuid) : undefined
  if (namesake) return refused('unable', `domain ${namesake.domid} is called ${name} already, and is another guest, ${namesake.uuid}`)
  await shareLog(world, { uuid, name }, before)
  const failure = before === name ? undefined : await failureOf(world.backend, ['xl', 'rename', String(domid), name])
  if (failure !== undefined) return refused('unable', failure)
  await reopenLogs(world)
  await changeKept(world, uuid, (guest) => ({ ...guest, name }))
  await world.collect(['guests'])
  return { kind: 'guest-renamed', was: guestName.safeParse(before).data ?? name }
}
