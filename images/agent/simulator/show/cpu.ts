// What a simulated machine's `xl info -n`, `xen-cpuid` and /proc/cpuinfo print.
import { CPU_KEY, CPU_ROWS, type CpuRow } from '../machine/cpu-models.ts'
import { type Machine, MODULE_BYTES } from '../machine/machine.ts'

const THREADS_PER_CORE = 2
const DOM0_MEBIBYTES = 640
const NX_WORD = 2
const NX_BIT = 0x00100000
const MIB = 2 ** 20

function threadsOf({ sockets, cpu }: Machine): number {
  return sockets * cpu.coresPerSocket * THREADS_PER_CORE
}

/** `free`: MiB that no domain has. */
export function showXlInfo(machine: Machine, free: number): string {
  const { cpu, sockets } = machine
  const threads = threadsOf(machine)
  const total = Math.floor((machine.memoryModules * MODULE_BYTES) / MIB)
  const perSocket = cpu.coresPerSocket * THREADS_PER_CORE
  const topology = Array.from({ length: threads }, (_, number) => {
    const socket = Math.floor(number / perSocket)
    const core = Math.floor((number % perSocket) / THREADS_PER_CORE)
    return `${pad(number, 3)}:   ${pad(core, 4)}     ${pad(socket, 4)}     ${pad(socket, 4)}`
  })
  const numa = Array.from({ length: sockets }, (_, node) => {
    const distances = Array.from({ length: sockets }, (_, other) => (other === node ? 10 : 21)).join(',')
    return `${pad(node, 4)}: ${pad(Math.floor(total / sockets), 9)} ${pad(Math.floor(free / sockets), 10)}      ${distances}`
  })
  return [
    `host                   : ${machine.name}`,
    'release                : 6.12.117+deb13-amd64',
    'version                : #1 SMP PREEMPT_DYNAMIC Debian 6.12.117-1 (2026-11-12)',
    'machine                : x86_64',
    `nr_cpus                : ${threads}`,
    `max_cpu_id             : ${threads - 1}`,
    `nr_nodes               : ${sockets}`,
    `cores_per_socket       : ${cpu.coresPerSocket}`,
    `threads_per_core       : ${THREADS_PER_CORE}`,
    `cpu_mhz                : ${(cpu.kilohertz / 1000).toFixed(3)}`,
    'virt_caps              : pv hvm hvm_directio pv_directio hap gnttab-v1 gnttab-v2',
    `total_memory           : ${total}`,
    `free_memory            : ${free}`,
    'cpu_topology           :',
    'cpu:    core    socket     node',
    ...topology,
    'device topology        :',
    'device           node',
    'No device topology data available',
    'numa_info              :',
    'node:    memsize    memfree    distances',
    ...numa,
    'xen_major              : 4',
    'xen_minor              : 20',
    'xen_version            : 4.20.5-pre',
    'xen_caps               : xen-3.0-x86_64 hvm-3.0-x86_32 hvm-3.0-x86_32p hvm-3.0-x86_64 ',
    'xen_scheduler          : credit2',
    'xen_changeset          : ',
    `xen_commandline        : dom0_mem=${DOM0_MEBIBYTES}M,max:${DOM0_MEBIBYTES}M com1=115200,8n1 console=com1,vga`,
    '',
  ].join('\n')
}

export function showXenCpuid(machine: Machine): string {
  const rows = CPU_ROWS.map((row) => `${row.padEnd(32)}${wordsOf(machine, row).join(':')}`)
  return `nr_features: 19\n${' '.repeat(28)}KEY ${CPU_KEY}\n\nStatic sets:\n\nDynamic sets:\n${rows.join('\n')}\n`
}

export function showPolicies({ cpu }: Machine): string {
  const [b, d, c] = [0, 4, 8].map((offset) => hex(Buffer.from(cpu.vendor, 'latin1').readUInt32LE(offset)))
  const base = Math.min(cpu.family, 15)
  const signature = ((cpu.family - base) << 20) | ((cpu.model >> 4) << 16) | (base << 8) | ((cpu.model & 15) << 4) | cpu.stepping
  const policies = CPU_ROWS.map((row) =>
    [
      `${row} policy: 4 leaves, 0 MSRs`,
      ' CPUID:',
      '  leaf     subleaf  -> eax      ebx      ecx      edx     ',
      `  00000000:ffffffff -> ${hex(cpu.maxBasicLeaf)}:${b}:${c}:${d}`,
      `  00000001:ffffffff -> ${hex(signature)}:00000800:00000000:00000000`,
      '  00000007:00000000 -> 00000000:00000000:00000000:00000000',
      `  80000000:ffffffff -> ${hex(cpu.maxExtendedLeaf)}:${b}:${c}:${d}`,
    ].join('\n'),
  )
  return `Xen reports there are maximum 120 leaves and 2 MSRs\n${policies.join('\n')}\n`
}

export function showCpuinfo({ cpu }: Machine): string {
  return [
    'processor\t: 0',
    `vendor_id\t: ${cpu.vendor}`,
    `cpu family\t: ${cpu.family}`,
    `model\t\t: ${cpu.model}`,
    `model name\t: ${cpu.name}`,
    `stepping\t: ${cpu.stepping}`,
    `microcode\t: ${cpu.microcode}`,
    'flags\t\t: fpu de tsc msr pae mce cx8 apic sep mca cmov pat clflush mmx fxsr sse sse2 ht syscall nx lm constant_tsc hypervisor',
    '',
  ].join('\n')
}

/** Where the firmware switched NX off, no policy has it. */
function wordsOf({ cpu, nx }: Machine, row: CpuRow): readonly string[] {
  return cpu.rows[row].split(':').map((word, index) => (nx || index !== NX_WORD ? word : hex((Number.parseInt(word, 16) & ~NX_BIT) >>> 0)))
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0')
}

function pad(value: number, width: number): string {
  return String(value).padStart(width)
}
