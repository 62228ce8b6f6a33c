// DISCOVER → OFFER (RFC 2131 section 4.3.1), when we give the addresses.
import { type Client, type Decision, type DhcpContext, silent } from './decision.ts'
import { requestedAddress } from './fields.ts'
import type { LeaseChange } from './lease.ts'
import { bootFor, grantReply } from './reply.ts'
import { chooseAddress, type Lending, subnetKey } from './scope.ts'
import { termOf } from './terms.ts'

/** How long an offer is kept for its client: EDK2 takes 4 s to answer, old ROMs collect offers for 10 s and more. */
export const OFFER_SECONDS = 60

export function answerDiscover(client: Client, lending: Lending, context: DhcpContext): Decision {
  const { request, mac, firmware } = client
  const choice = chooseAddress(lending, mac, requestedAddress(request))
  if (choice.kind === 'none') return silent(choice.reason)

  const { address } = choice
  const subnet = subnetKey(lending.scope)
  const lease = lending.leases.byAddress(address)
  const expires = lending.now + OFFER_SECONDS * 1000
  // An offer does not shorten what the client has: it may be running on that address.
  const isHeld = lease?.kind === 'permanent' || (lease?.kind === 'bound' && lease.expires >= expires)
  const change: LeaseChange | undefined = isHeld ? undefined : { kind: 'offer', subnet, mac, address, expires }
  const boot = bootFor(client, context, 'full')
  const { seconds } = termOf(firmware, lease, { mac, subnet, now: lending.now })
  const packet = grantReply('OFFER', client, lending.scope, { address, seconds }, boot, context)
  return {
    kind: 'reply',
    answer: 'offer',
    packet,
    change,
    reason: boot.kind === 'none' && firmware.kind !== 'os' ? boot.reason : undefined,
  }
}
