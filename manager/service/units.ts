// The systemd units of appliance and manager, each of its own user and with no more rights than it uses. Pure.
//
// The appliance binds ports below 1024 (67, 69, 111) and opens a raw ICMPv6 socket (Router Advertisements), sockets of one interface, and
// such as copy packets (captures of boots): two capabilities, whence no PrivateUsers. The manager needs none. Neither has MemoryDenyWriteExecute: V8 compiles at run time. AF_NETLINK is how
// interfaces are listed. The manager runs qemu-img under limits (prlimit), xorriso, and the site's own hooks.

import { ownFolderPath } from '../../appliance/store/own-folder.ts'

/** A service by its unit's name. */
export type Service = 'hostless-appliance' | 'hostless-manager'

export interface Placing {
  /** Of Node, absolute. */
  readonly node: string
  /** Of the command `hostless`, absolute: …/dist/manager/cli/main.js. */
  readonly script: string
  readonly config: string
  readonly dataDir: string
}

/** The user that each runs as; its group has the same name. */
export const USERS = { 'hostless-appliance': 'hostless-appliance', 'hostless-manager': 'hostless' } as const

/** Of the manager: a password of PostgreSQL, PGPASSWORD=…, in a file that only root reads. */
export const MANAGERS_ENVIRONMENT = '/etc/hostless-manager.env'

export function unitOf(service: Service, placing: Placing): string {
  return service === 'hostless-appliance' ? applianceUnit(placing) : managerUnit(placing)
}

function applianceUnit(placing: Placing): string {
  return unit(
    'Hostless appliance: DHCP, TFTP, HTTP boot and NFS roots of a rack',
    'hostless-appliance',
    placing,
    ownFolderPath(placing.dataDir),
    [
      'UMask=0077',
      'AmbientCapabilities=CAP_NET_BIND_SERVICE CAP_NET_RAW',
      'CapabilityBoundingSet=CAP_NET_BIND_SERVICE CAP_NET_RAW',
      // AF_PACKET: what is on the wire while a host boots is captured.
      `RestrictAddressFamilies=${FAMILIES} AF_PACKET`,
      `ExecReload=${[placing.node, placing.script, 'reload', '--config', placing.config].map(quoted).join(' ')}`,
      'MemoryMax=2G',
      'LimitNOFILE=65536',
      // A rack that is switched on waits for it.
      'OOMScoreAdjust=-500',
    ],
  )
}

function managerUnit(placing: Placing): string {
  return unit('Hostless manager: the pool, its API and page', 'hostless-manager', placing, placing.dataDir, [
    // What the appliance reads of keys/ is its group's.
    'UMask=0027',
    'AmbientCapabilities=',
    'CapabilityBoundingSet=',
    `RestrictAddressFamilies=${FAMILIES}`,
    'PrivateUsers=yes',
    'MemoryMax=8G',
    'LimitNOFILE=65536',
    `EnvironmentFile=-${MANAGERS_ENVIRONMENT}`,
  ])
}

function unit(description: string, service: Service, { node, script, config }: Placing, folder: string, own: readonly string[]): string {
  const command = [node, script, service === 'hostless-appliance' ? 'appliance' : 'manager', '--config', config]
  const user = USERS[service]
  const lines = [
    '[Unit]',
    `Description=${description}`,
    // A program that was removed is not tried for ever; without a config a start fails, and says so.
    `ConditionPathExists=${percents(script)}`,
    `AssertPathExists=${percents(config)}`,
    'Wants=network-online.target',
    'After=network-online.target',
    // It is tried for ever: a rack that cannot boot is worse than a log that repeats itself.
    'StartLimitIntervalSec=0',
    '',
    '[Service]',
    'Type=exec',
    `User=${user}`,
    `Group=${user}`,
    `ExecStart=${command.map(quoted).join(' ')}`,
    // Also where it refuses its config: an interface that has no address yet, after a power cut, is refused like one that never has.
    'Restart=always',
    'RestartSec=3',
    'TimeoutStopSec=30',
    ...stateLines(folder),
    ...own,
    ...CONFINED,
    '',
    '[Install]',
    'WantedBy=multi-user.target',
  ]
  return `${lines.join('\n')}\n`
}

/** The one folder that it may write. */
function stateLines(folder: string): readonly string[] {
  const name = /^\/var\/lib\/([\w.-]+)$/.exec(folder)?.[1]
  if (name === undefined || name.startsWith('.')) return [`ReadWritePaths=${quoted(folder)}`]
  return [`StateDirectory=${name}`, `StateDirectoryMode=${name.endsWith('-appliance') ? '0700' : '0755'}`]
}

const FAMILIES = 'AF_INET AF_INET6 AF_UNIX AF_NETLINK'

const CONFINED: readonly string[] = [
  'NoNewPrivileges=yes',
  'ProtectSystem=strict',
  'ProtectHome=yes',
  'PrivateTmp=yes',
  'PrivateDevices=yes',
  'ProtectProc=invisible',
  'ProtectClock=yes',
  'ProtectHostname=yes',
  'ProtectKernelLogs=yes',
  'ProtectKernelModules=yes',
  'ProtectKernelTunables=yes',
  'ProtectControlGroups=yes',
  'RestrictNamespaces=yes',
  'RestrictRealtime=yes',
  'RestrictSUIDSGID=yes',
  'LockPersonality=yes',
  'RemoveIPC=yes',
  'SystemCallArchitectures=native',
  'SystemCallFilter=@system-service',
  'SystemCallFilter=~@privileged @resources',
  'SystemCallErrorNumber=EPERM',
]

const percents = (text: string): string => text.replaceAll('%', '%%')

/** A word of ExecStart (systemd.service(5)): `%` and `$` mean something there. */
function quoted(word: string): string {
  const literal = percents(word).replaceAll('$', '$$$$')
  return /^[\w@./+:%$=-]+$/.test(literal) ? literal : `"${literal.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}

/** For systemd-sysusers: sysusers.d(5). */
export function sysusers(services: readonly Service[]): string {
  return services.map((service) => `u ${USERS[service]} - "Hostless ${service.slice('hostless-'.length)}" /\n`).join('')
}
