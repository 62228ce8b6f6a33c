// `xl list -v` (Xen 4.17, 4.20): which domains there are, by the hypervisor's own list, in what state, and the CPU time that they used.
// The name may hold blanks; a zombie, or a domain that was made by hand, is called (null).
import { few, tidy } from './accept.ts'
import { commandSource, type Parsed } from './reading.ts'

export interface DomainRow {
  readonly domid: number
  readonly uuid: string
  readonly name: string
  readonly mebibytes: number
  readonly vcpus: number
  readonly state: 'running' | 'paused' | 'suspended' | 'shutdown' | 'crashed' | 'dying' | 'unknown'
  readonly cpuSeconds: number
}

/**
 * xl has died between making it and giving it its name, which comes before its memory: nothing was built in it, and it never runs. Not so a
 * zombie, which has no name any more, and is `dying`.
 */
export function isUnborn({ name, state, mebibytes }: DomainRow): boolean {
  return name === '(null)' && state === 'paused' && mebibytes === 0
}

/** XEN_DOMCTL's SHUTDOWN_suspend and SHUTDOWN_crash (xen/include/public/sched.h). */
const SUSPEND = '2'
const CRASH = '3'
const DOM0 = 0

export function parseXlList(stdout: string): Parsed<readonly DomainRow[]> {
  const lines = stdout.split('\n').filter((line) => line.trim() !== '')
  const rows = lines.slice(1).map(rowOf)
  const bad = lines.slice(1).filter((_, index) => rows[index] === undefined)
  const reasons = bad.map((line) => `line of unknown form: ${tidy(line, 80)}`)
  const value = rows.flatMap((row) => row ?? [])
  if (!/^$|\n\s*$/.test(stdout)) reasons.unshift('it was cut short: its last line has no end')
  // It is always there: a list without it is none of this host's.
  if (stdout.trim() !== '' && !value.some(({ domid }) => domid === DOM0)) reasons.unshift('it does not show dom0')
  return { value, reasons: few(reasons) }
}

export const xlList = commandSource({ command: ['xl', 'list', '-v'], parse: parseXlList })

/** The last columns of the line: ID Mem VCPUs State Time(s) UUID Reason-Code Security-Label. Before them is the name, whatever it holds. */
function rowOf(line: string): DomainRow | undefined {
  const match =
    /^(.*)\s(\d{1,5})\s+(\d{1,9})\s+(\d{1,5})\s+([-rbpscd]{6})\s+(\d{1,12}\.\d)\s+([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\s+(\S+)\s+\S+\s*$/.exec(
      line,
    )
  const [, name, domid, mebibytes, vcpus, flags = '', seconds, uuid, reason] = match ?? []
  if (uuid === undefined) return undefined
  return {
    domid: Number(domid),
    uuid,
    name: tidy(name, 256) ?? `domain ${domid}`,
    mebibytes: Number(mebibytes),
    vcpus: Number(vcpus),
    state: stateOf(flags, reason),
    cpuSeconds: Number(seconds),
  }
}

function stateOf(flags: string, reason: string | undefined): DomainRow['state'] {
  if (flags.includes('d')) return 'dying'
  if (flags.includes('c') || (flags.includes('s') && reason === CRASH)) return 'crashed'
  if (flags.includes('s')) return reason === SUSPEND ? 'suspended' : 'shutdown'
  return flags.includes('p') ? 'paused' : 'running'
}
