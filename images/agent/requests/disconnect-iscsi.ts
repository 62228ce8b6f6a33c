// The request disconnect-iscsi: no session any more, unless something on this host still uses a LUN behind it.
import { SECTION_NAMES } from '../../../manager/protocol/inventory.ts'
import type { AnswerBody, RequestOf } from '../../../manager/protocol/requests.ts'
import type { IscsiSession } from '../../../manager/protocol/storage.ts'
import { collect, EMPTY_INVENTORY, update } from '../collect.ts'
import { mapsOver, usersOf } from './lun-users.ts'
import { refused } from './refusal.ts'
import { failureOf, type World } from './world.ts'

/** ISCSI_ERR_NO_OBJS_FOUND: there is no such session or record any more. */
const GONE = [0, 21]
const NEEDED = SECTION_NAMES.filter((name) => /^(iscsi|blockDevices|multipaths|partitions|fileSystems|pvs|lvs|guests)$/.test(name))

export async function disconnectIscsi(world: World, body: RequestOf<'disconnect-iscsi'>): Promise<AnswerBody> {
  const { backend } = world
  const { inventory } = update(EMPTY_INVENTORY, await collect(backend, NEEDED))
  const ending = sessionsOf(inventory.iscsi.sessions, body)
  const devices = ending.flatMap(({ luns }) => luns.flatMap(({ device }) => device ?? []))
  const users = usersOf(devices, inventory)
  if (users.length > 0) return refused('unable', `it is in use on this host: ${users.slice(0, 6).join('; ')}`)
  for (const map of mapsOver(devices, inventory)) {
    const failure = await failureOf(backend, ['multipath', '-f', map])
    if (failure !== undefined) return refused('unable', `the map ${map} over its paths does not go: ${failure}`)
  }
  const targets = [...new Set(ending.map(({ target }) => target))]
  for (const { target, portal } of ending) {
    const failure = await failureOf(backend, ['iscsiadm', '-m', 'node', '-T', target, '-p', portal, '--logout'], GONE)
    if (failure !== undefined) return refused('unable', `no logout from ${target} at ${portal}: ${failure}`)
  }
  // The records hold the CHAP secret.
  for (const target of targets) await failureOf(backend, ['iscsiadm', '-m', 'node', '-T', target, '-o', 'delete'], GONE)
  await world.collect(['iscsi', 'blockDevices', 'multipaths'])
  return { kind: 'iscsi-disconnected', targets }
}

/** All sessions with the target, or with every target that has one at the portal. */
function sessionsOf(sessions: readonly IscsiSession[], { portal, target }: RequestOf<'disconnect-iscsi'>): readonly IscsiSession[] {
  const targets = target === undefined ? sessions.filter((one) => one.portal === portal).map((one) => one.target) : [target]
  return sessions.filter((one) => targets.includes(one.target))
}
