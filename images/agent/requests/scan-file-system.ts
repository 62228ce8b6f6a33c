// The request scan-file-system: the disk images on a file system, read where the host has it mounted, or else mounted read-only for
// as long as it takes. Another host may be writing there: not a byte of the device is changed.
import { SECTION_NAMES } from '../../../manager/protocol/inventory.ts'
import { isSameExport } from '../../../manager/protocol/nfs-export.ts'
import type { AnswerOf, Refusal, RequestOf } from '../../../manager/protocol/requests.ts'
import type { FileSystem } from '../../../manager/protocol/storage.ts'
import { sayUnread, unreadOf } from '../../../manager/protocol/unread.ts'
import { remembering } from '../backend.ts'
import { collect, EMPTY_INVENTORY, update } from '../collect.ts'
import { deviceLinks } from '../inventory/disk-links.ts'
import { lsblk } from '../inventory/lsblk.ts'
import { listImages } from './disk-images.ts'
import { guestsOf } from './lun-users.ts'
import { refused } from './refusal.ts'
import { deviceFor, SCAN_FOLDER } from './scan-device.ts'
import { type Task, UNWATCHED, whileWanted } from './task.ts'
import { failureOf, type World } from './world.ts'

/**
 * Always over a read-only loop device: ext4 mounted `ro,noload` still deletes orphan inodes on a device that takes writes (seen with
 * Linux 6.18), under the hands of the host that holds those files open. The loop goes with its mount.
 */
const ALWAYS = 'loop,ro,nodev,nosuid,noexec'
const NEEDED = SECTION_NAMES.filter((name) => /^(blockDevices|multipaths|partitions|fileSystems|guests)$/.test(name))

export async function scanFileSystem(
  world: World,
  { fileSystem }: RequestOf<'scan-file-system'>,
  task: Task = UNWATCHED,
): Promise<AnswerOf<'scan-file-system'> | Refusal> {
  const backend = whileWanted(world.backend, task)
  const list = async (folder: string) => {
    const listed = await listImages({ backend, clock: world.clock }, folder, task.tell)
    return task.signal.aborted ? refused('unable', 'it was stopped before all was looked at') : listed
  }
  const left = await unmountLeftovers(world)
  if (left !== undefined) return refused('unable', left)
  if (fileSystem.kind === 'nfs') {
    const mounts = await collect(backend, ['nfsMounts'])
    const mount = mounts.sections.nfsMounts?.find((one) => isSameExport(one, fileSystem))
    const unread = sayUnread(unreadOf(mounts, ['nfsMounts']))
    if (!mount && unread !== undefined) return refused('unable', `whether it is mounted on this host is not known: ${unread}`)
    if (!mount) return refused('unable', `${fileSystem.server}:${fileSystem.export} is not mounted on this host`)
    return list(mount.mountPoint)
  }
  const { uuid } = fileSystem
  const once = remembering(backend)
  const { inventory } = update(EMPTY_INVENTORY, await collect(once, NEEDED))
  const point = mountedOn(inventory.fileSystems, uuid)
  if (point !== undefined) return list(point)
  const unread = sayUnread(unreadOf(inventory, NEEDED))
  if (unread !== undefined) return refused('unable', `whether it is mounted here, or a guest's, is not known: ${unread}`)
  const named = { rows: (await lsblk(once)).value, links: (await deviceLinks(once)).value }
  const found = deviceFor(uuid, named.rows, (disk) => guestsOf([disk], inventory, named))
  if (found.kind === 'refused') return refused('unable', found.reason)
  const folder = `${SCAN_FOLDER}/${uuid}`
  const options = [ALWAYS, ...found.options].join()
  const failure =
    (await failureOf(backend, ['mkdir', '-p', '-m', '0700', folder])) ??
    (await failureOf(backend, ['mount', '-t', found.type, '-o', options, found.device, folder]))
  // A mount that was stopped may have come about: it is taken away all the same.
  const answer = failure === undefined ? await list(folder) : refused('unable', `it cannot be mounted: ${failure}`)
  const stays = await unmountLeftovers(world)
  return stays === undefined ? answer : refused('unable', stays)
}

/** Of this agent, and of one that ended in the midst of it. Undefined when there is none any more; otherwise why there is. */
async function unmountLeftovers({ backend }: World): Promise<string | undefined> {
  const mountinfo = await backend.read('/proc/self/mountinfo')
  if (mountinfo === undefined) return 'what is mounted on this host is not known: /proc/self/mountinfo cannot be read'
  const points = scanMountsIn(mountinfo)
  for (const point of points) {
    if ((await failureOf(backend, ['umount', point])) === undefined) continue
    // A program that was stopped may hold it still, and lets go when its last read comes back.
    const failure = await failureOf(backend, ['umount', '--lazy', point])
    if (failure !== undefined) return `${point} of the scan before stays mounted: ${failure}`
  }
  for (const name of await backend.list(SCAN_FOLDER)) await backend.run(['rmdir', `${SCAN_FOLDER}/${name}`])
  return undefined
}

/** The last mount first: it may lie over another. */
function scanMountsIn(mountinfo: string): readonly string[] {
  return mountinfo
    .split('\n')
    .flatMap((line) => line.split(' ')[4] ?? [])
    .filter((point) => point.startsWith(`${SCAN_FOLDER}/`))
    .reverse()
}

function mountedOn(fileSystems: readonly FileSystem[], uuid: string): string | undefined {
  return fileSystems.filter((one) => one.uuid === uuid).flatMap(({ mountPoints }) => mountPoints)[0]
}
