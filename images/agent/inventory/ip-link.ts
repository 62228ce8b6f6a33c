// `ip -json -details link` (iproute2 6): every interface, what kind it is, and how it is put together with others.
import { z } from 'zod'
import { neededRows, readJson, readRows, someNumber, someText } from './json.ts'
import { commandSource, type Parsed } from './reading.ts'

/** Members that another member of the same object holds: an object of strings and numbers, or nothing. */
const members = <Shape extends z.ZodRawShape>(shape: Shape) => z.object(shape).optional().catch(undefined)

const row = z.object({
  ifname: z.string(),
  link_type: someText,
  address: someText,
  permaddr: someText,
  operstate: someText,
  mtu: someNumber,
  master: someText,
  /** The lower device of a VLAN. */
  link: someText,
  parentbus: someText,
  parentdev: someText,
  linkinfo: members({
    info_kind: someText,
    info_slave_kind: someText,
    info_data: members({
      mode: someText,
      protocol: someText,
      id: someNumber,
      stp_state: someNumber,
      vlan_filtering: someNumber,
      vlan_protocol: someText,
    }),
    info_slave_data: members({ state: someText, perm_hwaddr: someText }),
  }),
})

export type LinkRow = z.output<typeof row>

export function parseIpLink(stdout: string): Parsed<readonly LinkRow[]> {
  const all = readJson(stdout, neededRows)
  const rows = readRows(all.value, row, 'interfaces')
  return { value: rows.value, reasons: [...all.reasons, ...rows.reasons] }
}

export const ipLink = commandSource({ command: ['ip', '-json', '-details', 'link'], parse: parseIpLink })

/** RFC 2863's operational state in one word less fine; a bridge without ports is `unknown` to the kernel. */
export function linkState({ operstate }: LinkRow): 'up' | 'down' | 'unknown' {
  switch (operstate) {
    case 'UP':
      return 'up'
    case 'DOWN':
    case 'LOWERLAYERDOWN':
    case 'NOTPRESENT':
    case 'DORMANT':
      return 'down'
    default:
      return 'unknown'
  }
}
