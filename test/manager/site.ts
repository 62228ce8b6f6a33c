// A manager on loopback with a data directory of its own, and what appliances and agents do to it.
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import type { z } from 'zod'
import { newLedger, record } from '../../images/agent/ledger.ts'
import { type Link, type LinkOptions, startLink } from '../../images/agent/link/runner.ts'
import type { OidcSettings } from '../../manager/access/oidc/settings.ts'
import type { ManagerConfig } from '../../manager/config.ts'
import type { Operation } from '../../manager/contract/operation.ts'
import { type Manager, startManager } from '../../manager/main.ts'
import type { Done } from '../../manager/outcome.ts'
import type { Role } from '../../manager/protocol/accounts.ts'
import type { ManagerAddress } from '../../manager/protocol/appliance.ts'
import type { Inventory, Problem } from '../../manager/protocol/inventory.ts'
import type { AgentMessage } from '../../manager/protocol/messages.ts'
import { mac as macSchema, uuid } from '../../manager/protocol/values.ts'
import type { ManagerSettings } from '../../manager/settings.ts'
import { newHostId } from '../../manager/store/tables/hosts.ts'
import { collectingLog } from '../appliance/wire/collecting-log.ts'
import { patience } from '../patience.ts'

export const RELAXED = { perSecond: 10_000, burst: 10_000 }

export const EMPTY: Inventory = {
  dmi: { memoryModules: [] },
  cpus: { flags: [] },
  cpuPolicy: { virtCaps: [], key: [], rows: [] },
  numa: [],
  memory: {},
  sensors: [],
  xen: { virtCaps: [], xenCaps: [] },
  kernel: {},
  nics: [],
  bonds: [],
  vlans: [],
  bridges: [],
  addresses: [],
  heard: [],
  blockDevices: [],
  multipaths: [],
  partitions: [],
  fileSystems: [],
  pvs: [],
  vgs: [],
  lvs: [],
  iscsi: { sessions: [] },
  fcHbas: [],
  nfsMounts: [],
  diskHealth: [],
  guests: [],
  drbd: [],
  properties: [],
  guestAddresses: { ways: [], nics: [] },
  problems: [],
}

export interface Site {
  readonly dataDir: string
  readonly config: ManagerConfig
  readonly manager: Manager
  readonly address: ManagerAddress
  readonly secret: string
}

export async function dataDirFor(t: ExecutionContext): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'hl-manager-'))
  t.teardown(() => rm(dataDir, { recursive: true, force: true }))
  return dataDir
}

export async function startSite(
  t: ExecutionContext,
  changed: {
    readonly settings?: ManagerSettings
    readonly enrol?: 'approve' | 'auto'
    readonly dataDir?: string
    readonly database?: string
    readonly port?: number
    /** Milliseconds. */
    readonly keepTasks?: number
    readonly oidc?: OidcSettings
  } = {},
): Promise<Site> {
  const dataDir = changed.dataDir ?? (await dataDirFor(t))
  const config: ManagerConfig = {
    dataDir,
    database: changed.database ?? 'sqlite',
    listen: { address: '127.0.0.1', port: changed.port ?? 0 },
    enrol: changed.enrol ?? 'approve',
    names: new Map([[macOf(1), 'node01']]),
    ...(changed.keepTasks === undefined ? {} : { keepTasks: changed.keepTasks }),
    ...(changed.oidc ? { oidc: changed.oidc } : {}),
  }
  const manager = await startManager(config, collectingLog().log, { enrolRate: RELAXED, ...changed.settings })
  t.teardown(() => manager.close())
  return { dataDir, config, manager, ...(await keysOf(dataDir, manager.gateway.port)) }
}

export async function keysOf(dataDir: string, port: number): Promise<{ readonly address: ManagerAddress; readonly secret: string }> {
  const authority = await readFile(join(dataDir, 'keys/manager-ca.pem'), 'utf8')
  const secret = await readFile(join(dataDir, 'keys/site.key'), 'utf8')
  return { address: { address: '127.0.0.1', port, authority }, secret }
}

