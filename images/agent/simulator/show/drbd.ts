// What drbdsetup of drbd-utils 9.22 says over the kernel's 8.4.11: `events2` and `status`.
import { peerOf } from '../state/drbd.ts'
import { type DrbdDevice, type Resource, sizeOf } from '../state/drbd-resource.ts'
import { hostOf, SECTOR, type Site } from '../state/site.ts'

const KIB_SECTORS = 1024 / SECTOR

interface Seen {
  readonly connection: string
  readonly role: string
  readonly replication: string
  readonly peerDisk: string
}

function seenOf(site: Site, host: string, resource: Resource): Seen {
  const { connection } = resource
  if (connection?.elsewhere) return { connection: 'Connected', role: 'Secondary', replication: 'Established', peerDisk: 'UpToDate' }
  const peer = peerOf(site, host, resource)
  if (!connection || !peer)
    return { connection: connection?.state ?? 'StandAlone', role: 'Unknown', replication: 'Off', peerDisk: 'DUnknown' }
  const replication = { none: 'Established', source: 'SyncSource', target: 'SyncTarget' }[connection.sync]
  return { connection: 'Connected', role: peer.resource.role, replication, peerDisk: peer.device.attached?.label.disk ?? 'Diskless' }
}

export function diskOf({ attached }: DrbdDevice): string {
  return attached?.label.disk ?? 'Diskless'
}

/** The lines of one resource, without their first word. */
export function linesOf(site: Site, host: string, resource: Resource): readonly string[] {
  const { name, role, devices, connection } = resource
  const seen = seenOf(site, host, resource)
  const peer = `name:${name} peer-node-id:0 conn-name:peer`
  return [
    `resource name:${name} role:${role} suspended:${devices.some(({ frozen }) => frozen) ? 'user' : 'no'} write-ordering:flush`,
    ...(connection ? [`connection ${peer} connection:${seen.connection} role:${seen.role} congested:no`] : []),
    ...devices.map(
      (device) =>
        `device name:${name} volume:${device.volume} minor:${device.minor} disk:${diskOf(device)} size:${(device.attached?.sectors ?? 0) / KIB_SECTORS} read:0 written:0 al-writes:0 bm-writes:0 upper-pending:0 lower-pending:0 al-suspended:no blocked:no`,
    ),
    ...(connection
      ? devices.map((device) => {
          const outOfSync = sizeOf(device.attached?.label.outOfSync ?? []) / KIB_SECTORS
          const size = (device.attached?.sectors ?? 0) / KIB_SECTORS
          const done = connection.sync === 'none' || size === 0 ? '' : ` done:${((100 * (size - outOfSync)) / size).toFixed(2)}`
          return `peer-device ${peer} volume:${device.volume} replication:${seen.replication} peer-disk:${seen.peerDisk}${done} resync-suspended:no received:0 sent:0 out-of-sync:${connection.elsewhere ? 0 : outOfSync} pending:0 unacked:0`
        })
      : []),
  ]
}

export function showEvents(site: Site, host: string, only: string | undefined): string {
  const shown = hostOf(site, host).ram.drbd.filter(({ name }) => only === undefined || name === only)
  const lines = shown.flatMap((resource) => linesOf(site, host, resource))
  return [...lines.map((line) => `exists ${line}`), 'exists -', ''].join('\n')
}

export function showStatus(site: Site, host: string, only: string | undefined): string {
  const shown = hostOf(site, host).ram.drbd.filter(({ name }) => only === undefined || name === only)
  const blocks = shown.map((resource) => {
    const seen = seenOf(site, host, resource)
    const peer = !resource.connection
      ? []
      : seen.connection === 'Connected'
        ? [`  peer role:${seen.role}`, `    replication:${seen.replication} peer-disk:${seen.peerDisk}`]
        : [`  peer connection:${seen.connection}`]
    return [`${resource.name} role:${resource.role}`, ...resource.devices.map((device) => `  disk:${diskOf(device)}`), ...peer, ''].join(
      '\n',
    )
  })
  return blocks.length === 0 ? '# No currently configured DRBD found.\n' : `${blocks.join('\n')}\n`
}
