// A mirror as the host has it now. What could not be read is not known to be missing.
import type { DrbdResource } from '../../../manager/protocol/guests.ts'
import { sayUnread, unreadOf } from '../../../manager/protocol/unread.ts'
import type { Uuid } from '../../../manager/protocol/values.ts'
import { collect } from '../collect.ts'
import type { World } from '../requests/world.ts'
import { resourceOf } from './names.ts'

export interface Mirror {
  readonly minor: number | undefined
  readonly role: string
  /** DRBD's words: `UpToDate`, `Diskless`. */
  readonly disk: string
  readonly sizeBytes: number | undefined
  /** `StandAlone` where there is none. */
  readonly connection: string
  readonly replication: string
  readonly peerDisk: string
  readonly outOfSyncBytes: number
}

export type Looked =
  | { readonly kind: 'read'; readonly mirror: Mirror | undefined; readonly others: readonly DrbdResource[] }
  | { readonly kind: 'unread'; readonly reason: string }

export async function lookMirror({ backend }: Pick<World, 'backend'>, disk: Uuid): Promise<Looked> {
  const read = await collect(backend, ['drbd'])
  const unread = sayUnread(unreadOf(read, ['drbd']))
  if (unread !== undefined)
    return { kind: 'unread', reason: `what DRBD does on this host is not known: ${unread}. It is to be asked again` }
  const all = read.sections.drbd ?? []
  const found = all.find(({ name }) => name === resourceOf(disk))
  return { kind: 'read', mirror: found && mirrorOf(found), others: all.filter((one) => one !== found) }
}

function mirrorOf({ role, volumes: [volume], connections: [connection] }: DrbdResource): Mirror {
  const peer = connection?.volumes[0]
  return {
    ...{ role, minor: volume?.minor, disk: volume?.disk ?? 'Diskless', sizeBytes: volume?.sizeBytes },
    ...{ connection: connection?.state ?? 'StandAlone', replication: peer?.replication ?? 'Off' },
    ...{ peerDisk: peer?.peerDisk ?? 'DUnknown', outOfSyncBytes: peer?.outOfSyncBytes ?? 0 },
  }
}

export function sayMissing(disk: Uuid, minor: number): string {
  return `there is no mirror of the disk ${disk} with minor ${minor} here: it was never opened, was taken away, or this host was reset since`
}

/** Both have all: nothing is on its way, nothing is missing. */
export function isWhole({ connection, replication, disk, peerDisk, outOfSyncBytes }: Mirror): boolean {
  const isJoined = connection === 'Connected' && replication === 'Established'
  return isJoined && disk === 'UpToDate' && peerDisk === 'UpToDate' && outOfSyncBytes === 0
}

export function sayMirror({ connection, replication, disk, peerDisk, outOfSyncBytes }: Mirror): string {
  return `${connection}, ${replication}, ${disk} here and ${peerDisk} there, ${outOfSyncBytes} bytes out of sync`
}
