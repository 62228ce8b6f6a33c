// Hosts as reports: the list, and all that is known of some. Pure.

import type { Alarm } from '../../../contract/alarms.ts'
import type { BootAttempt } from '../../../contract/boots.ts'
import type { Guest } from '../../../contract/guests.ts'
import type { HistoryEntry, Host, HostIdentity } from '../../../contract/hosts.ts'
import type { Inventory } from '../../../protocol/inventory.ts'
import { bytes, count, guestTypeColumn, id, iso, number, text, time, words } from '../../engine/columns.ts'
import { listReport, listSection } from '../../engine/list-report.ts'
import type { Column, Report, Row, Section, Value } from '../../engine/output/output.ts'

export const hostColumn = text('host', 'HOST')

export const stateColumn = text('state', 'STATE', { tone: toneOfState })

function toneOfState(state: Value): 'good' | 'bad' | 'plain' {
  return state === 'up' ? 'good' : ['lost', 'fenced', 'rejected'].includes(String(state)) ? 'bad' : 'plain'
}

const someAlarms = (value: Value): 'bad' | 'plain' => (Number(value) > 0 ? 'bad' : 'plain')
const onOneLine = (value: Value): string => (typeof value === 'string' ? value.replace(/\s*\n\s*/g, ' | ') : '')

export function hostsReport(hosts: readonly Host[]): Report {
  const columns = hosts.some(({ cordon }) => cordon) ? LIST_COLUMNS : LIST_COLUMNS.map(unshownCordon)
  return listReport('hosts', 'host', columns, hosts.map(hostRow), 'No host is known yet: one appears when it boots.')
}

/** Seldom is a host cordoned: a column of nothing takes the place of others. */
const unshownCordon = (column: Column): Column => (column.key === 'cordon' ? { ...column, isHidden: true } : column)

const LIST_COLUMNS: readonly Column[] = [
  hostColumn,
  stateColumn,
  time('since', 'SINCE', { spare: 3 }),
  text('groups', 'GROUPS', { cut: 'count' }),
  count('guests', 'GUESTS'),
  number('alarms', 'ALARMS', { tone: someAlarms }),
  text('cordon', 'CORDONED', { show: onOneLine }),
  text('address', 'ADDRESS', { spare: 1 }),
  number('cpugroup', 'CPU GROUP', { spare: 5 }),
  text('image', 'IMAGE', { spare: 4 }),
  id('generation', 'GENERATION', { spare: 6 }),
  text('agent', 'AGENT', { spare: 7 }),
  text('notes', 'NOTES', { spare: 2, show: onOneLine }),
  text('trust', 'TRUST', { isHidden: true }),
  text('presence', 'PRESENCE', { isHidden: true }),
  text('service', 'SERVICE', { isHidden: true }),
  text('power', 'POWER', { isHidden: true }),
  id('id', 'ID', { isHidden: true }),
  id('uuid', 'UUID', { isHidden: true }),
  text('macs', 'MACS', { isHidden: true }),
  time('created', 'CREATED', { isHidden: true }),
  id('seen', 'SEEN', { isHidden: true }),
]

function hostRow(host: Host): Row {
  const { connection, image } = host
  return {
    host: host.name,
    state: host.state,
    trust: host.trust,
    presence: host.presence,
    service: host.service,
    power: host.power,
    since: iso(host.since),
    groups: host.groups,
    guests: host.guests ?? null,
    alarms: host.alarms,
    cordon: host.cordon?.reason ?? null,
    address: connection?.address ?? null,
    cpugroup: host.cpuGroup ?? null,
    image: image?.image ?? null,
    generation: image?.generation ?? null,
    agent: connection?.agent ?? null,
    notes: host.notes,
    id: host.id,
    uuid: host.uuid ?? null,
    macs: host.macs.map(({ mac }) => mac),
    created: iso(host.created),
    seen: host.seen ?? null,
  }
}

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
      alarms.map(({ kind, text: said, last }) => of({ kind, text: said, last: iso(last) })),
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

