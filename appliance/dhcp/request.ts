// REQUEST → ACK, NAK or silence (RFC 2131 section 4.3.2), when we give the addresses.
import { type Ipv4, subnetContains } from '../wire/addresses.ts'
import { type Client, type Decision, type DhcpContext, silent } from './decision.ts'
import { isLive, type LeaseChange, ownerOf } from './lease.ts'
import { purposeOf } from './purpose.ts'
import { isOurIdentifier } from './relay.ts'
import { bootFor, grantReply, nakReply } from './reply.ts'
import { type Lending, refusal, reservedAddress, subnetKey } from './scope.ts'
import { termOf } from './terms.ts'

export function answerRequest(client: Client, lending: Lending, context: DhcpContext): Decision {
  const purpose = purposeOf(client.request)
  const isOurs = (server: Ipv4) => isOurIdentifier(server, client.request, context.serverAddress)
  switch (purpose.kind) {
    case 'selecting':
      if (!isOurs(purpose.server)) return otherServerChosen(client, lending, purpose.server)
      return purpose.address ? grantOrRefuse(client, lending, context, purpose.address) : silent('REQUEST that names no address')
    case 'init-reboot':
      // Another server may know it; only an address of another network is certainly wrong here.
      if (!isKnown(client, lending) && subnetContains(lending.scope.subnet, purpose.address)) {
        return silent(`an unknown client asks to keep ${purpose.address}`)
      }
      return grantOrRefuse(client, lending, context, purpose.address)
    case 'renewing':
      if (purpose.server && !isOurs(purpose.server)) return otherServerChosen(client, lending, purpose.server)
      return grantOrRefuse(client, lending, context, purpose.address)
    case 'unclear':
      return silent('REQUEST that names neither a server nor an address')
  }
}

function otherServerChosen({ mac }: Client, lending: Lending, server: Ipv4): Decision {
  const subnet = subnetKey(lending.scope)
  const lease = lending.leases.inSubnet(subnet, mac)
  const change: LeaseChange | undefined =
    lease?.kind === 'offered' ? { kind: 'free', subnet, mac, address: lease.address, at: lending.now } : undefined
  return silent(`it chose the DHCP server ${server}, not us (${lending.serverAddress})`, change)
}

function isKnown({ mac }: Client, lending: Lending): boolean {
  return lending.leases.inSubnet(subnetKey(lending.scope), mac) !== undefined || reservedAddress(lending, mac) !== undefined
}

/** ACKs the very address that was asked for, or NAKs. */
function grantOrRefuse(client: Client, lending: Lending, context: DhcpContext, address: Ipv4): Decision {
  const { mac, firmware } = client
  const subnet = subnetKey(lending.scope)
  const refused = refusal(lending, mac, address) ?? leasedElsewhere(client, lending, address)
  if (refused) return { kind: 'reply', answer: 'nak', packet: nakReply(client, refused, context), change: undefined, reason: refused }

  const lease = lending.leases.byAddress(address)
  const { seconds, isCovered } = termOf(firmware, lease, { mac, subnet, now: lending.now })
  const expires = lending.now + seconds * 1000
  const change: LeaseChange | undefined = isCovered ? undefined : { kind: 'bind', subnet, mac, address, expires }
  const boot = bootFor(client, context, 'full')
  const packet = grantReply('ACK', client, lending.scope, { address, seconds }, boot, context)
  const reason = boot.kind === 'none' && firmware.kind !== 'os' ? boot.reason : undefined
  const left = change && lease?.kind === 'bound' ? Math.floor((lease.expires - lending.now) / 1000) : 0
  return { kind: 'reply', answer: 'ack', packet, change, unchanged: left > 0 ? Math.min(seconds, left) : undefined, reason }
}

/** A host has one lease in a subnet: it may not take a second address beside it, unless it has a reservation there. */
function leasedElsewhere({ mac }: Client, lending: Lending, address: Ipv4): string | undefined {
  const lease = lending.leases.inSubnet(subnetKey(lending.scope), mac)
  if (!lease || lease.address === address || reservedAddress(lending, mac) === address) return undefined
  const asked = lending.leases.byAddress(address)
  if (asked && lending.reservations.isSameHost(mac, ownerOf(asked)) && isLive(asked, lending.now)) return undefined
  return `this host's lease is ${lease.address}, not ${address}`
}
