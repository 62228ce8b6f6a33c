// The section guestAddresses of an inventory: which IP addresses the guests of a host have, as far as it knows. A guest may say what it
// likes: an address here is what its NIC claims, and nothing is decided by it.

import { z } from 'zod'
import { section } from './section.ts'
import { count, list, mac, record, uuid } from './values.ts'

/** Of one NIC and one family that are reported: those that were heard of last. */
export const MOST_ADDRESSES = 8

/** `xenstore`: the guest's own tools were asked; `vif`: its ARP and neighbour discovery are listened to. */
const way = z.enum(['xenstore', 'vif'])

const guestAddress = record({
  /** Without a prefix; IPv6 as RFC 5952 writes it. */
  address: z.union([z.ipv4(), z.ipv6()]),
  /** By the guest's tools, in what its NIC sent, or both. */
  how: z.enum(['told', 'seen', 'both']),
  /** The host's clock, milliseconds since the epoch: since when it is known there, and when it was heard of last, to five minutes. */
  since: count,
  last: count,
})

export const guestAddresses = record({
  /** The ways that were open: what came by none of these is not known, and no address by one that is open means that there was none. */
  ways: list(way, 8),
  /** Those with an address. */
  nics: list(record({ uuid, mac, addresses: list(guestAddress, 2 * MOST_ADDRESSES) }), 8192),
})

export type GuestAddress = z.output<typeof guestAddress>
export type GuestAddresses = z.output<typeof guestAddresses>

export const guestAddressSections = { guestAddresses: section(guestAddresses, { ways: [], nics: [] }, { since: 10 }) } as const
