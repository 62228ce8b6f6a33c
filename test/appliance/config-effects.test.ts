// Each key of the config changes something that is seen from outside: a reply, a script, a port, a file. A key of the schema that is not
// here fails the test, and so does one that changes nothing.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { z } from 'zod'
import { hostKeyOf } from '../../appliance/boot/known-host.ts'
import { compileTemplates, TEMPLATE_FILES } from '../../appliance/boot/templates.ts'
import { type Config, hostNames, parseConfig } from '../../appliance/config.ts'
import { fileSchema } from '../../appliance/config-schema.ts'
import { decide } from '../../appliance/dhcp/decide.ts'
import { describeDhcp } from '../../appliance/dhcp/describe.ts'
import { settingOf } from '../../appliance/dhcp/server.ts'
import { dhcpSettings } from '../../appliance/dhcp-settings.ts'
import { startAppliance } from '../../appliance/main.ts'
import { managerPlace } from '../../appliance/manager-link/place.ts'
import { answerScript, type BootDesk } from '../../appliance/runner.ts'
import { openAttemptStore } from '../../appliance/store/attempts.ts'
import { openStore } from '../../appliance/store/database.ts'
import { FollowedOrders } from '../../appliance/store/followed-orders.ts'
import { Leases } from '../../appliance/store/leases.ts'
import { AttemptRunner } from '../../appliance/timeline/runner.ts'
import { newTracker } from '../../appliance/timeline/tracker.ts'
import type { Mac } from '../../appliance/wire/addresses.ts'
import { parseGeneration } from '../../appliance/wire/generation.ts'
import { managerConfig } from '../../manager/config.ts'
import { A, asking, B, ip, mac, request, UEFI } from './dhcp/packets.ts'

type Raw = { readonly [key: string]: unknown } | readonly unknown[]
type Seen = (config: Config, t: ExecutionContext) => unknown

interface Effect {
  /** Two values of the key, in a config that is whole otherwise. */
  readonly values: readonly [unknown, unknown]
  readonly seen: Seen
}

const C = mac('52:54:00:77:00:03')
const STRANGER = mac('52:54:00:77:00:09')
const NOW = 1_800_000_000_000
const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

const RACK = {
  network: { interface: 'eth1', address: '10.77.0.1/24' },
  dhcp: { pool: '10.77.0.100-10.77.0.199', subnets: [{ subnet: '10.88.0.0/24', pool: '10.88.0.10-10.88.0.20', router: '10.88.0.1' }] },
  hosts: [{ name: 'node01', mac: A, address: '10.77.0.21' }],
  manager: { listen: '10.77.0.1:8443' },
}

/** With `value` at a path such as `hosts[].bond.members[]`: the only item of a list of items, a list of scalars as a whole. */
function withValue(raw: unknown, path: string, value: unknown): unknown {
  const [, name = '', inList, rest = ''] = /^([^.[]+)(\[\])?\.?(.*)$/.exec(path) ?? []
  const before = typeof raw === 'object' && raw !== null ? raw : {}
  const present = Object.entries(before).find(([key]) => key === name)?.[1] as Raw | undefined
  if (rest === '') return { ...before, [name]: value }
  return {
    ...before,
    [name]: inList ? [withValue((present as readonly unknown[] | undefined)?.[0], rest, value)] : withValue(present, rest, value),
  }
}

function configOf(raw: unknown): Config {
  const parsed = parseConfig(JSON.stringify(raw), 'rack.yaml', {})
  if (parsed.kind === 'refused') throw new Error(JSON.stringify(parsed.problems))
  return parsed.config
}

/** The leaves of a schema: `dhcp.subnets[].dns[]`. */
function leavesOf(schema: z.core.$ZodType, path = ''): readonly string[] {
  if (schema instanceof z.ZodObject) {
    return Object.entries(schema.shape).flatMap(([key, inner]) => leavesOf(inner as z.core.$ZodType, path === '' ? key : `${path}.${key}`))
  }
  if (schema instanceof z.ZodArray) return leavesOf(schema.element as z.core.$ZodType, `${path}[]`)
  if (schema instanceof z.ZodUnion) return [...new Set(schema.options.flatMap((option) => leavesOf(option, path)))]
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodExactOptional || schema instanceof z.ZodNullable) {
    return leavesOf(schema.unwrap(), path)
  }
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodReadonly)
    return leavesOf(schema.unwrap(), path)
  if (schema instanceof z.ZodPipe && !(schema.in instanceof z.ZodUnknown)) return leavesOf(schema.in, path)
  return [path]
}

