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

export type BlockRow = Omit<z.output<typeof row>, 'children'>

/** Deeper than any real stack of devices; what is below is left out. */
const DEEPEST = 32

/** Each device once, by `kname`, parents before children. */
export function parseLsblk(stdout: string): Parsed<readonly BlockRow[]> {
  const report = readJson(stdout, z.object({ blockdevices: neededRows }))
  const found = new Map<string, BlockRow>()
  const reasons = [...report.reasons]
  const visit = (rows: unknown, depth: number): void => {
    if (depth > DEEPEST) {
      reasons.push(`devices nested deeper than ${DEEPEST} are left out`)
      return
    }
    const read = readRows(rows, row, 'block devices')
    reasons.push(...read.reasons)
    for (const { children, ...device } of read.value) {
      if (found.has(device.kname)) continue
      found.set(device.kname, device)
      visit(children, depth + 1)
    }
  }
  visit(report.value?.blockdevices, 0)
  return { value: [...found.values()], reasons: few(reasons) }
}

export const lsblk = commandSource({ command: ['lsblk', '--json', '--bytes', '-O'], parse: parseLsblk })
