// `lldpcli -f json0 show neighbors details` (lldpd 1.0): the form in which everything is a list and every leaf has a `value`.
import { z } from 'zod'
import type { nic } from '../../../manager/protocol/network.ts'
import { type Candidate, tidy } from './accept.ts'
import { neededRows, readJson, readRows, someNumber, someRows, someText } from './json.ts'
import { commandSource, type Parsed } from './reading.ts'

export type Neighbour = Candidate<z.input<typeof nic>>['neighbours'][number]

const leaf = z.object({ type: someText, value: someText })
const vlanRow = z.object({
  'vlan-id': someNumber,
  pvid: z
    .union([z.boolean(), z.enum(['yes', 'no'])])
    .optional()
    .catch(undefined),
})
const interfaceRow = z.object({ name: z.string(), via: someText, chassis: someRows, port: someRows, vlan: someRows })
const chassisRow = z.object({ id: someRows, name: someRows, descr: someRows })
const portRow = z.object({ id: someRows, descr: someRows })

const LONGEST = 256

/** By interface. A neighbour that does not say which chassis and port it is has no use, and is a reason. */
export function parseLldp(stdout: string): Parsed<ReadonlyMap<string, readonly Neighbour[]>> {
  const all = readJson(stdout, z.object({ lldp: neededRows }))
  const top = readRows(all.value?.lldp, z.object({ interface: someRows }), 'reports')
  const value = new Map<string, Neighbour[]>()
  const reasons = [...all.reasons, ...top.reasons]
  for (const report of top.value) {
    const interfaces = readRows(report.interface, interfaceRow, 'interfaces')
    reasons.push(...interfaces.reasons)
    for (const row of interfaces.value) {
      const neighbour = neighbourOf(row)
      if (neighbour) value.set(row.name, [...(value.get(row.name) ?? []), neighbour])
      else reasons.push(`a neighbour on ${tidy(row.name, 32)} has no chassis or port id`)
    }
  }
  return { value, reasons }
}

/** lldpd does not run on hosts where nobody started it: no neighbours, no fault. */
export const lldp = commandSource({
  command: ['lldpcli', '-f', 'json0', 'show', 'neighbors', 'details'],
  parse: parseLldp,
  nothing: ({ exitCode, stderr }) => exitCode !== 0 && /unable to connect to socket/.test(stderr),
})

function neighbourOf(row: z.output<typeof interfaceRow>): Neighbour | undefined {
  const chassis = readRows(row.chassis, chassisRow, 'chassis').value[0]
  const port = readRows(row.port, portRow, 'ports').value[0]
  const [chassisId, portId] = [identity(chassis?.id), identity(port?.id)]
  if (chassisId === undefined || portId === undefined) return undefined
  const vlans = readRows(row.vlan, vlanRow, 'VLANs').value.flatMap((vlan) => {
    const id = vlan['vlan-id']
    return id !== undefined && id >= 1 && id <= 4094 ? [{ id, native: vlan.pvid === true || vlan.pvid === 'yes' }] : []
  })
  return {
    chassisId,
    chassisName: textOf(chassis?.name),
    chassisDescription: textOf(chassis?.descr),
    portId,
    portDescription: textOf(port?.descr),
    nativeVlan: vlans.find(({ native }) => native)?.id,
    vlans: [...new Set(vlans.map(({ id }) => id))].sort((a, b) => a - b),
  }
}

/** `mac 00:1c:73:00:00:01`: kind and value of the first id. */
function identity(rows: unknown): string | undefined {
  const first = readRows(rows, leaf, 'ids').value[0]
  return first?.value === undefined ? undefined : tidy(`${first.type ?? 'local'} ${first.value}`, LONGEST)
}

function textOf(rows: unknown): string | undefined {
  return tidy(readRows(rows, leaf, 'texts').value[0]?.value, LONGEST)
}
