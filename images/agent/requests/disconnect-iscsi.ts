// The request disconnect-iscsi: no session any more, unless something on this host still uses a LUN behind it.
import { SECTION_NAMES } from '../../../manager/protocol/inventory.ts'
import type { AnswerOf, Refusal, RequestOf } from '../../../manager/protocol/requests.ts'
import type { BlockDevice, IscsiSession } from '../../../manager/protocol/storage.ts'
import { sayUnread, unreadOf } from '../../../manager/protocol/unread.ts'
import type { IscsiName } from '../../../manager/protocol/values.ts'
import { remembering } from '../backend.ts'
import { collect, EMPTY_INVENTORY, update } from '../collect.ts'
import { deviceLinks } from '../inventory/disk-links.ts'
import { lsblk } from '../inventory/lsblk.ts'
import { guestsNaming, mapsOver, usersOf } from './lun-users.ts'
import { refused } from './refusal.ts'
import { failureOf, type World } from './world.ts'

/** ISCSI_ERR_NO_OBJS_FOUND: there is no such session or record any more. */
const GONE = [0, 21]
/** What may use a disk is in these. */
const USERS = SECTION_NAMES.filter((name) => /^(blockDevices|multipaths|partitions|fileSystems|pvs|lvs|guests|drbd)$/.test(name))

export async function disconnectIscsi(world: World, body: RequestOf<'disconnect-iscsi'>): Promise<AnswerOf<'disconnect-iscsi'> | Refusal> {
  const { backend } = world
  const once = remembering(backend)
  const { inventory } = update(EMPTY_INVENTORY, await collect(once, ['iscsi', ...USERS]))
  const unknown = sayUnread(unreadOf(inventory, ['iscsi']))
  if (unknown !== undefined) return refused('unable', `which sessions there are is not known: ${unknown}. It is to be asked again`)
  const ending = sessionsOf(inventory.iscsi.sessions, body)
  const unread = ending.length > 0 ? sayUnread(unreadOf(inventory, USERS)) : undefined
  if (unread !== undefined)
    return refused('unable', `whether anything on this host uses it is not known: ${unread}. See why there, it is to be asked again`)
  const devices = devicesOf(ending, inventory.blockDevices)
  const named = { rows: (await lsblk(once)).value, links: (await deviceLinks(once)).value }
  const users = [...usersOf(devices, inventory, named), ...guestsNaming(targetsOf(ending), inventory)]
  if (users.length > 0) return refused('unable', `it is in use on this host: ${users.slice(0, 6).join('; ')}`)
  for (const map of mapsOver(devices, inventory)) {
    const failure = await failureOf(backend, ['multipath', '-f', map])
    if (failure !== undefined) return refused('unable', `the map ${map} over its paths does not go: ${failure}`)
  }
  const targets = targetsOf(ending)
  for (const { target, portal } of recordsOf(ending)) {
    const failure = await failureOf(backend, ['iscsiadm', '-m', 'node', '-T', target, '-p', portal, '--logout'], GONE)
    if (failure !== undefined) return refused('unable', `no logout from ${target} at ${portal}: ${failure}`)
  }
  // The records hold the CHAP secret.
  for (const target of targets) await failureOf(backend, ['iscsiadm', '-m', 'node', '-T', target, '-o', 'delete'], GONE)
  await world.collect(['iscsi', 'blockDevices', 'multipaths'])
  return { kind: 'iscsi-disconnected', targets }
}

function targetsOf(sessions: readonly IscsiSession[]): readonly IscsiName[] {
  return [...new Set(sessions.map(({ target }) => target))]
}

/** The logout of a record ends all the sessions that it has, through whatever interface. */
function recordsOf(sessions: readonly IscsiSession[]): readonly { readonly target: IscsiName; readonly portal: string }[] {
  const records = sessions.map(({ target, portal, recordPortal = portal }) => ({ target, portal: recordPortal }))
  return [...new Map(records.map((record) => [`${record.target} ${record.portal}`, record])).values()]
}

/** By what the sessions show, and by what udev has named after them. */
function devicesOf(sessions: readonly IscsiSession[], blockDevices: readonly BlockDevice[]): readonly string[] {
  const shown = sessions.flatMap(({ luns }) => luns.flatMap(({ device }) => device ?? []))
  const targets = targetsOf(sessions)
  const named = blockDevices.filter(({ target }) => target?.kind === 'iscsi' && targets.includes(target.target)).map(({ name }) => name)
  return [...new Set([...shown, ...named])]
}

/** All sessions with the target, or with every target that has one at the portal. */
function sessionsOf(sessions: readonly IscsiSession[], { portal, target }: RequestOf<'disconnect-iscsi'>): readonly IscsiSession[] {
  const targets =
    target === undefined
      ? sessions.filter((one) => one.portal === portal || one.recordPortal === portal).map((one) => one.target)
      : [target]
  return sessions.filter((one) => targets.includes(one.target))
}