/** The DHCP answer to a DISCOVER, in words. */
const offer =
  (from: Mac, relay = '0.0.0.0'): Seen =>
  (config) => {
    const { address } = config.network
    const leases = new Leases(openStore(':memory:'), () => NOW, hostKeyOf(config.hosts))
    const bootTarget = { address, httpPort: config.http.port, tftpPort: config.tftp.port }
    const setting = settingOf({ settings: dhcpSettings(config), bootTarget })
    const packet = request('DISCOVER', { mac: from, giaddr: ip(relay) }, [...UEFI.slice(0, 2), asking(1, 3, 6, 12, 66, 67)])
    const decision = decide(packet, 67, { ...setting, leases, now: NOW })
    return decision.kind === 'reply' ? describeDhcp(decision.packet) : decision.reason
  }

/** The boot script, without what is random in it. */
const script =
  (from: Mac): Seen =>
  async (config) => {
    const database = openStore(':memory:')
    const store = openAttemptStore(database)
    const tracker = newTracker(hostNames(config), store.load(), hostKeyOf(config.hosts))
    const attempts = new AttemptRunner({
      tracker,
      save: (writes) => store.save(writes),
      now: () => NOW,
      newId: () => 'a'.repeat(16),
      log: quiet,
    })
    const { address } = config.network
    const generation = parseGeneration('0123456789abcdef')
    if (!generation) throw new Error('a generation of the test itself is malformed')
    const desk: BootDesk = {
      config,
      server: { address, httpPort: config.http.port, nfsPort: config.nfs.port, tftpPort: config.tftp.port },
      fill: compileTemplates(Object.fromEntries(TEMPLATE_FILES.map((file) => [file, readFileSync(`templates/boot/${file}`, 'utf8')]))),
      images: {
        published: async () => ({ kind: 'published', manifest: { generation } }),
        component: async (_, file) => ({ kind: 'component', path: `/${file}`, size: 1, sha256: 'ab'.repeat(32) }),
      },
      leases: new Leases(database, () => NOW, hostKeyOf(config.hosts)),
      attempts,
      store,
      followed: new FollowedOrders(database, quiet),
      hasMemtest: async () => false,
      planned: () => undefined,
      now: () => NOW,
      log: quiet,
    }
    const answer = await answerScript(desk, from, '10.77.0.100', 'http')
    return answer.kind === 'script' ? answer.text.replace(/\.[\w-]{43}/g, '') : answer.reason
  }

/** What answers once the appliance runs: ports of its address, and its socket. */
const LOOPBACK = {
  network: { interface: 'lo', address: '127.77.0.1/8' },
  dhcp: { mode: 'off', pool: undefined, subnets: [] },
  tftp: { port: 16901 },
  http: { port: 16902 },
  nfs: { port: 16903, portmap: false },
  hosts: [],
}
const PORTS = [16902, 16912, 16903, 16913, 111]

const running: Seen = async (given, t) => {
  const folder = mkdtempSync(join(tmpdir(), 'hl-keys-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const { manager: _, ...config } = { ...given, dataDir: join(folder, given.dataDir) }
  const appliance = await startAppliance(config, quiet).catch((error: Error) => error.message)
  if (typeof appliance === 'string') return appliance
  try {
    const open = await Promise.all(['127.77.0.1', '127.77.0.2'].flatMap((host) => PORTS.map((port) => answers(host, port))))
    const udp = readFileSync('/proc/net/udp', 'utf8').match(/:4205|:420F/g)
    return { open, udp, socket: existsSync(join(folder, '/data-a', 'appliance.sock')) }
  } finally {
    await appliance.close()
  }
}

function answers(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createConnection({ host, port })
    const end = (result: string | undefined) => {
      socket.destroy()
      resolve(result)
    }
    socket.once('connect', () => end(`${host}:${port}`)).once('error', () => end(undefined))
  })
}

