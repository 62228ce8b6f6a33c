// The sections nics, bonds, vlans and bridges: `ip link` says how interfaces stand together, other tools what each NIC is.

import type { z } from 'zod'
import { type Bond, type Bridge, bond, bridge, type Nic, nic, type Vlan, vlan } from '../../../manager/protocol/network.ts'
import type { Backend } from '../backend.ts'
import { acceptAll, type Candidate, whole } from '../inventory/accept.ts'
import { bridgeFdb } from '../inventory/bridge-fdb.ts'
import { bridgeVlan } from '../inventory/bridge-vlan.ts'
import { ethtoolDriver } from '../inventory/ethtool.ts'
import { ipAddress } from '../inventory/ip-address.ts'
import { ipLink, type LinkRow, linkState } from '../inventory/ip-link.ts'
import { lldp } from '../inventory/lldp.ts'
import { adding, type Reading } from '../inventory/reading.ts'
import type { ObservedSections } from './observed.ts'
import { readAll, told } from './section.ts'

const IP_LINK = 'ip -json -details link'
/** The bus of a guest's vif; every other bus means hardware of this host. */
const GUESTS_BUS = 'xen-backend'

export async function readNics(backend: Backend): Promise<Reading<readonly Nic[]>> {
  const { values, problems } = await readAll(backend, ipLink, adding('parts', lldp))
  const [links, neighbours] = values
  const rows = links.filter(({ link_type, parentbus }) => link_type === 'ether' && parentbus !== undefined && parentbus !== GUESTS_BUS)
  const found = await Promise.all(
    rows.map(async (row) => {
      const [driver, speed] = await Promise.all([
        adding('detail', ethtoolDriver(row.ifname))(backend),
        backend.read(`/sys/class/net/${row.ifname}/speed`),
      ])
      const candidate: Candidate<z.input<typeof nic>> = {
        name: row.ifname,
        mac: row.address ?? '',
        permanentMac: row.permaddr ?? permanentIn(row),
        link: linkState(row),
        speed: whole(speed) || undefined,
        mtu: row.mtu,
        driver: driver.value.driver,
        firmware: driver.value.firmware,
        pci: row.parentbus === 'pci' ? row.parentdev : driver.value.pci,
        master: row.master,
        neighbours: neighbours.get(row.ifname) ?? [],
      }
      return { candidate, problems: driver.problems }
    }),
  )
  const candidates = found.map(({ candidate }) => candidate)
  const { value, reasons } = acceptAll(nic, candidates, ({ name }) => `NIC ${name}`)
  return { value, problems: [...problems, ...found.flatMap((one) => one.problems), ...told(IP_LINK, reasons)] }
}

export async function readBonds(backend: Backend): Promise<Reading<readonly Bond[]>> {
  const { values, problems } = await readAll(backend, ipLink)
  const [links] = values
  const candidates = ofKind(links, 'bond').map((row) => ({
    name: row.ifname,
    mac: row.address,
    mode: row.linkinfo?.info_data?.mode,
    link: linkState(row),
    members: portsOf(links, row).map((port) => ({
      name: port.ifname,
      link: linkState(port),
      active: port.linkinfo?.info_slave_data?.state === 'ACTIVE',
    })),
    master: row.master,
  }))
  const { value, reasons } = acceptAll(bond, candidates, ({ name }) => `bond ${name}`)
  return { value, problems: [...problems, ...told(IP_LINK, reasons)] }
}

export async function readVlans(backend: Backend): Promise<Reading<readonly Vlan[]>> {
  const { values, problems } = await readAll(backend, ipLink)
  const [links] = values
  const candidates = ofKind(links, 'vlan').map((row) => ({
    name: row.ifname,
    mac: row.address,
    parent: row.link ?? '',
    id: row.linkinfo?.info_data?.id ?? 0,
    protocol: row.linkinfo?.info_data?.protocol?.toLowerCase() === '802.1ad' ? ('802.1ad' as const) : ('802.1Q' as const),
    link: linkState(row),
    master: row.master,
  }))
  const { value, reasons } = acceptAll(vlan, candidates, ({ name }) => `VLAN ${name}`)
  return { value, problems: [...problems, ...told(IP_LINK, reasons)] }
}

export async function readBridges(backend: Backend): Promise<Reading<readonly Bridge[]>> {
  const { values, problems } = await readAll(backend, ipLink, adding('parts', bridgeVlan))
  const [links, portVlans] = values
  const candidates = ofKind(links, 'bridge').map((row) => {
    const vlanFiltering = row.linkinfo?.info_data?.vlan_filtering === 1
    const ports = portsOf(links, row).map((port) => {
      // A bridge that does not filter keeps a table that means nothing.
      const known = vlanFiltering ? portVlans.get(port.ifname) : undefined
      return { name: port.ifname, link: linkState(port), nativeVlan: known?.native, vlans: known?.vlans ?? [] }
    })
    const stp = (row.linkinfo?.info_data?.stp_state ?? 0) !== 0
    const vlanProtocol = row.linkinfo?.info_data?.vlan_protocol?.toLowerCase() === '802.1ad' ? ('802.1ad' as const) : undefined
    return { name: row.ifname, mac: row.address, link: linkState(row), mtu: row.mtu, stp, vlanFiltering, vlanProtocol, ports }
  })
  const { value, reasons } = acceptAll(bridge, candidates, ({ name }) => `bridge ${name}`)
  return { value, problems: [...problems, ...told(IP_LINK, reasons)] }
}

function ofKind(links: readonly LinkRow[], kind: string): LinkRow[] {
  return links.filter(({ linkinfo }) => linkinfo?.info_kind === kind)
}

function portsOf(links: readonly LinkRow[], master: LinkRow): LinkRow[] {
  return links.filter((link) => link.master === master.ifname)
}

/** A NIC in a bond carries the bond's address, and the bond remembers its own. */
function permanentIn(row: LinkRow): string | undefined {
  return row.linkinfo?.info_slave_data?.perm_hwaddr
}

/** As protocol/network.ts declares them. */
export const networksObserved: ObservedSections<'nics' | 'bonds' | 'vlans' | 'bridges' | 'addresses' | 'heard'> = {
  nics: { read: readNics, period: 60, events: ['net'] },
  bonds: { read: readBonds, period: 60, events: ['net'] },
  vlans: { read: readVlans, period: 60, events: ['net'] },
  bridges: { read: readBridges, period: 60, events: ['net', 'xen-backend'] },
  addresses: { read: ipAddress, period: 60, events: ['net', 'address'] },
  heard: { read: bridgeFdb, period: 300 },
}
