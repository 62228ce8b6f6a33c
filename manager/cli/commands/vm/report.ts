// Guests and networks as reports. Pure.
import type { Network, Vm, VmDetail, VmPlaces } from '../../../contract/vms.ts'
import { bytes, id, iso, number, text, time, words } from '../../engine/columns.ts'
import { listReport, listSection } from '../../engine/list-report.ts'
import { type Column, type Report, type Row, type Section, showBytes, type Value } from '../../engine/output/output.ts'

const BAD = ['crashed', 'lost', 'conflicted']

function toneOfState(state: Value): 'good' | 'bad' | 'plain' {
  return state === 'running' ? 'good' : BAD.includes(String(state)) ? 'bad' : 'plain'
}

const COLUMNS: readonly Column[] = [
  text('guest', 'GUEST'),
  text('state', 'STATE', { tone: toneOfState }),
  text('host', 'HOST'),
  number('vcpus', 'VCPUS'),
  bytes('memory', 'MEMORY'),
  bytes('disks', 'DISKS', { spare: 3 }),
  text('networks', 'NETWORKS', { cut: 'count', spare: 2 }),
  text('groups', 'GROUPS', { cut: 'count', spare: 4 }),
  text('automation', 'AUTOMATION', { spare: 5 }),
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
  return {
    ...{ guest: name, state, host: hostName ?? null, vcpus, memory: memoryBytes, disks: diskBytes ?? null, networks, groups },
    ...{ automation: automation?.title ?? null, why: why ?? null, id: domid ?? null, uuid, macs, tags, notes },
    ...{ restart: vm.restart ?? null, created: iso(vm.created) },
  }
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
  return { name: 'vm', sections: [record, { ...listSection('disks', 'disk', 'Disks', DISKS, disks), empty: 'It has no disk of ours.' }] }
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
