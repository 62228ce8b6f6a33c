// `xl list -l` (Xen 4.17, 4.20): the configuration of every domain, as libxl's JSON.
import { z } from 'zod'
import type { guest } from '../../../manager/protocol/guests.ts'
import { type Candidate, tidy } from './accept.ts'
import { neededRows, readJson, readRows, someNumber, someRows, someText } from './json.ts'
import { commandSource, type Parsed, textOf } from './reading.ts'

/** A guest as it was configured; state and what it has now are xl-list's to say. */
export type ConfiguredGuest = Omit<Candidate<z.input<typeof guest>>, 'state' | 'vcpus'>

const domain = z.object({
  domid: z.number().int().nonnegative(),
  config: z.object({
    c_info: z.object({ type: someText, name: z.string(), uuid: someText }),
    b_info: z.object({ max_vcpus: someNumber, max_memkb: someNumber, target_memkb: someNumber }),
    disks: someRows,
    nics: someRows,
  }),
})
/** What a disk lies on decides what may be taken away under it: of another kind than text, it is no empty drive. */
const disk = z.object({ vdev: z.string(), pdev_path: z.string().nullish(), format: someText, readwrite: someNumber })
const nic = z.object({ devid: someNumber, mac: someText, bridge: someText, ifname: someText })

const DOM0 = 0

/** Without dom0. */
export function parseXlListLong(stdout: string): Parsed<readonly ConfiguredGuest[]> {
  const all = readJson(stdout, neededRows)
  const domains = readRows(all.value, domain, 'domains')
  const reasons = [...all.reasons, ...domains.reasons]
  const value = domains.value
    .filter(({ domid }) => domid !== DOM0)
    .map(({ domid, config }): ConfiguredGuest => {
      const { c_info, b_info } = config
      const disks = readRows(config.disks, disk, `disks of domain ${domid}`)
      const nics = readRows(config.nics, nic, `NICs of domain ${domid}`)
      reasons.push(...[...disks.reasons, ...nics.reasons].map((reason) => ({ text: textOf(reason), lacks: 'parts' as const })))
      return {
        domid,
        uuid: c_info.uuid ?? '',
        name: tidy(c_info.name, 256) ?? `domain ${domid}`,
        type: c_info.type === 'pvh' || c_info.type === 'hvm' ? c_info.type : 'pv',
        maxVcpus: b_info.max_vcpus ?? 1,
        memoryBytes: kibibytes(b_info.target_memkb ?? b_info.max_memkb),
        maxMemoryBytes: kibibytes(b_info.max_memkb ?? b_info.target_memkb),
        disks: disks.value.map(({ vdev, pdev_path, format, readwrite }) => ({
          vdev,
          target: pdev_path ?? '',
          format,
          readOnly: readwrite !== 1,
        })),
        nics: nics.value.map(({ devid, mac, bridge, ifname }, index) => ({
          devid: devid ?? index,
          mac: mac?.toLowerCase(),
          bridge,
          vif: ifname ?? `vif${domid}.${devid ?? index}`,
        })),
      }
    })
  return { value, reasons }
}

export const xlListLong = commandSource({ command: ['xl', 'list', '-l'], parse: parseXlListLong })

function kibibytes(count: number | undefined): number {
  return (count ?? 0) * 1024
}
