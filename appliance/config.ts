// hostless.yaml → Config: YAML, schema (config-schema.ts), checks across keys (config-checks.ts). Pure: the
// caller reads the file and says which addresses the machine's interfaces have. Every problem is reported,
// not just the first.
import { type Document, LineCounter, parseDocument } from 'yaml'
import { macsOf } from './boot/known-host.ts'
import { type Addressing, acrossKeys, resolveNetwork } from './config-checks.ts'
import { type ConfigProblem, type Finding, findingsOf, locate, syntaxProblem } from './config-problems.ts'
import { type ConfigFile, fileSchema } from './config-schema.ts'
import type { Ipv4, Mac, Subnet } from './wire/addresses.ts'

export { type ConfigProblem, describeProblems } from './config-problems.ts'
export type { HostConfig, RelayedSubnet } from './config-schema.ts'

/** What `os.networkInterfaces()` answers. */
export type Interfaces = Addressing

/** The config as written, defaults filled in, with the address that the appliance serves at. */
export type Config = Omit<ConfigFile, 'network'> & {
  readonly network: { readonly interface: string; readonly address: Ipv4; readonly subnet: Subnet }
}

export type ParsedConfig =
  | { readonly kind: 'config'; readonly config: Config }
  | { readonly kind: 'refused'; readonly problems: readonly ConfigProblem[] }

/** `fileName` is for the messages only. Never throws on any text. */
export function parseConfig(text: string, fileName: string, interfaces: Interfaces): ParsedConfig {
  const lines = new LineCounter()
  // The failsafe schema reads every scalar as text: 525400770001 stays a MAC, 010 stays 010.
  const document = parseDocument(text, { schema: 'failsafe', lineCounter: lines, prettyErrors: false })
  const broken = [...document.errors, ...document.warnings]
  if (broken.length > 0) return { kind: 'refused', problems: broken.map((error) => syntaxProblem(error, document, lines, fileName)) }

  const raw = rawValue(document)
  if (raw.kind === 'broken') {
    return { kind: 'refused', problems: [{ file: fileName, line: 1, key: '', found: raw.reason, expected: 'YAML without such aliases' }] }
  }
  const whole = fileSchema.safeParse(raw.value)
  const network = resolveNetwork(raw.value, interfaces)
  const findings: Finding[] = [
    ...(whole.success ? [] : whole.error.issues.flatMap(findingsOf)),
    ...(network.kind === 'refused' ? network.findings : []),
    ...acrossKeys(raw.value, network.kind === 'resolved' ? network : undefined),
  ]
  if (!whole.success || network.kind !== 'resolved' || findings.length > 0) {
    return { kind: 'refused', problems: locate(findings, document, lines, fileName) }
  }
  const { address, subnet } = network
  return { kind: 'config', config: { ...whole.data, network: { interface: whole.data.network.interface, address, subnet } } }
}

/** The host of a MAC: its own, or that of a member of its bond, since any of them may be the one that boots. */
export function hostOf(config: Config, mac: Mac): Config['hosts'][number] | undefined {
  return config.hosts.find((host) => macsOf(host).includes(mac))
}

/** The name of each MAC that the config knows, those of bonds included. */
export function hostNames(config: Pick<Config, 'hosts'>): ReadonlyMap<Mac, string> {
  return new Map(config.hosts.flatMap((host) => macsOf(host).map((mac) => [mac, host.name] as const)))
}

/** An empty file is an empty map; a key without a value is as if it were left out. */
function rawValue(
  document: Document,
): { readonly kind: 'value'; readonly value: unknown } | { readonly kind: 'broken'; readonly reason: string } {
  try {
    return { kind: 'value', value: withoutEmpty(document.toJS()) ?? {} }
  } catch (error) {
    return { kind: 'broken', reason: error instanceof Error ? error.message : String(error) }
  }
}

function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutEmpty(item))
  if (value === '' || value === null) return undefined
  if (typeof value !== 'object') return value
  const kept = Object.entries(value).map(([key, item]) => [key, withoutEmpty(item)] as const)
  return Object.fromEntries(kept.filter(([, item]) => item !== undefined))
}
