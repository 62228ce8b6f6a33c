// The LUNs that a VG lies on, as this host sees them now: that a manager knows of several hosts that see them is no reason to write there.
// What could not be read, is seen in part, or is read-only here, is not written to.
import type { BlockDevice, Pv, Vg } from '../../../manager/protocol/storage.ts'
import { sayUnread, unreadOf } from '../../../manager/protocol/unread.ts'
import { collect } from '../collect.ts'
import type { World } from '../requests/world.ts'
import { type Refused, unable } from '../volumes/find.ts'

const NEEDED = ['blockDevices', 'multipaths', 'partitions', 'pvs'] as const

/** WWIDs, each once, in order. */
export async function lunsUnder({ backend }: Pick<World, 'backend'>, vg: Vg): Promise<readonly string[] | Refused> {
  const read = await collect(backend, NEEDED)
  const unread = sayUnread(unreadOf(read, NEEDED))
  if (unread !== undefined) return unable(`what the VG ${vg.name} lies on is not known: ${unread}. It is to be asked again`)
  const { blockDevices = [], multipaths = [], partitions = [], pvs = [] } = read.sections
  const own = pvs.filter(({ vgUuid }) => vgUuid === vg.uuid)
  if (vg.exported) return unable(`the VG ${vg.name} is exported`)
  if (vg.missingPvs > 0 || own.length < vg.pvs || own.some(isMissing)) return unable(`this host does not see all PVs of the VG ${vg.name}`)
  const wwids = new Set<string>()
  for (const { device = '' } of own) {
    const disk = partitions.find(({ name }) => device === `/dev/${name}`)?.disk ?? device.replace(/^\/dev\/(mapper\/)?/, '')
    const legs = multipaths.find(({ name }) => name === disk)?.paths.map((path) => path.device as string) ?? [disk]
    const paths = blockDevices.filter(({ name }) => legs.includes(name))
    const [first] = paths
    if (!first?.wwid || !paths.every(isLun)) return unable(`${device}, which the VG ${vg.name} lies on, is no LUN of this host`)
    if (paths.some(({ readOnly }) => readOnly)) return unable(`${device}, which the VG ${vg.name} lies on, is read-only on this host`)
    wwids.add(first.wwid)
  }
  return [...wwids].sort()
}

function isMissing({ device, missing }: Pv): boolean {
  return device === undefined || missing
}

/** Other transports lead to disks in the machine. */
function isLun({ wwid, transport, fabric }: BlockDevice): boolean {
  return wwid !== undefined && (transport === 'fc' || transport === 'iscsi' || transport === 'sas' || fabric !== undefined)
}
