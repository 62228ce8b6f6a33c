// Whether to answer a Router Solicitation (RFC 4861 section 6.1.1). Our advertisement is empty: it gives no address and no
// router, it only tells iPXE that there is nothing to wait for.
import type { RouterAdvertisement, RouterSolicitation } from './codec.ts'

export type RaDecision =
  | { readonly kind: 'advertise'; readonly advertisement: RouterAdvertisement }
  | { readonly kind: 'silent'; readonly reason: string }

const SOURCE_LINK_LAYER_ADDRESS = 1

export const EMPTY_ADVERTISEMENT: RouterAdvertisement = {
  currentHopLimit: 0,
  flags: 0,
  routerLifetimeSeconds: 0,
  reachableTimeMilliseconds: 0,
  retransTimerMilliseconds: 0,
}

/** `source`: the sender's 16 bytes; `hopLimit` as it arrived. */
export function decideAdvertisement(solicitation: RouterSolicitation, source: Uint8Array, hopLimit: number): RaDecision {
  if (hopLimit !== 255) return silent(`hop limit ${hopLimit}: it came through a router`)
  if (solicitation.code !== 0) return silent(`code ${solicitation.code}`)
  const isUnspecified = source.every((byte) => byte === 0)
  if (isUnspecified && solicitation.options.some(({ type }) => type === SOURCE_LINK_LAYER_ADDRESS)) {
    return silent('a link-layer address without a source address')
  }
  return { kind: 'advertise', advertisement: EMPTY_ADVERTISEMENT }
}

function silent(reason: string): RaDecision {
  return { kind: 'silent', reason }
}
