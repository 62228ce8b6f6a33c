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
  const compares = connection.verified !== undefined ? 'VerifyS' : peer.resource.connection?.verified !== undefined ? 'VerifyT' : undefined
  const replication = compares ?? { none: 'Established', source: 'SyncSource', target: 'SyncTarget' }[connection.sync]
  return { connection: 'Connected', role: peer.resource.role, replication, peerDisk: peer.device.attached?.label.disk ?? 'Diskless' }
}

export function diskOf({ attached }: DrbdDevice): string {
  return attached?.label.disk ?? 'Diskless'
}

/** The lines of one resource, without their first word. */
export function linesOf(site: Site, host: string, resource: Resource): readonly string[] {
  const { name, role, devices, connection } = resource
  const seen = seenOf(site, host, resource)
  // 8.4 has one connection a resource from its beginning, and a name for it once it has addresses.
  const peer = `name:${name} peer-node-id:0${connection ? ' conn-name:peer' : ''}`
  return [
    `resource name:${name} role:${role} suspended:${devices.some(({ frozen }) => frozen) ? 'user' : 'no'} write-ordering:flush`,
    `connection ${peer} connection:${seen.connection} role:${seen.role} congested:no`,
    ...devices.map(
      (device) =>
        `device name:${name} volume:${device.volume} minor:${device.minor} disk:${diskOf(device)} size:${(device.attached?.sectors ?? 0) / KIB_SECTORS} read:0 written:0 al-writes:0 bm-writes:0 upper-pending:0 lower-pending:0 al-suspended:no blocked:no`,
    ),
    ...devices.map((device) => {
      const outOfSync = sizeOf(device.attached?.label.outOfSync ?? []) / KIB_SECTORS
      const size = (device.attached?.sectors ?? 0) / KIB_SECTORS
      const isSyncing = connection !== undefined && connection.sync !== 'none' && size > 0
      const done = isSyncing ? ` done:${((100 * (size - outOfSync)) / size).toFixed(2)}` : ''
      return `peer-device ${peer} volume:${device.volume} replication:${seen.replication} peer-disk:${seen.peerDisk}${done} resync-suspended:no received:0 sent:${(connection?.sent ?? 0) / KIB_SECTORS} out-of-sync:${connection?.elsewhere ? 0 : outOfSync} pending:0 unacked:0`
    }),
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

/** `drbdsetup show`: how it is set up, the secret too. What is a default is left out. */
export function showSettings({ name, devices, connection }: Resource): string {
  const address = (end: string): string => `        address\t\t\t${end.replace(':', ' ')};`
  const quoted = (key: string, value: string): string => (/-(alg|secret)$/.test(key) ? `"${value}"` : value)
  const net = [...(connection?.options ?? [])].filter(([key, value]) => key !== 'protocol' || value !== 'C')
  return [
    `resource ${name} {`,
    '    options {',
    '    }',
    ...(connection ? ['    net {', ...net.map(([key, value]) => `        ${key.padEnd(16)}\t${quoted(key, value)};`), '    }'] : []),
    ...(connection ? ['    _remote_host {', address(connection.peer), '    }'] : []),
    '    _this_host {',
    ...(connection ? [address(connection.local)] : []),
    ...devices.flatMap(({ volume, minor, attached }) => [
      `        volume ${volume} {`,
      `            device\t\t\tminor ${minor};`,
      ...(attached ? [`            disk\t\t\t"/dev/${attached.backing}";`, `            meta-disk\t\t\t"/dev/${attached.meta}";`] : []),
      '            disk {',
      '            }',
      '        }',
    ]),
    '    }',
    '}',
    '',
  ].join('\n')
}
