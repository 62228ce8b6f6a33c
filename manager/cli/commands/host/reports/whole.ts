// All that is known of some hosts: each with its NICs, disks, VGs, guests and alarms. Pure.
import type { Alarm } from '../../../../contract/alarms.ts'
import type { Guest } from '../../../../contract/guests.ts'
import type { Host, HostIdentity } from '../../../../contract/hosts.ts'
import type { Inventory } from '../../../../protocol/inventory.ts'
import { bytes, guestTypeColumn, id, iso, number, text, time, words } from '../../../engine/columns.ts'
import { listSection } from '../../../engine/list-report.ts'
import type { Report, Row, Section } from '../../../engine/output/output.ts'
import { FACTS, factsOf, hostColumn } from './host.ts'

/** A host with what there is of it. */
export interface WholeHost {
  readonly host: Host
  /** Missing before its first report. */
  readonly inventory: Inventory | undefined
  readonly guests: readonly Guest[]
  readonly alarms: readonly Alarm[]
}

/** For programs: the same sections whether there is one host or many, each row with its host; `change` where a host has one. */
export function wholeHostsReport(whole: readonly WholeHost[]): Report {
  const [first, ...others] = whole.map(sectionsOf)
  const merged = (first ?? []).map((section, at) => ({
    ...section,
    shape: 'list' as const,
    rows: [...section.rows, ...others.flatMap((sections) => sections[at]?.rows ?? [])],
  }))
  return { name: 'hosts', sections: merged.filter(({ name, rows }) => name !== 'change' || rows.length > 0) }
}

/** For people: one host, without what is empty. */
export function wholeHostReport(whole: WholeHost): Report {
  const [facts, ...lists] = sectionsOf(whole)
  const own = lists.filter(({ rows }) => rows.length > 0).map((section) => ({ ...section, columns: section.columns.slice(1) }))
  return { name: 'host', sections: facts ? [facts, ...own] : own }
}

function sectionsOf({ host, inventory, guests, alarms }: WholeHost): readonly Section[] {
  const facts: Section = { ...listSection('hosts', 'host', host.name, FACTS, [factsOf(host)]), shape: 'record' }
  const of = (row: Row): Row => ({ host: host.name, ...row })
  return [
    facts,
    listSection('change', 'fact', 'Another machine boots as this host', CHANGE, changeRows(host).map(of)),
    listSection('nics', 'nic', 'NICs', NICS, (inventory?.nics ?? []).map(nicRow).map(of)),
    listSection('disks', 'disk', 'Disks', DISKS, (inventory?.blockDevices ?? []).map(diskRow).map(of)),
    listSection(
      'vgs',
      'vg',
      'VGs',
      VGS,
      (inventory?.vgs ?? []).map(({ name, sizeBytes, freeBytes, uuid }) => of({ name, size: sizeBytes, free: freeBytes, uuid })),
    ),
    listSection('guests', 'guest', 'Guests', GUESTS, guests.map(guestRow).map(of)),
    listSection(
      'alarms',
      'alarm',
      'Alarms',
      ALARMS,
      alarms.map(({ severity, kind, text: said, last, hosts }) => of({ severity, kind, last: iso(last), hosts: hosts.length, text: said })),
    ),
    listSection(
      'problems',
      'problem',
      'What the agent could not read',
      [hostColumn, text('section', 'SECTION'), text('source', 'SOURCE'), words('reason', 'WHY')],
      (inventory?.problems ?? []).map(({ section: of_, source, reason }) => of({ section: of_, source, reason })),
    ),
  ]
}

const CHANGE = [hostColumn, text('fact', 'FACT'), words('was', 'KNOWN'), words('is', 'NOW')]

/** Until it is approved. */
function changeRows({ change }: Host): readonly Row[] {
  if (!change) return []
  const { was, is } = change
  const macsOf = ({ macs }: HostIdentity, boot: boolean) =>
    macs
      .filter((one) => one.boot === boot)
      .map(({ mac }) => mac)
      .join(' ')
  const row = (fact: string, tell: (identity: HostIdentity) => string | undefined) => ({
    fact,
    was: tell(was) || null,
    is: tell(is) || null,
  })
  return [
    row('UUID', ({ uuid }) => uuid),
    row('serial number', ({ serial }) => serial),
    row('product', ({ product }) => product),
    row('boots from', (identity) => macsOf(identity, true)),
    row('other NICs', (identity) => macsOf(identity, false)),
  ]
}

const NICS = [
  hostColumn,
  text('name', 'NAME'),
  text('mac', 'MAC'),
  text('link', 'LINK', { tone: (value) => (value === 'down' ? 'bad' : 'plain') }),
  number('mbit', 'MBIT/S'),
  text('driver', 'DRIVER'),
  text('master', 'IN'),
  text('neighbour', 'NEIGHBOUR'),
]

function nicRow({ name, mac, link, speed, driver, master, neighbours }: Inventory['nics'][number]): Row {
  const neighbour = neighbours.map(({ chassisName, chassisId, portId }) => `${chassisName ?? chassisId} ${portId}`).join(', ')
  return { name, mac, link, mbit: speed ?? null, driver: driver ?? null, master: master ?? null, neighbour: neighbour || null }
}

const DISKS = [
  hostColumn,
  text('name', 'NAME'),
  bytes('size', 'SIZE'),
  text('transport', 'BY'),
  text('model', 'MODEL'),
  text('serial', 'SERIAL'),
  id('wwid', 'WWID'),
]

function diskRow({ name, sizeBytes, transport, model, serial, wwid }: Inventory['blockDevices'][number]): Row {
  return { name, size: sizeBytes, transport, model: model ?? null, serial: serial ?? null, wwid: wwid ?? null }
}

const VGS = [hostColumn, text('name', 'NAME'), bytes('size', 'SIZE'), bytes('free', 'FREE'), id('uuid', 'UUID')]
const GUESTS = [
  hostColumn,
  text('guest', 'GUEST'),
  number('id', 'ID'),
  text('state', 'STATE'),
  guestTypeColumn(),
  number('vcpus', 'VCPUS'),
  bytes('memory', 'MEMORY'),
  id('uuid', 'UUID', { spare: 1 }),
]

function guestRow({ name, domid, state, type, vcpus, memoryBytes, uuid }: Guest): Row {
  return { guest: name, id: domid, state, type: type ?? null, vcpus, memory: memoryBytes, uuid }
}

const ALARMS = [
  hostColumn,
  ...[text('severity', 'SEVERITY'), text('kind', 'KIND', { spare: 2 }), time('last', 'LAST', { spare: 1 })],
  ...[number('hosts', 'HOSTS', { spare: 3 }), words('text', 'WHAT')],
]