/** As an admin, past the doors; what is answered is what the contract says. */
export async function ask<Input extends z.ZodObject, Output extends z.ZodType>(
  { calls }: Pick<Manager, 'calls'>,
  operation: Operation<Role, Input, Output>,
  input: z.input<Input>,
  user = 'alice',
): Promise<Done<z.output<Output>>> {
  const by = { who: { user, role: 'admin', by: { kind: 'token', id: 'of-the-test' } }, peer: '127.0.0.1' } as const
  const answer = await calls.ask(operation, input, by)
  return answer.kind === 'done' ? { kind: 'done', value: operation.output.parse(answer.value) } : answer
}

/** The same of what is not refused. */
export async function told<Input extends z.ZodObject, Output extends z.ZodType>(
  manager: Pick<Manager, 'calls'>,
  operation: Operation<Role, Input, Output>,
  input: z.input<Input>,
): Promise<z.output<Output>> {
  const answer = await ask(manager, operation, input)
  if (answer.kind !== 'done') throw new Error(answer.reason)
  return answer.value
}

export const macOf = (index: number) =>
  macSchema.parse(`52:54:00:77:${(index >> 8).toString(16).padStart(2, '0')}:${(index & 255).toString(16).padStart(2, '0')}`)
export const uuidOf = (index: number) => uuid.parse(`00000000-0000-4000-8000-${index.toString(16).padStart(12, '0')}`)

export interface BootOfHost {
  readonly attempt: string
  readonly token: string
}

/** What the appliance does when a host has fetched its script. */
export async function pushBoot(
  { address, secret }: Pick<Site, 'address' | 'secret'>,
  mac: string,
  changed: { readonly from?: string; readonly expires?: number } = {},
): Promise<BootOfHost> {
  const [attempt, token] = [newHostId(), randomBytes(32).toString('base64url')]
  const tokenHash = createHash('sha256').update(token).digest('hex')
  const record = { id: attempt, mac, address: changed.from ?? '127.0.0.1', tokenHash, expires: changed.expires ?? Date.now() + 3600_000 }
  const { status, text } = await post(address, '/appliance/attempts', JSON.stringify({ attempts: [record] }), {
    authorization: `Bearer ${secret}`,
  })
  if (status !== 204) throw new Error(`the attempt was not taken: ${status} ${text}`)
  return { attempt, token }
}

export function post(
  { address, port, authority }: ManagerAddress,
  path: string,
  body: string,
  headers: Readonly<Record<string, string>>,
  tls: { readonly cert?: string; readonly key?: string } = {},
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: address, port, path, method: 'POST', ca: authority, agent: false, headers, ...tls }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }))
    })
    asked.on('error', reject)
    asked.end(body)
  })
}

export interface TestAgent {
  readonly link: Link
  /** Reports this as what has changed since. */
  /** `problems`: all that there are now. */
  change(sections: Partial<Inventory>, problems?: readonly Problem[]): number
}

/** The agent's own code with an inventory that the test writes. */
export function startTestAgent(
  t: ExecutionContext,
  address: () => Promise<ManagerAddress>,
  boot: BootOfHost,
  claims: LinkOptions['claims'],
  changed: Partial<LinkOptions> = {},
): TestAgent {
  const run = uuid.parse(randomUUID())
  const first: AgentMessage = {
    kind: 'inventory',
    run,
    revision: 1,
    inventory: { ...EMPTY, dmi: { memoryModules: [], ...(claims.systemUuid ? { systemUuid: claims.systemUuid } : {}) } },
  }
  const link = startLink({
    agent: '0.1.0',
    boot,
    claims,
    findManager: address,
    ledger: record(newLedger(run), first),
    answer: async () => {
      throw new Error('nothing is asked in this test')
    },
    log: collectingLog().log,
    random: () => 0.05,
    ...changed,
  })
  t.teardown(() => link.close())
  let revision = 1
  return {
    link,
    change: (sections, problems = []) => {
      const base = revision
      revision += 1
      link.tell({ kind: 'delta', run, base, revision, sections, problems })
      return revision
    },
  }
}

/** Waits on a state; fails loudly when it does not come. */
export async function until<Value>(
  what: string,
  probe: () => Value | undefined | false | Promise<Value | undefined | false>,
  milliseconds = 20_000,
): Promise<Value> {
  const began = Date.now()
  for (;;) {
    const found = await probe()
    if (found !== undefined && found !== false) return found
    const most = patience(milliseconds)
    if (Date.now() > began + most) throw new Error(`in ${most} ms there was not: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
