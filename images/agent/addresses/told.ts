// The addresses that tools in a guest write to xenstore: attr/vif/N/ipv4/M and ipv6/M (XCP-ng's tools and XenServer's of today), and
// attr/ethN/ip of older ones. The guest may write there what it likes. Pure.
import { MOST_ADDRESSES } from '../../../manager/protocol/guest-addresses.ts'
import { addressOf } from './address.ts'

/** Below /local/domain/N/. */
export const ATTRIBUTES = 'attr'

/** Of `xenstore-ls -f /local/domain/N/attr`: by number of the NIC, at most eight of a family. */
export function toldIn(text: string): ReadonlyMap<number, readonly string[]> {
  const found = new Map<number, string[]>()
  for (const [, vif, eth, value = ''] of text.matchAll(LINE)) {
    const address = addressOf(value)
    if (address === undefined) continue
    const devid = Number(vif ?? eth)
    const known = found.get(devid) ?? []
    const alike = known.filter((one) => one.includes(':') === address.includes(':'))
    if (known.includes(address) || alike.length >= MOST_ADDRESSES || (!found.has(devid) && found.size >= MOST_NICS)) continue
    found.set(devid, [...known, address])
  }
  return found
}

const MOST_NICS = 64
const LINE = /^\/local\/domain\/\d+\/attr\/(?:vif\/(\d{1,3})\/ipv[46]\/\d{1,3}|eth(\d{1,3})\/ip) = "([0-9A-Fa-f.:]{2,45}(?:\/\d{1,3})?)"$/gm
