// Guests and networks as reports. Pure.
import type { Network } from '../../../contract/networks.ts'
import type { Vm, VmAddress, VmDetail, VmPlaces } from '../../../contract/vms.ts'
import { bytes, id, iso, number, text, time, words } from '../../engine/columns.ts'
import { listReport, listSection } from '../../engine/list-report.ts'
import { type Column, type Report, type Row, type Section, showBytes, type Value } from '../../engine/output/output.ts'

const BAD = ['crashed', 'lost', 'conflicted']

function toneOfState(state: Value): 'good' | 'bad' | 'plain' {
  return state === 'running' ? 'good' : BAD.includes(String(state)) ? 'bad' : 'plain'
}

/** `10.0.0.5 +2`; `unknown` where the host of a guest that runs does not tell. */
function showFirst(value: Value): string {
  if (!Array.isArray(value)) return value === null ? '' : String(value)
  const [first = '', ...more] = value
  return more.length === 0 ? first : `${first} +${more.length}`
}

const COLUMNS: readonly Column[] = [
  text('guest', 'GUEST'),
  text('state', 'STATE', { tone: toneOfState }),
  text('host', 'HOST'),
  text('addresses', 'ADDRESS', { show: showFirst, cut: 'middle' }),
  number('vcpus', 'VCPUS', { spare: 2 }),
  bytes('memory', 'MEMORY', { spare: 2 }),
  bytes('disks', 'DISKS', { spare: 4 }),
  text('networks', 'NETWORKS', { cut: 'count', spare: 3 }),
  text('groups', 'GROUPS', { cut: 'count', spare: 5 }),
  text('automation', 'AUTOMATION', { spare: 6 }),
  words('why', 'WHY', { spare: 1 }),
  number('id', 'ID', { isHidden: true }),
  id('uuid', 'UUID', { isHidden: true }),
  text('macs', 'MACS', { isHidden: true }),
  text('tags', 'TAGS', { isHidden: true }),
  text('notes', 'NOTES', { isHidden: true }),
  text('restart', 'RESTART', { isHidden: true }),
  time('created', 'CREATED', { isHidden: true }),
]

export function vmsReport(vms: readonly Vm[]): Report {
  return listReport('vms', 'vm', COLUMNS, vms.map(vmRow), 'There is no guest yet: hostless vm create makes one.')
}

function vmRow(vm: Vm): Row {
  const { name, state, hostName, vcpus, memoryBytes, diskBytes, networks, groups, automation, why, domid, uuid, macs, tags, notes } = vm
  const { addresses, clashes = [] } = vm
  return {
    ...{ guest: name, state, host: hostName ?? null, vcpus, memory: memoryBytes, disks: diskBytes ?? null, networks, groups },
    ...{ automation: automation?.title ?? null, why: saidOf(why, clashes), id: domid ?? null, uuid, macs, tags, notes },
    addresses: addresses?.map(({ address }) => address) ?? (domid === undefined ? null : 'unknown'),
    ...{ restart: vm.restart ?? null, created: iso(vm.created) },
  }
}

function saidOf(why: string | undefined, clashes: readonly string[]): string | null {
  const said = [...(why === undefined ? [] : [why]), ...clashes]
  return said.length === 0 ? null : said.join('; ')
}

const FACTS: readonly Column[] = [
  ...[
    text('guest', 'Guest'),
    text('uuid', 'UUID'),
    text('state', 'State', { tone: toneOfState }),
    words('why', 'Why'),
    text('host', 'Host'),
  ],
  ...[text('automation', 'Automation'), text('vcpus', 'vCPUs'), text('memory', 'Memory', { show: showBytes })],
  ...[text('networks', 'Networks'), text('macs', 'MACs'), text('groups', 'Groups'), text('tags', 'Tags'), text('notes', 'Notes')],
  ...[text('restart', 'Restart'), time('created', 'Created')],
]

