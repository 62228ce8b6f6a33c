// /proc/cpuinfo of dom0: masked by Xen and only as many CPUs as dom0 has, but the name and the microcode are the machine's.
import { tidy, whole } from './accept.ts'
import { fieldsOf } from './fields.ts'
import { fileSource, type Parsed } from './reading.ts'

export interface CpuInfo {
  readonly vendor: string | undefined
  readonly model: string | undefined
  readonly family: number | undefined
  readonly modelNumber: number | undefined
  readonly stepping: number | undefined
  /** Hexadecimal without 0x. */
  readonly microcode: string | undefined
  readonly flags: readonly string[]
}

/** Of the first CPU. */
export function parseCpuinfo(text: string): Parsed<CpuInfo> {
  const fields = fieldsOf(text.split(/\n\s*\n/)[0] ?? '')
  const value: CpuInfo = {
    vendor: tidy(fields.get('vendor_id'), 16),
    model: tidy(fields.get('model name')?.replace(/\s+/g, ' '), 128),
    family: whole(fields.get('cpu family')),
    modelNumber: whole(fields.get('model')),
    stepping: whole(fields.get('stepping')),
    microcode: /^0x([0-9a-f]{1,16})$/.exec(fields.get('microcode') ?? '')?.[1],
    flags: (fields.get('flags') ?? '').split(' ').flatMap((flag) => tidy(flag, 32) ?? []),
  }
  return { value, reasons: fields.has('processor') ? [] : ['it tells of no processor'] }
}

export const cpuinfo = fileSource('/proc/cpuinfo', parseCpuinfo, {
  value: parseCpuinfo('').value,
  reasons: ['it is not there'],
})