/** What the manager starts with: whom it lets in, where it listens, where it keeps what it knows. */
const managing: Seen = (config) => {
  const read = managerConfig(config)
  return { place: managerPlace(config), manager: read.kind === 'config' ? read.config : read.reason }
}

const OIDC = {
  ...{ issuer: 'https://login.example', clientId: 'hostless', clientSecretFile: '/etc/hostless/oidc.secret', name: 'Company login' },
  roles: { claim: 'groups', rules: [{ value: 'admins', role: 'admin' }] },
  defaultRole: 'viewer',
}
const BONDED = { mode: 'active-backup', members: [A, B] }
const LOOPS = ['tftp.port', 'http.port', 'nfs.port', 'nfs.portmap', 'dataDir', 'network.interface', 'network.address']

const EFFECTS: Readonly<Record<string, Effect>> = {
  dataDir: { values: ['/data-a', '/data-b'], seen: running },
  'network.interface': { values: ['lo', 'hl-none0'], seen: running },
  'network.address': { values: ['127.77.0.1/8', '127.77.0.2/8'], seen: running },
  'tftp.port': { values: ['16901', '16911'], seen: running },
  'http.port': { values: ['16902', '16912'], seen: running },
  'nfs.port': { values: ['16903', '16913'], seen: running },
  'nfs.portmap': { values: ['false', 'true'], seen: running },
  'dhcp.mode': { values: ['authoritative', 'proxy'], seen: offer(STRANGER) },
  'dhcp.pool': { values: ['10.77.0.100-10.77.0.110', '10.77.0.120-10.77.0.130'], seen: offer(STRANGER) },
  'dhcp.router': { values: ['10.77.0.1', '10.77.0.254'], seen: offer(STRANGER) },
  'dhcp.dns[]': { values: [['10.77.0.1'], ['10.77.0.2']], seen: offer(STRANGER) },
  'dhcp.subnets[].subnet': { values: ['10.88.0.0/24', '10.88.0.0/25'], seen: offer(STRANGER, '10.88.0.1') },
  'dhcp.subnets[].pool': { values: ['10.88.0.10-10.88.0.20', '10.88.0.11-10.88.0.20'], seen: offer(STRANGER, '10.88.0.1') },
  'dhcp.subnets[].router': { values: ['10.88.0.1', '10.88.0.2'], seen: offer(STRANGER, '10.88.0.1') },
  'dhcp.subnets[].dns[]': { values: [['10.88.0.53'], ['10.88.0.54']], seen: offer(STRANGER, '10.88.0.1') },
  'boot.image': { values: ['dom0', 'dom0-next'], seen: script(STRANGER) },
  'boot.root': { values: ['nfs', 'ram'], seen: script(STRANGER) },
  'boot.enrol': { values: ['approve', 'auto'], seen: managing },
  'boot.dom0Memory': { values: ['640', '1024'], seen: script(STRANGER) },
  'boot.xenArguments': { values: ['iommu=1', 'iommu=0'], seen: script(STRANGER) },
  'boot.kernelArguments': { values: ['quiet', 'debug'], seen: script(STRANGER) },
  'hosts[].name': { values: ['node01', 'node02'], seen: offer(A) },
  'hosts[].mac': { values: [A, C], seen: offer(A) },
  'hosts[].address': { values: ['10.77.0.21', '10.77.0.22'], seen: offer(A) },
  'hosts[].image': { values: ['dom0', 'dom0-next'], seen: script(A) },
  'hosts[].root': { values: ['nfs', 'ram'], seen: script(A) },
  'hosts[].vlan': { values: ['7', '8'], seen: script(A) },
  'hosts[].bond.mode': { values: ['active-backup', '802.3ad'], seen: script(A) },
  'hosts[].bond.members[]': { values: [[A], [A, B]], seen: offer(B) },
  'hosts[].maintenance': { values: ['false', 'true'], seen: script(A) },
  'manager.listen': { values: ['10.77.0.1:8443', '10.77.0.1:8444'], seen: managing },
  'manager.address': { values: ['10.77.0.2:8443', '10.77.0.3:8443'], seen: managing },
  'manager.hooks': { values: ['/etc/hostless/hooks', '/srv/hooks'], seen: managing },
  'manager.largestImage': { values: [256, 64], seen: managing },
  'manager.startsAtOnce': { values: [4, 8], seen: managing },
  'manager.keepTasks': { values: [30, 7], seen: managing },
  'manager.moves.copiesTo': { values: [2, 3], seen: managing },
  'manager.moves.copiesFrom': { values: [2, 3], seen: managing },
  'manager.moves.copies': { values: [8, 4], seen: managing },
  'manager.moves.streamsTo': { values: [2, 3], seen: managing },
  'manager.moves.streamsFrom': { values: [2, 3], seen: managing },
  'manager.moves.streams': { values: [8, 4], seen: managing },
  'manager.oidc.issuer': { values: ['https://login.example/realms/a', 'https://login.example/realms/b'], seen: managing },
  'manager.oidc.clientId': { values: ['hostless', 'rack'], seen: managing },
  'manager.oidc.clientSecretFile': { values: ['/etc/hostless/oidc.secret', '/etc/hostless/other.secret'], seen: managing },
  'manager.oidc.name': { values: ['Company login', 'Campus login'], seen: managing },
  'manager.oidc.scopes[]': { values: [['openid'], ['openid', 'groups']], seen: managing },
  'manager.oidc.userClaim': { values: ['email', 'nickname'], seen: managing },
  'manager.oidc.roles.claim': { values: ['groups', 'realm_access.roles'], seen: managing },
  'manager.oidc.roles.rules[].value': { values: ['admins', 'others'], seen: managing },
  'manager.oidc.roles.rules[].role': { values: ['admin', 'operator'], seen: managing },
  'manager.oidc.roles.rules[].groups[]': { values: [['rack3'], ['rack4']], seen: managing },
  'manager.oidc.defaultRole': { values: ['viewer', 'operator'], seen: managing },
  'manager.oidc.site': { values: ['https://hostless.example', 'https://hostless.example:8443'], seen: managing },
  'manager.database': { values: ['sqlite', 'postgres://hostless@10.77.0.5/hostless'], seen: managing },
}

function rackFor(key: string): unknown {
  if (LOOPS.includes(key)) return { ...LOOPBACK, dataDir: '/data-a' }
  if (key === 'manager.address') return { ...RACK, manager: {} }
  if (key.startsWith('manager.oidc')) return { ...RACK, manager: { ...RACK.manager, oidc: OIDC } }
  return key.startsWith('hosts[].bond') ? withValue(RACK, 'hosts[].bond', BONDED) : RACK
}

test('every key of the config schema is here, and no other', (t) => {
  t.deepEqual([...leavesOf(fileSchema)].sort(), Object.keys(EFFECTS).sort())
})

for (const [key, { values, seen }] of Object.entries(EFFECTS)) {
  const one = LOOPS.includes(key) ? (process.getuid?.() === 0 ? test.serial : test.serial.skip) : test
  one(`another ${key} is seen from outside`, async (t) => {
    const [before, after] = values.map((value) => configOf(withValue(rackFor(key), key.replace(/\[\]$/, ''), value)))
    if (!before || !after) return t.fail('there are two values')
    t.deepEqual(await seen(before, t), await seen(before, t), 'the same is the same')
    t.notDeepEqual(await seen(before, t), await seen(after, t))
  })
}
