// A host as a row: in the list, and as the facts of one. A field that a host gets has its column here. Pure.
import type { Host } from '../../../../contract/hosts.ts'
import { eachField, fieldsOf, HOST_FIELD_NAMES, HOST_FIELDS } from '../../../../protocol/host-fields.ts'
import { ONCE_NAMES } from '../../../../protocol/once.ts'
import { bytes, count, id, iso, number, text, time } from '../../../engine/columns.ts'
import { listReport } from '../../../engine/list-report.ts'
import type { Column, Report, Row, Value } from '../../../engine/output/output.ts'

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
  ...HOST_FIELD_NAMES.map((name) => text(name, HOST_FIELDS[name].title.toUpperCase(), { spare: HOST_FIELDS[name].spare, show: onOneLine })),
  text('trust', 'TRUST', { isHidden: true }),
  text('presence', 'PRESENCE', { isHidden: true }),
  text('service', 'SERVICE', { isHidden: true }),
  text('power', 'POWER', { isHidden: true }),
  id('id', 'ID', { isHidden: true }),
  id('uuid', 'UUID', { isHidden: true }),
  text('macs', 'MACS', { isHidden: true }),
  time('created', 'CREATED', { isHidden: true }),
  id('seen', 'SEEN', { isHidden: true }),
  text('switch', 'SWITCH', { isHidden: true }),
  text('port', 'PORT', { isHidden: true }),
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
    ...fieldsOf(host),
    id: host.id,
    uuid: host.uuid ?? null,
    macs: host.macs.map(({ mac }) => mac),
    created: iso(host.created),
    seen: host.seen ?? null,
    switch: host.hardware?.link?.switch ?? null,
    port: host.hardware?.link?.port ?? null,
  }
}

export const FACTS: readonly Column[] = [
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
    ...HOST_FIELD_NAMES.map((name) => text(name, HOST_FIELDS[name].title, { show: onOneLine })),
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
    text('once', 'Boots once'),
    text('onceby', 'Ordered by'),
    time('onceuntil', 'Holds until'),
    time('created', 'Known since'),
    text('switch', 'Switch'),
    text('port', 'Port'),
    text('seen', 'Approve with --seen'),
  ],
]

export function factsOf(host: Host): Row {
  const { hardware } = host
  const machine = [hardware?.manufacturer, hardware?.product].filter(Boolean).join(' ')
  const orNull = (value: Value | undefined): Value => value ?? null
  return {
    ...hostRow(host),
    proof: host.proof ?? null,
    cordonedby: host.cordon ? `${host.cordon.who}, ${iso(host.cordon.at)}` : null,
    once: host.once ? ONCE_NAMES[host.once.what] : null,
    onceby: host.once ? `${host.once.who}, ${iso(host.once.at)}` : null,
    onceuntil: host.once ? iso(host.once.until) : null,
    groups: host.groups.length > 0 ? host.groups : null,
    ...eachField((name) => host[name] || null),
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
