// Hosts to compare: two real dumps of xen-cpuid, and real CPUs put through Xen's own masks.
import { readFileSync } from 'node:fs'
import { type HostCpu, readHostCpu } from '../../../manager/cpu/host.ts'
import { type CpuPolicy, cpuPolicy } from '../../../manager/protocol/machine.ts'

const MASKED_EPYC = new URL('../../fixtures/dom0/xen-cpuid-4.17-epyc-masked.txt', import.meta.url)
const COFFEE_LAKE = new URL('cpus/xen-cpuid-4.17.3-coffee-lake.txt', import.meta.url)

export type Words = readonly number[]

/** The rows of a dump by their names, and its KEY. */
export interface Dump {
  readonly vendor: string
  readonly key: readonly string[]
  readonly rows: ReadonlyMap<string, Words>
}

function readDump(file: URL, vendor: string): Dump {
  const lines = readFileSync(file, 'utf8').split('\n')
  const key =
    lines
      .find((line) => /^\s+KEY /.test(line))
      ?.trim()
      .split(/\s+/)
      .slice(1) ?? []
  const rows = lines.flatMap((line): [string, Words][] => {
    const match = /^(\w[\w ]*?)\s+([0-9a-f]{8}(?::[0-9a-f]{8})+)$/.exec(line)
    return match?.[1] && match[2] ? [[match[1], match[2].split(':').map((word) => Number.parseInt(word, 16))]] : []
  })
  return { vendor, key, rows: new Map(rows) }
}

export const maskedEpyc: Dump = readDump(MASKED_EPYC, 'AuthenticAMD')
export const coffeeLake: Dump = readDump(COFFEE_LAKE, 'GenuineIntel')

export interface Given {
  readonly vendor?: string
  readonly xen?: string
  readonly virtCaps?: readonly string[]
  readonly key?: readonly string[]
  readonly rows: ReadonlyMap<string, Words>
  readonly leaves?: { readonly maxBasicLeaf?: number; readonly maxExtendedLeaf?: number; readonly maxStructuredSubleaf?: number }
}

/** As an agent would report it. */
export function policyOf(given: Given): CpuPolicy {
  return cpuPolicy.parse({
    ...(given.vendor === undefined ? {} : { vendor: given.vendor }),
    ...(given.xen === undefined ? {} : { xenVersion: given.xen }),
    virtCaps: given.virtCaps ?? ['pv', 'hvm', 'hap'],
    key: given.key ?? maskedEpyc.key,
    rows: [...given.rows].map(([row, words]) => ({
      row,
      words: words.map((word) => word.toString(16).padStart(8, '0')),
      ...given.leaves,
    })),
  })
}

export function hostCpu(host: string, given: Given): HostCpu {
  return readHostCpu(host, policyOf({ vendor: 'GenuineIntel', xen: '4.20.1', ...given }))
}

/** A host by what its guests get by default, and what they may have. */
export function simpleHost(host: string, byDefault: Words, atMost: Words = byDefault, given: Partial<Given> = {}): HostCpu {
  const rows = new Map([
    ['HVM Default', byDefault],
    ['HVM Max', atMost],
    ['PV Default', byDefault],
    ['PV Max', atMost],
  ])
  return hostCpu(host, { rows, ...given })
}

/**
 * What CPUID says on real machines, in the order of Xen's words up to 7d0, and MSR_ARCH_CAPS: libvirt's tests/cputestdata for the
 * Xeons Gold 6148 (as of 2017, before the microcode against Spectre) and Platinum 9242 and the EPYC 7502, published dumps of the
 * Xeon Gold 5315Y and the EPYC 7763.
 */
const RAW = {
  skylake: [[0xbfebfbff, 0x7ffefbff, 0x2c100800, 0x121, 0xf, 0xd39ffffb, 0x8, 0x100, 0, 0], 0],
  cascadeLake: [[0xbfebfbff, 0x7ffefbff, 0x2c100800, 0x121, 0xf, 0xd39ffffb, 0x818, 0x100, 0, 0xbc000400], 0xab],
  iceLake: [[0xbfebfbff, 0x7ffefbff, 0x2c100800, 0x121, 0xf, 0xf3bfb7ef, 0x40417f5e, 0x100, 0x200, 0xbc040412], 0xb],
  rome: [[0x178bfbff, 0x7ed8320b, 0x2fd3fbff, 0x75c237ff, 0xf, 0x219c91a9, 0x400004, 0x6799, 0x18cf757, 0], 0],
  milan: [[0x178bfbff, 0x7ef8320b, 0x2fd3fbff, 0x75c237ff, 0xf, 0x219c97a9, 0x40069c, 0x6799, 0x111ef657, 0x10], 0],
} as const satisfies Record<string, readonly [Words, number]>

/** Word 1c: a guest always sees that there is a hypervisor, and an x2APIC. */
const ALWAYS: Words = [0, 0x80200000]

/** A real CPU under Xen 4.17: what the machine has and Xen's static sets for HAP guests let through. */
export function realHost(host: string, cpu: keyof typeof RAW, xen = '4.17.6'): HostCpu {
  const [words, capabilities] = RAW[cpu]
  const raw: Words = [...words, 0, 0, 0, 0, 0, 0, capabilities]
  const masked = (set: string): Words => {
    const mask = maskedEpyc.rows.get(set) ?? []
    return mask.map((word, index) => (word & ((raw[index] ?? 0) | (ALWAYS[index] ?? 0))) >>> 0)
  }
  return simpleHost(host, masked('HVM Hap Default'), masked('HVM Hap Max'), {
    vendor: cpu === 'rome' || cpu === 'milan' ? 'AuthenticAMD' : 'GenuineIntel',
    xen,
  })
}

export function dumpedHost(host: string, dump: Dump): HostCpu {
  return hostCpu(host, { vendor: dump.vendor, xen: '4.17.3', key: dump.key, rows: dump.rows })
}

/** Without one bit, in every row. */
export function withoutBit(dump: Dump, word: number, bit: number): Dump {
  const cleared = (words: Words): Words => words.map((value, index) => (index === word ? (value & ~(1 << bit)) >>> 0 : value))
  return { ...dump, rows: new Map([...dump.rows].map(([row, words]) => [row, cleared(words)])) }
}
