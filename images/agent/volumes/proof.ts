// Whether disks are empty, as it is now: all that may tell that one is used or has something on it is read first. What could not be read is
// not empty.
import { SECTION_NAMES } from '../../../manager/protocol/inventory.ts'
import type { Vg } from '../../../manager/protocol/storage.ts'
import { sayUnread, unreadOf } from '../../../manager/protocol/unread.ts'
import { remembering } from '../backend.ts'
import { collect, EMPTY_INVENTORY, update } from '../collect.ts'
import { deviceLinks } from '../inventory/disk-links.ts'
import { lsblk } from '../inventory/lsblk.ts'
import type { Seen } from '../requests/lun-users.ts'
import type { World } from '../requests/world.ts'
import { type Beside, contentsOf } from './emptiness.ts'
import type { MeantDisk } from './identity.ts'
import { readSignatures } from './signatures.ts'

const NEEDED = SECTION_NAMES.filter((name) => /^(blockDevices|multipaths|partitions|fileSystems|pvs|vgs|lvs|guests|drbd)$/.test(name))

export interface KnownDisks extends Seen, Beside {
  readonly vgs: readonly Vg[]
}

/** All that may tell that a disk is used; a sentence where not all of it could be read. */
export async function readDisks({ backend }: Pick<World, 'backend'>): Promise<KnownDisks | string> {
  const once = remembering(backend)
  const { inventory } = update(EMPTY_INVENTORY, await collect(once, NEEDED))
  const unread = sayUnread(unreadOf(inventory, NEEDED))
  if (unread !== undefined) return `whether the disks are empty is not known: ${unread}. See why there, it is to be asked again`
  const [rows, links] = [await lsblk(once), await deviceLinks(once)]
  const loops = await Promise.all(
    rows.value
      .filter(({ type }) => type === 'loop')
      .map(async ({ kname }) => ({ name: kname, backing: (await once.read(`/sys/block/${kname}/loop/backing_file`))?.trim() ?? '' })),
  )
  return { ...inventory, named: { rows: rows.value, links: links.value }, loops }
}

export interface Why {
  readonly users: readonly string[]
  readonly signatures: readonly string[]
}

export async function whyNotEmpty(world: World, known: KnownDisks, disk: MeantDisk): Promise<Why> {
  const { users, signatures, isFreePv } = contentsOf(disk, known, known)
  if (users.length > 0) return { users, signatures }
  const found = await readSignatures(world, disk.path)
  if (found.kind === 'unread') return { users: [`what is on it is not known: ${found.reason}`], signatures }
  const more = found.types.filter((type) => !(isFreePv && type === 'LVM2_member')).map((type) => `it has a signature of ${type}`)
  return { users, signatures: [...signatures, ...more] }
}
