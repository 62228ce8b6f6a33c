// /proc/meminfo of dom0, and of a NUMA node below /sys/devices/system/node (there each line begins with `Node N`).
import { whole } from './accept.ts'
import { fieldsOf } from './fields.ts'
import { fileSource, type Parsed } from './reading.ts'

export interface Meminfo {
  readonly totalBytes: number | undefined
  readonly availableBytes: number | undefined
  readonly swapBytes: number | undefined
}

export function parseMeminfo(text: string): Parsed<Meminfo> {
  const fields = fieldsOf(text.replace(/^Node \d+ +/gm, ''))
  const kibibytes = (key: string): number | undefined => {
    const count = whole(/^(\d+) kB$/.exec(fields.get(key) ?? '')?.[1])
    return count === undefined ? undefined : count * 1024
  }
  const value = {
    totalBytes: kibibytes('MemTotal'),
    availableBytes: kibibytes('MemAvailable'),
    swapBytes: kibibytes('SwapTotal'),
  }
  return { value, reasons: value.totalBytes === undefined ? ['it does not tell MemTotal'] : [] }
}

export const meminfo = fileSource('/proc/meminfo', parseMeminfo, { value: parseMeminfo('').value, reasons: ['it is not there'] })
