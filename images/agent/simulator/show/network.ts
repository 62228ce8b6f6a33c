// What a simulated machine's `ip`, `bridge`, `ethtool` and `lldpcli` print.
import { BONDED_NICS, type Machine, type NicSpec } from '../machine/machine.ts'
import { macOf } from '../machine/random.ts'
import type { HostState, LinkDevice } from '../state/site.ts'

const BOND = 'bond0'
const BOOT_BRIDGE = 'xenbr0'
const ETHERNET = { mtu: 9000, link_type: 'ether' }

export function showIpLink({ machine, ram }: HostState): string {
  const { nics, mac, vlans } = machine
  const linksOfNics = nics.map((nic, number) => ({
    ...ETHERNET,
    ifname: nic.name,
    address: number < BONDED_NICS ? mac : nic.mac,
    ...(number > 0 && number < BONDED_NICS ? { permaddr: nic.mac } : {}),
    operstate: nic.up ? 'UP' : 'DOWN',
    ...(number < BONDED_NICS ? { master: BOND, linkinfo: slaveInfo(machine, nic) } : {}),
    parentbus: 'pci',
    parentdev: nic.pci,
  }))
  const up = { ...ETHERNET, operstate: 'UP', address: mac }
  const bond = { ...up, ifname: BOND, master: BOOT_BRIDGE, linkinfo: { info_kind: 'bond', info_data: { mode: 'active-backup' } } }
  const vlanLinks = vlans.map(({ id, bridge }) => ({
    ...up,
    ifname: `${BOND}.${id}`,
    link: BOND,
    master: bridge,
    linkinfo: { info_kind: 'vlan', info_data: { protocol: '802.1Q', id } },
  }))
  const bridges = [BOOT_BRIDGE, ...vlans.map(({ bridge }) => bridge)].map((ifname) => ({
    ...up,
    ifname,
    linkinfo: { info_kind: 'bridge', info_data: { stp_state: 0, vlan_filtering: 0 } },
  }))
  const vifs = ram.domains.flatMap(({ domid, nics: own }) =>
    own.map(({ devid, bridge }) => ({
      ...ETHERNET,
      ifname: `vif${domid}.${devid}`,
      address: 'fe:ff:ff:ff:ff:ff',
      operstate: 'UP',
      master: bridge,
      parentbus: 'xen-backend',
      parentdev: `vif-${domid}-${devid}`,
    })),
  )
  const made = ram.links.map((one) => madeLink(one, mac))
  const loopback = { ifname: 'lo', link_type: 'loopback', address: '00:00:00:00:00:00', operstate: 'UNKNOWN', mtu: 65536 }
  return JSON.stringify([loopback, ...linksOfNics, bond, ...vlanLinks, ...bridges, ...vifs, ...made])
}

/** What `ip link add` has made. */
function madeLink({ name, kind, up, master, over, vlan }: LinkDevice, address: string): object {
  return {
    ...ETHERNET,
    ifname: name,
    address,
    operstate: up ? 'UP' : 'DOWN',
    ...(master === undefined ? {} : { master }),
    ...(over === undefined ? {} : { link: over }),
    linkinfo: {
      info_kind: kind,
      info_data: kind === 'vlan' ? { protocol: '802.1Q', id: vlan } : kind === 'bridge' ? { stp_state: 0, vlan_filtering: 0 } : {},
    },
  }
}

export function showIpAddress({ address }: Machine): string {
  const info = [{ family: 'inet', local: address, prefixlen: 24, scope: 'global' }]
  return JSON.stringify([
    { ifname: 'lo', addr_info: [{ family: 'inet', local: '127.0.0.1', prefixlen: 8, scope: 'host' }] },
    { ifname: BOOT_BRIDGE, addr_info: info },
  ])
}

/** Each bridge has heard the gateway of its VLAN, which is one and the same for all that are on it. */
export function showBridgeFdb({ machine: { vlans, mac }, ram }: HostState): string {
  const own = { mac, ifname: BOND, flags: [], master: BOOT_BRIDGE, state: 'permanent' }
  const gateways = vlans.map(({ id, bridge }) => ({
    mac: macOf('02:00:5e', id),
    ifname: `${BOND}.${id}`,
    flags: [],
    master: bridge,
    state: '',
  }))
  const learned = ram.domains.flatMap(({ domid, nics }) =>
    nics.map(({ devid, mac: guest, bridge }) => ({ mac: guest, ifname: `vif${domid}.${devid}`, flags: [], master: bridge, state: '' })),
  )
  return JSON.stringify([own, ...gateways, ...learned])
}

export function showEthtool({ nics }: Machine, name: string): string | undefined {
  const nic = nics.find((one) => one.name === name)
  return (
    nic &&
    `driver: mlx5_core\nversion: 6.12.117\nfirmware-version: 14.32.1010 (DEL2420110034)\nexpansion-rom-version: \nbus-info: ${nic.pci}\n`
  )
}

/** A port without link hears nothing. */
export function showLldp({ nics }: Machine): string {
  const heard = nics.filter(({ up }) => up)
  const rows = heard.map(({ name, switchName, switchMac, switchPort }) => ({
    name,
    via: 'LLDP',
    chassis: [
      { id: [{ type: 'mac', value: switchMac }], name: [{ value: switchName }], descr: [{ value: 'Cumulus Linux version 5.9.1' }] },
    ],
    port: [{ id: [{ type: 'ifname', value: switchPort }], descr: [{ value: switchPort }] }],
    vlan: [{ 'vlan-id': '1', pvid: true, value: 'default' }],
  }))
  return JSON.stringify({ lldp: [rows.length === 0 ? {} : { interface: rows }] })
}

function slaveInfo({ nics }: Machine, nic: NicSpec): object {
  const active = nics.find(({ up }) => up) ?? nic
  return {
    info_slave_kind: 'bond',
    info_slave_data: { state: active === nic ? 'ACTIVE' : 'BACKUP', mii_status: nic.up ? 'UP' : 'DOWN', perm_hwaddr: nic.mac },
  }
}
