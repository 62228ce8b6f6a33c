// `xen-cpuid` (Xen 4.17, 4.20): feature words of each CPU policy, in the order of its KEY line; and `xen-cpuid -p`: the leaves of each.
// What a guest may see, and so where it may run, is decided on these (migration-notes.md, "CPU compatibility").
import { cpuPolicyRow } from '../../../manager/protocol/machine.ts'
import { acceptAll, tidy } from './accept.ts'
import { commandSource, type Parsed } from './reading.ts'

export interface FeatureRows {
  /** `1d`, `1c`, `e1d`, … */
  readonly key: readonly string[]
  readonly rows: readonly { readonly row: string; readonly words: readonly string[] }[]
}

/** Raw, Host and what guests get; not the static sets, which are the hypervisor's and not the machine's. */
export function parseXenCpuid(stdout: string): Parsed<FeatureRows> {
  const lines = stdout.split('\n')
  const key = (lines.map((line) => /^\s+KEY\s+(.*)$/.exec(line)?.[1]).find((words) => words !== undefined) ?? '').trim()
  const start = lines.findIndex((line) => line.startsWith('Dynamic sets:'))
  const candidates = (start < 0 ? [] : lines.slice(start + 1)).flatMap((line) => {
    const [, row, words] = /^(\S[^:]*?)\s+([0-9a-f:]+)\s*$/.exec(line) ?? []
    return row === undefined || words === undefined ? [] : [{ row, words: words.split(':') }]
  })
  const accepted = acceptAll(cpuPolicyRow, candidates, ({ row }) => `row ${row}`)
  const reasons = stdout !== '' && accepted.value.length === 0 ? ['it has no rows below "Dynamic sets:"'] : []
  const names = key.split(/\s+/).flatMap((word) => tidy(word, 16) ?? [])
  return { value: { key: names, rows: accepted.value }, reasons: [...reasons, ...accepted.reasons] }
}

export interface PolicyLeaves {
  readonly policy: string
  /** CPUID 0: twelve letters. */
  readonly vendor: string | undefined
  readonly family: number | undefined
  readonly model: number | undefined
  readonly stepping: number | undefined
  readonly maxBasicLeaf: number | undefined
  readonly maxExtendedLeaf: number | undefined
  readonly maxStructuredSubleaf: number | undefined
}

type Leaf = readonly [eax: number, ebx: number, ecx: number, edx: number]

export function parsePolicies(stdout: string): Parsed<readonly PolicyLeaves[]> {
  const policies: { policy: string; leaves: Map<string, Leaf> }[] = []
  for (const line of stdout.split('\n')) {
    const policy = /^(\S.*) policy: \d+ leaves/.exec(line)?.[1]
    if (policy !== undefined) policies.push({ policy, leaves: new Map() })
    const [, leaf, subleaf, ...words] = /^\s+([0-9a-f]{8}):([0-9a-f]{8}) -> (\w{8}):(\w{8}):(\w{8}):(\w{8})\s*$/.exec(line) ?? []
    const [eax = 0, ebx = 0, ecx = 0, edx = 0] = words.map((word) => Number.parseInt(word, 16))
    if (leaf !== undefined) policies.at(-1)?.leaves.set(`${leaf}:${subleaf}`, [eax, ebx, ecx, edx])
  }
  const reasons = stdout !== '' && policies.length === 0 ? ['it tells of no policy'] : []
  return { value: policies.map(({ policy, leaves }) => ({ policy, ...leavesOf(leaves) })), reasons }
}

const XEN_CPUID = '/usr/lib/hostless/xen/xen-cpuid'
export const xenCpuid = commandSource({ command: [XEN_CPUID], parse: parseXenCpuid })
export const xenCpuidPolicies = commandSource({ command: [XEN_CPUID, '-p'], parse: parsePolicies })

function leavesOf(leaves: ReadonlyMap<string, Leaf>): Omit<PolicyLeaves, 'policy'> {
  const whole = 'ffffffff'
  const basic = leaves.get(`00000000:${whole}`)
  const signature = leaves.get(`00000001:${whole}`)?.[0]
  const vendor = basic && tidy(Buffer.from(Uint32Array.of(basic[1], basic[3], basic[2]).buffer).toString('latin1'), 16)
  return {
    vendor,
    ...(signature === undefined ? { family: undefined, model: undefined, stepping: undefined } : signatureOf(signature)),
    maxBasicLeaf: basic?.[0],
    maxExtendedLeaf: leaves.get(`80000000:${whole}`)?.[0],
    maxStructuredSubleaf: leaves.get('00000007:00000000')?.[0],
  }
}

/** CPUID 1 eax: family and model with their extensions. */
function signatureOf(eax: number): { family: number; model: number; stepping: number } {
  const family = (eax >>> 8) & 15
  const extends_ = family === 15 || family === 6
  return {
    family: family === 15 ? family + ((eax >>> 20) & 255) : family,
    model: ((eax >>> 4) & 15) | (extends_ ? ((eax >>> 16) & 15) << 4 : 0),
    stepping: eax & 15,
  }
}
