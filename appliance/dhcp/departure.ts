// RELEASE and DECLINE (RFC 2131 sections 4.3.3 and 4.3.4): never answered, and heard only from the owner of the lease.
import { type Client, type Decision, silent } from './decision.ts'
import { requestedAddress, serverIdentifier } from './fields.ts'
import { ownerOf } from './lease.ts'
import { isOurIdentifier } from './relay.ts'
import type { Lending } from './scope.ts'
import { QUARANTINE_SECONDS } from './terms.ts'

export function answerRelease(client: Client, lending: Lending): Decision {
  const { mac, request } = client
  const address = request.ciaddr
  const lease = lending.leases.byAddress(address)
  if (isForAnother(client, lending)) return silent('RELEASE for another server')
  if (!lease || !lending.reservations.isSameHost(mac, ownerOf(lease))) return silent(`RELEASE of ${address}, which is not this host's`)
  return silent(`${address} was given back`, { kind: 'free', subnet: lease.subnet, mac, address, at: lending.now })
}

export function answerDecline(client: Client, lending: Lending): Decision {
  const { mac, request } = client
  const address = requestedAddress(request)
  const lease = address && lending.leases.byAddress(address)
  if (isForAnother(client, lending)) return silent('DECLINE for another server')
  if (!address || !lease || !lending.reservations.isSameHost(mac, ownerOf(lease))) {
    return silent(`DECLINE of ${address ?? 'no address'}, which is not this host's`)
  }
  const until = lending.now + QUARANTINE_SECONDS * 1000
  return silent(`${address} was declined: another machine answers on it; it rests for ${QUARANTINE_SECONDS / 60} minutes`, {
    kind: 'decline',
    subnet: lease.subnet,
    address,
    until,
  })
}

function isForAnother({ request }: Client, lending: Lending): boolean {
  const server = serverIdentifier(request)
  return server !== undefined && !isOurIdentifier(server, request, lending.serverAddress)
}