const ADDRESSES: readonly Column[] = [
  ...[text('guest', 'GUEST'), text('address', 'ADDRESS'), text('how', 'KNOWN'), text('mac', 'MAC', { spare: 1 })],
  ...[time('since', 'SINCE', { spare: 2 }), time('last', 'LAST HEARD OF')],
]

/** By what an address is known. */
const HOW: Readonly<Record<VmAddress['how'], string>> = { told: 'told by its tools', seen: 'seen on its vif', both: 'told and seen' }

/** Of a guest that runs. */
function addressesSection({ name, addresses }: VmDetail): Section {
  const rows = (addresses ?? []).map(({ address, how, mac, since, last }) => ({
    ...{ guest: name, address, how: HOW[how], mac, since: iso(since), last: iso(last) },
  }))
  const empty = addresses === undefined ? 'Not known: its host does not tell.' : 'None was told by its tools or seen on its vifs.'
  return { ...listSection('addresses', 'address', 'Addresses', ADDRESSES, rows), empty }
}

const DISKS: readonly Column[] = [
  ...[text('guest', 'GUEST'), text('vdev', 'DISK'), bytes('size', 'SIZE'), text('state', 'STATE'), text('vg', 'VG')],
  ...[text('lv', 'LV', { cut: 'middle' }), text('below', 'ON', { cut: 'count' }), id('image', 'IMAGE', { spare: 1 })],
  text('device', 'DEVICE', { cut: 'middle', spare: 2 }),
]

/** For people: without what is empty. */
export function vmReport(vm: VmDetail): Report {
  const facts = Object.fromEntries(Object.entries(vmRow(vm)).map(([key, value]) => [key, isEmpty(value) ? null : value]))
  const record: Section = { ...listSection('vms', 'vm', vm.name, FACTS, [facts]), shape: 'record' }
  const disks = vm.disks.map(({ vdev, sizeBytes, state, vg, lv, below = [], image, content, device }) => ({
    ...{ guest: vm.name, vdev, size: sizeBytes, state, vg, lv, image: image ?? content ?? null, device },
    below: below.map((disk) => [disk.device, disk.serial ?? disk.wwid].filter(Boolean).join(' ')),
  }))
  const sections = [record, { ...listSection('disks', 'disk', 'Disks', DISKS, disks), empty: 'It has no disk of ours.' }]
  return { name: 'vm', sections: vm.domid === undefined ? sections : [...sections, addressesSection(vm)] }
}

function isEmpty(value: Value): boolean {
  return value === '' || (Array.isArray(value) && value.length === 0)
}

export function placesReport({ fits, refused }: VmPlaces): Report {
  const columns = [
    text('host', 'HOST'),
    text('fits', 'FITS', { tone: (value) => (value === true ? 'good' : 'bad') }),
    words('why', 'WHY NOT'),
  ]
  const rows = [
    ...fits.map(({ name }) => ({ host: name, fits: true, why: null })),
    ...refused.map(({ name, reasons }) => ({ host: name, fits: false, why: reasons.join('; ') })),
  ]
  return listReport('placement', 'host', columns, rows, 'No host is there.')
}

export function networksReport(networks: readonly Network[], nameOf: (host: string) => string): Report {
  const columns = [
    ...[text('network', 'NETWORK'), text('bridge', 'BRIDGE'), number('vlan', 'VLAN'), number('mtu', 'MTU')],
    ...[number('guests', 'GUESTS'), text('hosts', 'HOSTS', { cut: 'count' }), text('unread', 'NOT KNOWN OF', { cut: 'count', spare: 1 })],
  ]
  const rows = networks.map(({ name, bridge, bridges, vlan, mtu, vms, hosts, unread }) => ({
    ...{ network: name, vlan: vlan ?? null, mtu: mtu ?? null, guests: vms, hosts: hosts.map(nameOf), unread: unread.map(nameOf) },
    bridge: [bridge, ...Object.entries(bridges).map(([host, other]) => `${nameOf(host)}: ${other}`)].join(', '),
  }))
  return listReport('networks', 'network', columns, rows, 'There is no network: hostless vm-network create makes one.')
}