const FACTS: readonly Column[] = [
  ...[text('host', 'Host'), text('id', 'Id'), { ...stateColumn, title: 'State' }, time('since', 'Since')],
  ...[
    text('trust', 'Trust'),
    text('presence', 'Presence'),
    text('service', 'Service'),
    text('power', 'Power'),
    text('proof', 'Fenced, as'),
  ],
  ...[text('cordon', 'Cordoned', { show: onOneLine }), text('cordonedby', 'Cordoned by'), text('groups', 'Groups')],
  ...[
    text('notes', 'Notes', { show: onOneLine }),
    text('address', 'Address'),
    text('agent', 'Agent'),
    text('uuid', 'UUID'),
    text('macs', 'MACs'),
  ],
  ...[text('machine', 'Machine'), text('serial', 'Serial'), text('firmware', 'Firmware'), text('cpu', 'CPU')],
  ...[
    text('sockets', 'Sockets'),
    text('cores', 'Cores'),
    text('threads', 'Threads'),
    bytes('memory', 'Memory'),
    text('cpugroup', 'CPU group'),
  ],
  ...[
    text('xen', 'Xen'),
    text('kernel', 'Kernel'),
    text('image', 'Image'),
    text('generation', 'Generation'),
    time('created', 'Known since'),
    text('seen', 'Approve with --seen'),
  ],
]

function factsOf(host: Host): Row {
  const { hardware } = host
  const machine = [hardware?.manufacturer, hardware?.product].filter(Boolean).join(' ')
  const orNull = (value: Value | undefined): Value => value ?? null
  return {
    ...hostRow(host),
    proof: host.proof ?? null,
    cordonedby: host.cordon ? `${host.cordon.who}, ${iso(host.cordon.at)}` : null,
    groups: host.groups.length > 0 ? host.groups : null,
    notes: host.notes || null,
    machine: machine || null,
    serial: orNull(hardware?.serial),
    firmware: orNull(hardware?.firmware),
    cpu: orNull(hardware?.cpuModel ?? hardware?.cpuVendor),
    sockets: orNull(hardware?.sockets),
    cores: orNull(hardware?.cores),
    threads: orNull(hardware?.threads),
    memory: orNull(hardware?.memoryBytes),
    xen: orNull(hardware?.xen),
    kernel: orNull(hardware?.kernel),
  }
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

const ALARMS = [hostColumn, text('kind', 'KIND'), time('last', 'LAST'), words('text', 'WHAT')]

export function historyReport(entries: readonly (HistoryEntry & { readonly host: string })[]): Report {
  const columns = [hostColumn, time('at', 'TIME'), text('who', 'WHO'), words('what', 'WHAT')]
  const rows = entries.map(({ host, at, who, what }) => ({ host, at: iso(at), who, what }))
  return listReport('history', 'entry', columns, rows, 'Nothing has been changed.')
}

export function bootsReport(boots: readonly (BootAttempt & { readonly host: string })[]): Report {
  const columns = [
    hostColumn,
    time('started', 'STARTED'),
    text('outcome', 'OUTCOME', { tone: (value) => (value === 'up' ? 'good' : value === 'booting' ? 'plain' : 'bad') }),
    number('seconds', 'SECONDS'),
    text('stage', 'STAGE'),
    text('address', 'ADDRESS', { spare: 1 }),
    text('image', 'IMAGE', { spare: 3 }),
    id('generation', 'GENERATION', { spare: 4 }),
    text('appliance', 'APPLIANCE', { spare: 5 }),
    words('diagnosis', 'DIAGNOSIS'),
    id('id', 'ID', { isHidden: true }),
  ]
  const rows = boots.map((boot) => ({
    host: boot.host,
    started: iso(boot.started),
    outcome: boot.outcome,
    seconds: boot.ended === undefined ? null : Math.round((boot.ended - boot.started) / 100) / 10,
    stage: boot.stages.at(-1)?.stage ?? null,
    address: boot.address ?? null,
    image: boot.image ?? null,
    generation: boot.generation ?? null,
    appliance: boot.appliance,
    diagnosis: boot.diagnosis ?? null,
    id: boot.id,
  }))
  return listReport('boots', 'boot', columns, rows, 'No boot was seen.')
}
