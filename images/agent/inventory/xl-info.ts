// `xl info -n` (Xen 4.17, 4.20): the hypervisor, the machine as it sees it, and its CPUs and memory by NUMA node.
import { tidy, whole } from './accept.ts'
import { fieldsOf } from './fields.ts'
import { commandSource, type Parsed } from './reading.ts'

export interface XlInfo {
  readonly machine: string | undefined
  readonly version: string | undefined
  readonly changeset: string | undefined
  readonly commandLine: string | undefined
  readonly scheduler: string | undefined
  readonly virtCaps: readonly string[]
  readonly xenCaps: readonly string[]
  /** Logical CPUs that are on line. */
  readonly threads: number | undefined
  readonly threadsPerCore: number | undefined
  readonly coresPerSocket: number | undefined
  readonly kilohertz: number | undefined
  readonly totalBytes: number | undefined
  readonly freeBytes: number | undefined
  /** Empty where Xen was not told, as in an emulated machine. */
  readonly topology: readonly { readonly cpu: number; readonly core: number; readonly socket: number; readonly node: number }[]
  readonly nodes: readonly {
    readonly node: number
    readonly bytes: number
    readonly freeBytes: number
    readonly distances: readonly number[]
  }[]
}

const MIB = 2 ** 20

export function parseXlInfo(stdout: string): Parsed<XlInfo> {
  const fields = fieldsOf(stdout)
  const mebibytes = (key: string): number | undefined => {
    const value = whole(fields.get(key))
    return value === undefined ? undefined : value * MIB
  }
  const megahertz = fields.get('cpu_mhz')
  const value: XlInfo = {
    machine: tidy(fields.get('machine'), 32),
    version: tidy(fields.get('xen_version'), 64),
    changeset: tidy(fields.get('xen_changeset'), 128),
    commandLine: tidy(fields.get('xen_commandline'), 2048),
    scheduler: tidy(fields.get('xen_scheduler'), 32),
    virtCaps: wordsOf(fields.get('virt_caps')),
    xenCaps: wordsOf(fields.get('xen_caps')),
    threads: whole(fields.get('nr_cpus')),
    threadsPerCore: whole(fields.get('threads_per_core')),
    coresPerSocket: whole(fields.get('cores_per_socket')),
    kilohertz: megahertz !== undefined && /^\d{1,6}(\.\d+)?$/.test(megahertz) ? Math.round(Number(megahertz) * 1000) : undefined,
    totalBytes: mebibytes('total_memory'),
    freeBytes: mebibytes('free_memory'),
    topology: rowsBelow(stdout, 'cpu:').flatMap(({ label, numbers: [core, socket, node] }) =>
      core === undefined || socket === undefined || node === undefined ? [] : [{ cpu: label, core, socket, node }],
    ),
    nodes: rowsBelow(stdout, 'node:').flatMap(({ label, text, numbers: [total, free] }) =>
      total === undefined || free === undefined
        ? []
        : [{ node: label, bytes: total * MIB, freeBytes: free * MIB, distances: distancesOf(text) }],
    ),
  }
  return { value, reasons: stdout === '' || fields.has('xen_version') ? [] : ['it does not tell xen_version'] }
}

export const xlInfo = commandSource({ command: ['xl', 'info', '-n'], parse: parseXlInfo })

/** The table whose head begins with this word: rows of `label: number number …`. */
function rowsBelow(stdout: string, head: string): { label: number; text: string; numbers: number[] }[] {
  const lines = stdout.split('\n')
  const start = lines.findIndex((line) => line.startsWith(head))
  const rows: { label: number; text: string; numbers: number[] }[] = []
  if (start < 0) return rows
  for (const line of lines.slice(start + 1)) {
    const [, label, text] = /^\s*(\d{1,6}):\s+(.*)$/.exec(line) ?? []
    if (label === undefined || text === undefined) break
    rows.push({ label: Number(label), text, numbers: text.split(/[\s,]+/).flatMap((word) => whole(word) ?? []) })
  }
  return rows
}

/** Of a row of numa_info: the last column, `10,21`. */
function distancesOf(text: string): number[] {
  return (text.trim().split(/\s+/)[2] ?? '').split(',').flatMap((word) => whole(word) ?? [])
}

function wordsOf(text: string | undefined): readonly string[] {
  return (text ?? '').split(/\s+/).flatMap((word) => tidy(word, 32) ?? [])
}
