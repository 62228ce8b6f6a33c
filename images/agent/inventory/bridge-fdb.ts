// `bridge -json fdb show`: which stations a bridge has learned, and behind which port.
import { z } from 'zod'
import { type Heard, heard } from '../../../manager/protocol/network.ts'
import { acceptAll } from './accept.ts'
import { neededRows, readJson, readRows, someNumber, someText } from './json.ts'
import { commandSource, type Parsed } from './reading.ts'

const row = z.object({ mac: z.string(), ifname: z.string(), vlan: someNumber, master: someText, state: someText })

/** Learned entries only: `permanent` are this host's own and multicast groups. Sorted, so that equal tables are equal. */
export function parseBridgeFdb(stdout: string): Parsed<readonly Heard[]> {
  const all = readJson(stdout, neededRows)
  const rows = readRows(all.value, row, 'entries')
  const learned = rows.value.flatMap(({ mac, ifname, vlan, master, state }) =>
    master === undefined || state === 'permanent' || state === 'static' ? [] : [{ bridge: master, port: ifname, mac, vlan }],
  )
  const accepted = acceptAll(heard, learned, (candidate) => `${candidate.mac} on ${candidate.bridge}`)
  const order = (entry: Heard): string => `${entry.bridge}\0${entry.mac}\0${entry.vlan ?? 0}`
  const value = [...accepted.value].sort((a, b) => (order(a) < order(b) ? -1 : 1))
  return { value, reasons: [...all.reasons, ...rows.reasons, ...accepted.reasons] }
}

export const bridgeFdb = commandSource({ command: ['bridge', '-json', 'fdb', 'show'], parse: parseBridgeFdb })
