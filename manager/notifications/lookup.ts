// Names of receivers as addresses, but those that a name must not lead to: where clouds hand out secrets of the machine, and other
// link-local ones. Who means such a one types its address: addresses are not looked up.
import { lookup } from 'node:dns'
import { BlockList, isIPv6, type LookupFunction } from 'node:net'

const CLOSED = new BlockList()
CLOSED.addSubnet('169.254.0.0', 16, 'ipv4')
CLOSED.addAddress('100.100.100.200', 'ipv4')
CLOSED.addSubnet('fe80::', 10, 'ipv6')
CLOSED.addAddress('fd00:ec2::254', 'ipv6')

/** Also as IPv6 that holds an IPv4 address. */
export function isClosed(address: string): boolean {
  return CLOSED.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}

/** `resolve`: of a test. */
export function openLookup(resolve: typeof lookup = lookup): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      const open = error ? [] : addresses.filter(({ address }) => !isClosed(address))
      const [first] = open
      if (error) return callback(error, [])
      if (!first) return callback(new Error(`${hostname} leads to a link-local address: who means that types the address`), [])
      if (options.all) callback(null, open)
      else callback(null, first.address, first.family)
    })
  }
}
