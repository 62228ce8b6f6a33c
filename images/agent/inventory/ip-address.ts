// `ip -json addr`: the addresses of dom0.
import { z } from 'zod'
import { type Address, address } from '../../../manager/protocol/network.ts'
import { acceptAll } from './accept.ts'
import { neededRows, readJson, readRows, someNumber, someRows, someText } from './json.ts'
import { commandSource, type Parsed } from './reading.ts'

const row = z.object({ ifname: z.string(), addr_info: someRows })
const info = z.object({ local: z.string(), prefixlen: someNumber, scope: someText })

/** Without the loopback's, and without what IPv6 gives every link by itself. */
export function parseIpAddress(stdout: string): Parsed<readonly Address[]> {
  const all = readJson(stdout, neededRows)
  const rows = readRows(all.value, row, 'interfaces')
  const found = rows.value.map(({ ifname, addr_info }) => ({ ifname, addresses: readRows(addr_info, info, `addresses of ${ifname}`) }))
  const candidates = found.flatMap(({ ifname, addresses }) =>
    addresses.value
      .filter(({ scope }) => scope !== 'host' && scope !== 'link')
      .map(({ local, prefixlen }) => ({ interface: ifname, address: local, prefix: prefixlen ?? -1 })),
  )
  const accepted = acceptAll(address, candidates, (candidate) => `${candidate.interface}'s address ${candidate.address}`)
  const reasons = found.flatMap(({ addresses }) => addresses.reasons)
  return { value: accepted.value, reasons: [...all.reasons, ...rows.reasons, ...reasons, ...accepted.reasons] }
}

export const ipAddress = commandSource({ command: ['ip', '-json', 'addr'], parse: parseIpAddress })
