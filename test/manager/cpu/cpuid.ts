// CPUID dumps of real machines as hosts under Xen 4.17: its feature words from the leaves, through its static sets for HAP guests.
import { readFileSync } from 'node:fs'
import type { HostCpu } from '../../../manager/cpu/host.ts'
import { maskedEpyc, simpleHost, type Words } from './cpus.ts'

const DUMPS = new URL('cpus/cpuid-dumps.txt', import.meta.url)

type Registers = readonly number[]
type Leaves = ReadonlyMap<string, Registers>

const dumps: ReadonlyMap<string, Leaves> = new Map(
  readFileSync(DUMPS, 'utf8')
    .split('\n\n')
    .filter((block) => !block.startsWith('#'))
    .map((block) => {
      const [name = '', ...lines] = block.trim().split('\n')
      return [
        name,
        new Map(
          lines.map((line) => {
            const [leaf = '', ...registers] = line.split(' ')
            return [leaf, registers.map((register) => Number.parseInt(register, 16))]
          }),
        ),
      ]
    }),
)

const [EAX, EBX, ECX, EDX] = [0, 1, 2, 3]

/** Where Xen's words come from (public/arch-x86/cpufeatureset.h), in its order. */
const WORDS: readonly (readonly [leaf: string, register: number])[] = [
  ['00000001/00', EDX],
  ['00000001/00', ECX],
  ['80000001/00', EDX],
  ['80000001/00', ECX],
  ['0000000d/01', EAX],
  ['00000007/00', EBX],
  ['00000007/00', ECX],
  ['80000007/00', EDX],
  ['80000008/00', EBX],
  ['00000007/00', EDX],
  ['00000007/01', EAX],
  ['80000021/00', EAX],
  ['00000007/01', EBX],
  ['00000007/02', EDX],
  ['00000007/01', ECX],
  ['00000007/01', EDX],
  ['msr/10a', 1],
  ['msr/10a', 0],
]

const ARCH_CAPS = 1 << 29

/** Xen reads the MSR where CPUID says that there is one: the dump of an EPYC has one that is KVM's. */
function wordsOf(leaves: Leaves): Words {
  const hasMsr = ((leaves.get('00000007/00')?.[EDX] ?? 0) & ARCH_CAPS) !== 0
  return WORDS.map(([leaf, register]) => (leaf.startsWith('msr') && !hasMsr ? 0 : (leaves.get(leaf)?.[register] ?? 0)))
}

const HYPERVISOR_AND_X2APIC = 0x80200000
const [IBRSB, STIBP, IBPB] = [1 << 26, 1 << 27, 1 << 12]

/** What Xen adds by itself: that there is a hypervisor and an x2APIC; with IBRS also STIBP, and IBPB by AMD's bit. */
function adjusted(words: Words): Words {
  const hasIbrs = ((words[9] ?? 0) & IBRSB) !== 0
  return words.map((word, index) => {
    if (index === 1) return (word | HYPERVISOR_AND_X2APIC) >>> 0
    if (index === 9 && hasIbrs) return (word | STIBP) >>> 0
    return index === 8 && hasIbrs ? (word | IBPB) >>> 0 : word
  })
}

export type Dumped =
  | 'Xeon-E5-2609-v3'
  | 'Xeon-E5-2650-v4'
  | 'Xeon-E5-2623-v4'
  | 'Xeon-Gold-6148'
  | 'Xeon-Platinum-8268'
  | 'Xeon-Platinum-9242'
  | 'Ice-Lake-Server'
  | 'EPYC-7601-32-Core'
  | 'EPYC-7502-32-Core'

/** `without`: bits that the machine's firmware hides. */
export function machine(
  name: Dumped,
  { host = name as string, without = [] as readonly (readonly [word: number, bit: number])[] } = {},
): HostCpu {
  const leaves = dumps.get(name)
  if (!leaves) throw new Error(`there is no dump ${name}`)
  const raw = wordsOf(leaves).map((word, index) => {
    const hidden = without.filter(([hiddenIn]) => hiddenIn === index).reduce((bits, [, bit]) => bits | (1 << bit), 0)
    return (word & ~hidden) >>> 0
  })
  const has = adjusted(raw)
  const masked = (set: string): Words => (maskedEpyc.rows.get(set) ?? []).map((word, index) => (word & (has[index] ?? 0)) >>> 0)
  const vendor = leaves.get('00000000/00')?.[EBX] === 0x68747541 ? 'AuthenticAMD' : 'GenuineIntel'
  return simpleHost(host, masked('HVM Hap Default'), masked('HVM Hap Max'), { vendor, xen: '4.17.6' })
}
