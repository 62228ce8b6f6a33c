// The sections cpus, cpuPolicy, numa, memory and xen: what Xen says, and where there is no Xen, what dom0's kernel does.
import {
  type CpuPolicy,
  type Cpus,
  cpuPolicy,
  cpus,
  type Memory,
  MOST_CPUS,
  memory,
  type NumaNode,
  numaNode,
  type Xen,
  xen,
} from '../../../manager/protocol/machine.ts'
import type { Backend } from '../backend.ts'
import { accept, acceptAll, type Candidate } from '../inventory/accept.ts'
import { cpuinfo } from '../inventory/cpuinfo.ts'
import { meminfo } from '../inventory/meminfo.ts'
import { numaSysfs } from '../inventory/numa-sysfs.ts'
import type { Reading } from '../inventory/reading.ts'
import { type FeatureRows, type PolicyLeaves, xenCpuid, xenCpuidPolicies } from '../inventory/xen-cpuid.ts'
import { type XlInfo, xlInfo } from '../inventory/xl-info.ts'
import { readAll, told } from './section.ts'

/** Feature word and bit of NX: CPUID 0x80000001 edx. */
const NX_WORD = 'e1d'
const NX_BIT = 20

export async function readCpus(backend: Backend): Promise<Reading<Cpus>> {
  const { values, problems } = await readAll(backend, xlInfo, cpuinfo)
  const [info, cpu] = values
  const { value, reasons } = accept(cpus, { ...cpu, ...countsOf(info), threads: info.threads, kilohertz: info.kilohertz }, 'CPUs')
  return { value: value ?? { flags: [] }, problems: [...problems, ...told('/proc/cpuinfo', reasons)] }
}

export async function readCpuPolicy(backend: Backend): Promise<Reading<CpuPolicy>> {
  const { values, problems } = await readAll(backend, xenCpuid, xenCpuidPolicies, xlInfo, cpuinfo)
  const [features, policies, info, cpu] = values
  const host = policies.find(({ policy }) => policy === 'Host')
  const { value, reasons } = accept(
    cpuPolicy,
    {
      xenVersion: info.version,
      vendor: host?.vendor ?? cpu.vendor,
      family: host?.family ?? cpu.family,
      model: host?.model ?? cpu.modelNumber,
      stepping: host?.stepping ?? cpu.stepping,
      microcode: cpu.microcode,
      nx: nxOf(features),
      virtCaps: info.virtCaps,
      key: features.key,
      rows: features.rows.map((row) => ({ ...row, ...leavesOf(policies, row.row) })),
    },
    'CPU policies',
  )
  return { value: value ?? { virtCaps: [], key: [], rows: [] }, problems: [...problems, ...told('xen-cpuid', reasons)] }
}

export async function readNuma(backend: Backend): Promise<Reading<readonly NumaNode[]>> {
  const { values, problems } = await readAll(backend, xlInfo, numaSysfs)
  const [info, dom0Nodes] = values
  const xenNodes = info.nodes.map((node) => ({ ...node, cpus: cpusOf(info, node.node) }))
  const { value, reasons } = acceptAll(numaNode, xenNodes.length > 0 ? xenNodes : dom0Nodes, ({ node }) => `NUMA node ${node}`)
  return { value, problems: [...problems, ...told('NUMA nodes', reasons)] }
}

export async function readMemory(backend: Backend): Promise<Reading<Memory>> {
  const { values, problems } = await readAll(backend, xlInfo, meminfo)
  const [info, dom0] = values
  const { value, reasons } = accept(
    memory,
    {
      totalBytes: info.totalBytes ?? dom0.totalBytes,
      dom0TotalBytes: dom0.totalBytes,
      dom0SwapBytes: dom0.swapBytes,
    },
    'memory',
  )
  return { value: value ?? {}, problems: [...problems, ...told('/proc/meminfo', reasons)] }
}

export async function readXen(backend: Backend): Promise<Reading<Xen>> {
  const { values, problems } = await readAll(backend, xlInfo)
  const [{ version, changeset, commandLine, virtCaps, xenCaps, scheduler, totalBytes, freeBytes }] = values
  const { value, reasons } = accept(xen, { version, changeset, commandLine, virtCaps, xenCaps, scheduler, totalBytes, freeBytes }, 'Xen')
  return { value: value ?? { virtCaps: [], xenCaps: [] }, problems: [...problems, ...told('xl info -n', reasons)] }
}

/** From the topology, else from what Xen says of every core and socket alike. */
function countsOf({ topology, threads, threadsPerCore, coresPerSocket }: XlInfo): Pick<Candidate<Cpus>, 'sockets' | 'cores'> {
  if (topology.length > 0) {
    const sockets = new Set(topology.map(({ socket }) => socket)).size
    return { sockets, cores: new Set(topology.map(({ core, socket }) => `${socket}/${core}`)).size }
  }
  if (threads === undefined || !threadsPerCore || !coresPerSocket) return {}
  const cores = Math.ceil(threads / threadsPerCore)
  return { sockets: Math.ceil(cores / coresPerSocket), cores }
}

function nxOf({ key, rows }: FeatureRows): boolean | undefined {
  const word = rows.find(({ row }) => row === 'Host')?.words[key.indexOf(NX_WORD)]
  return word === undefined ? undefined : ((Number.parseInt(word, 16) >>> NX_BIT) & 1) === 1
}

function leavesOf(policies: readonly PolicyLeaves[], row: string): Partial<PolicyLeaves> {
  const found = policies.find(({ policy }) => policy === row)
  if (!found) return {}
  const { maxBasicLeaf, maxExtendedLeaf, maxStructuredSubleaf } = found
  return { maxBasicLeaf, maxExtendedLeaf, maxStructuredSubleaf }
}

/** Where the firmware tells no topology, as in many virtual machines, the only node has all CPUs. */
function cpusOf(info: XlInfo, node: number): number[] {
  if (info.topology.length === 0 && info.nodes.length === 1)
    return Array.from({ length: Math.min(info.threads ?? 0, MOST_CPUS) }, (_, cpu) => cpu)
  return info.topology.filter((cpu) => cpu.node === node).map(({ cpu }) => cpu)
}
