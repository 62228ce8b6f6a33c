// Which other DHCP servers answer machines on this wire; whether they should depends on dhcp.mode. Our own appliance on this machine does
// not hear the question.
import type { Config } from '../../../appliance/config.ts'
import { subnetContains } from '../../../appliance/wire/addresses.ts'
import type { Offer } from '../dhcp/discover.ts'
import { type Judged, type Reading, unknown } from '../finding.ts'

export interface SeenOffers {
  readonly offers: readonly Offer[]
  /** How long they had to answer, ms. */
  readonly waited: number
}

export function judgeOffers(seen: Reading<SeenOffers>, { dhcp, network }: Pick<Config, 'dhcp' | 'network'>): readonly Judged[] {
  const wire = network.interface
  if (seen.kind === 'unread') return [unknown(wire, seen)]
  const all = [...new Map(seen.value.offers.map((one) => [`${one.server} ${one.address === undefined}`, one])).values()]
  const givers = all.filter(({ address }) => address !== undefined)
  const proxies = all.filter(({ address }) => address === undefined)
  const silence = `nobody has answered a DISCOVER within ${seen.value.waited / 1000} s`
  const off = 'switch it off there, or tell it to leave these machines alone'
  const proxyMode = 'or set dhcp.mode: proxy, by which it gives the addresses and we the boot files'
  switch (dhcp.mode) {
    case 'authoritative':
      return some(
        [
          ...givers.map((one) =>
            trouble('failed', one, `${sayOffer(one, network)}: machines take one or the other`, `${off}; ${proxyMode}`),
          ),
          ...proxies.map((one) => trouble('failed', one, sayProxy(one, network), off)),
        ],
        { subject: wire, result: 'ok', seen: `${silence}: no other DHCP server is heard here` },
      )
    case 'proxy': {
      const booting = givers.filter(({ hasBootFile }) => hasBootFile)
      const none = 'start the DHCP server of this network, or let it reach this one by a relay; or set dhcp.mode: authoritative'
      if (givers.length === 0) {
        return [{ subject: wire, result: 'failed', seen: `${silence}, and dhcp.mode is proxy: machines get no address`, mend: none }]
      }
      const file = 'it names a boot file of its own, which some firmware takes in the place of ours'
      return some(
        [
          ...booting.map((one) =>
            trouble('warning', one, `${sayOffer(one, network)}; ${file}`, 'take the boot file (next-server, filename) out of its config'),
          ),
          ...proxies.map((one) => trouble('failed', one, sayProxy(one, network), off)),
        ],
        { subject: wire, result: 'ok', seen: givers.map((one) => sayOffer(one, network)).join('; ') },
      )
    }
    case 'off':
      return [{ subject: wire, result: 'ok', seen: `dhcp.mode is off; ${all.map((one) => sayOffer(one, network)).join('; ') || silence}` }]
  }
}

function some(troubles: readonly Judged[], fine: Judged): readonly Judged[] {
  return troubles.length > 0 ? troubles : [fine]
}

function trouble(result: 'failed' | 'warning', { server }: Offer, seen: string, mend: string): Judged {
  return { subject: server, result, seen, mend }
}

function sayOffer(offer: Offer, network: Config['network']): string {
  return `${offer.server} (${offer.mac}) offers ${offer.address ?? 'boot files'}${sayWay(offer, network)}`
}

function sayProxy(offer: Offer, network: Config['network']): string {
  return `${offer.server} (${offer.mac}) is another proxy, which offers boot files${sayWay(offer, network)}: machines take one or the other`
}

function sayWay({ server, relay }: Offer, { subnet }: Config['network']): string {
  if (relay) return `, through the relay ${relay}`
  return subnetContains(subnet, server) ? '' : `, from another network than ${subnet.network}/${subnet.prefix}`
}
