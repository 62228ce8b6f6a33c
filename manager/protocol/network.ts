// The sections of an inventory about networks: what is plugged in, how it is put together, and who is heard on it.

import { z } from 'zod'
import { section } from './section.ts'
import { count, list, mac, name, pciAddress, record, word } from './values.ts'

/** 802.1Q VLAN id. */
const vlanId = z.int().min(1).max(4094)
const link = z.enum(['up', 'down', 'unknown'])

/** What the switch (or another host) says of itself by LLDP (IEEE 802.1AB). */
const lldpNeighbour = record({
  /** With the kind before it: `mac 00:1c:73:00:00:01`. */
  chassisId: word(256),
  chassisName: word(256).exactOptional(),
  chassisDescription: word(256).exactOptional(),
  /** With the kind before it: `ifname Ethernet7`. */
  portId: word(256),
  portDescription: word(256).exactOptional(),
  /** The port's untagged VLAN. */
  nativeVlan: vlanId.exactOptional(),
  vlans: list(vlanId, 4094),
})

/** A network interface with hardware, or a driver's virtual function, behind it; never a guest's vif. */
export const nic = record({
  name,
  mac,
  /** Burnt in; `mac` is the bond's while the NIC is in one. */
  permanentMac: mac.exactOptional(),
  link,
  /** Megabit a second; missing while the link is down. */
  speed: count.exactOptional(),
  mtu: count.exactOptional(),
  driver: word(64).exactOptional(),
  firmware: word(64).exactOptional(),
  pci: pciAddress.exactOptional(),
  /** The bond or bridge that it belongs to. */
  master: name.exactOptional(),
  /** Usually none or one; several where a hub or an unmanaged switch is between. */
  neighbours: list(lldpNeighbour, 16),
})

export const bond = record({
  name,
  mac: mac.exactOptional(),
  /** The kernel's word: `active-backup`, `802.3ad`. */
  mode: word(32).exactOptional(),
  link,
  members: list(record({ name, link, active: z.boolean() }), 32),
  master: name.exactOptional(),
})

export const vlan = record({
  name,
  mac: mac.exactOptional(),
  /** The interface whose frames it takes. */
  parent: name,
  id: vlanId,
  protocol: z.enum(['802.1Q', '802.1ad']),
  link,
  master: name.exactOptional(),
})

export const bridge = record({
  name,
  mac: mac.exactOptional(),
  link,
  mtu: count.exactOptional(),
  stp: z.boolean(),
  vlanFiltering: z.boolean(),
  /** Of the tags that it filters by; missing: 802.1Q's. */
  vlanProtocol: z.enum(['802.1Q', '802.1ad']).exactOptional(),
  /** NICs, bonds, VLANs, and the guests' vifs. `vlans`: what a filtering bridge lets through. */
  ports: list(record({ name, link, nativeVlan: vlanId.exactOptional(), vlans: list(vlanId, 4094) }), 2048),
})

/** An IP address of dom0. */
export const address = record({
  interface: name,
  /** IPv4 or IPv6, without the prefix. */
  address: z.union([z.ipv4(), z.ipv6()]),
  /** Length of the prefix in bits. */
  prefix: z.int().min(0).max(128),
})

/** A station that a bridge has learned: it sends on this network. None of this host's own addresses. */
export const heard = record({
  bridge: name,
  port: name,
  mac,
  vlan: vlanId.exactOptional(),
})

export type Nic = z.output<typeof nic>
export type LldpNeighbour = z.output<typeof lldpNeighbour>
export type Bond = z.output<typeof bond>
export type Vlan = z.output<typeof vlan>
export type Bridge = z.output<typeof bridge>
export type Address = z.output<typeof address>
export type Heard = z.output<typeof heard>

export const networkSections = {
  nics: section(list(nic, 256), []),
  bonds: section(list(bond, 128), []),
  vlans: section(list(vlan, 4094), []),
  bridges: section(list(bridge, 1024), []),
  addresses: section(list(address, 1024), []),
  heard: section(list(heard, 4096), []),
} as const
