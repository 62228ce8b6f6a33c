// `lsblk --json --bytes -O` (util-linux 2.38, 2.41): every block device, as a tree in which a device below several others is repeated.
import { z } from 'zod'
import { few } from './accept.ts'
import { neededRows, readJson, readRows, someFlag, someNumber, someRows, someText, someTexts } from './json.ts'
import { commandSource, type Parsed } from './reading.ts'

const row = z.object({
  kname: z.string(),
  path: someText,
  'maj:min': someText,
  type: someText,
  size: someNumber,
  'log-sec': someNumber,
  start: someNumber,
  rota: someFlag,
  ro: someFlag,
  rm: someFlag,
  tran: someText,
  vendor: someText,
  model: someText,
  rev: someText,
  serial: someText,
  wwn: someText,
  hctl: someText,
  subsystems: someText,
  pkname: someText,
  partn: someNumber,
  parttype: someText,
  partuuid: someText,
  partlabel: someText,
  fstype: someText,
  uuid: someText,
  label: someText,
  mountpoints: someTexts,
  children: someRows,
})

export type BlockRow = Omit<z.output<typeof row>, 'children'> & {
  /** By `kname`: all that it stands on, not only the one of `pkname`. */
  readonly parents: readonly string[]
}

/** Deeper than any real stack of devices; what is below is left out. */
const DEEPEST = 32

/** Each device once, by `kname`, parents before children. */
export function parseLsblk(stdout: string): Parsed<readonly BlockRow[]> {
  const report = readJson(stdout, z.object({ blockdevices: neededRows }))
  const found = new Map<string, BlockRow & { parents: string[] }>()
  const reasons = [...report.reasons]
  const visit = (rows: unknown, depth: number, parent?: string): void => {
    if (depth > DEEPEST) {
      reasons.push(`devices nested deeper than ${DEEPEST} are left out`)
      return
    }
    const read = readRows(rows, row, 'block devices')
    reasons.push(...read.reasons)
    for (const { children, ...device } of read.value) {
      const known = found.get(device.kname)
      const parents: string[] = known?.parents ?? []
      if (parent !== undefined && !parents.includes(parent)) parents.push(parent)
      if (known) continue
      found.set(device.kname, { ...device, parents })
      visit(children, depth + 1, device.kname)
    }
  }
  visit(report.value?.blockdevices, 0)
  return { value: [...found.values()], reasons: few(reasons) }
}

/** The devices that one stands on and that stand on none themselves, through partitions, maps, md, LUKS, bcache and LVs; not itself. */
export function rootsOf(rows: readonly BlockRow[]): (kname: string) => readonly string[] {
  const parentsOf = new Map(rows.map(({ kname, parents }) => [kname, parents]))
  return (kname) => {
    const seen = new Set<string>()
    const waiting = [...(parentsOf.get(kname) ?? [])]
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      if (seen.has(at)) continue
      seen.add(at)
      waiting.push(...(parentsOf.get(at) ?? []))
    }
    return [...seen].filter((name) => (parentsOf.get(name) ?? []).length === 0).sort()
  }
}

export const lsblk = commandSource({ command: ['lsblk', '--json', '--bytes', '-O'], parse: parseLsblk })
