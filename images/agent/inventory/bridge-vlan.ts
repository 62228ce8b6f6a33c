// `bridge -json vlan show`: which VLANs a filtering bridge lets through at each port.
import { z } from 'zod'
import { neededRows, readJson, readRows, someNumber, someRows } from './json.ts'
import { commandSource, type Parsed } from './reading.ts'

const row = z.object({ ifname: z.string(), vlans: someRows })
const entry = z.object({ vlan: z.number().int(), vlanEnd: someNumber, flags: z.array(z.string()).catch([]) })
const LARGEST = 4094

export interface PortVlans {
  /** Of untagged frames that come in. */
  readonly native: number | undefined
  readonly vlans: readonly number[]
}

/** By port. Ranges (`vlanEnd`) are written out. */
export function parseBridgeVlan(stdout: string): Parsed<ReadonlyMap<string, PortVlans>> {
  const all = readJson(stdout, neededRows)
  const rows = readRows(all.value, row, 'ports')
  const reasons = [...all.reasons, ...rows.reasons]
  const value = new Map<string, PortVlans>()
  for (const { ifname, vlans } of rows.value) {
    const entries = readRows(vlans, entry, `VLANs of ${ifname}`)
    reasons.push(...entries.reasons)
    const ids = entries.value.flatMap(({ vlan, vlanEnd }) => range(vlan, Math.min(vlanEnd ?? vlan, LARGEST)))
    const native = entries.value.find(({ flags }) => flags.includes('PVID'))?.vlan
    value.set(ifname, { native, vlans: [...new Set(ids)].sort((a, b) => a - b) })
  }
  return { value, reasons }
}

export const bridgeVlan = commandSource({ command: ['bridge', '-json', 'vlan', 'show'], parse: parseBridgeVlan })

function range(first: number, last: number): number[] {
  return first < 1 || last < first ? [] : Array.from({ length: last - first + 1 }, (_, index) => first + index)
}
