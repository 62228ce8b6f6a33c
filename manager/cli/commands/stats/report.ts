// `hostlist`, `hoststats` and `vmlist` as reports, each with totals of what can be summed. Pure.
import type { Guest } from '../../../contract/guests.ts'
import type { Host } from '../../../contract/hosts.ts'
import type { LocalStorage } from '../../../contract/things.ts'
import { atLeast, bytes, count, counted, guestTypeColumn, number, percent, percentOf, rate, text } from '../../engine/columns.ts'
import { listSection } from '../../engine/list-report.ts'
import type { Report, Row, Section, Value } from '../../engine/output/output.ts'
import { hostColumn, stateColumn } from '../host/reports/host.ts'

/** `withTotals`: the totals are a section of their own, for programs that ask for them. */
export type Totals = 'in the table' | 'as a section'

/** `stores`: what hosts have for themselves; of VGs on shared LUNs no one host has the space. */
export function hostlistReport(hosts: readonly Host[], stores: readonly LocalStorage[], totals: Totals): Report {
  const columns = [
    ...[hostColumn, stateColumn, number('cpus', 'CPUS'), count('guests', 'GUESTS'), bytes('memory', 'MEMORY'), bytes('free', 'FREE')],
    ...[percent('memoryused', 'MEM%', { spare: 1 }), bytes('vgs', 'VGS', { spare: 2 }), bytes('vgfree', 'VG FREE', { spare: 2 })],
    ...[percent('vgused', 'VG%', { spare: 3 }), text('image', 'IMAGE', { spare: 4 }), text('groups', 'GROUPS', { cut: 'count', spare: 5 })],
    ...[text('hvm', 'HVM', { spare: 6 }), text('xen', 'XEN', { spare: 6 }), text('kernel', 'KERNEL', { spare: 7 })],
    text('cpumodel', 'CPU', { spare: 8 }),
  ]
  const storeOf = new Map(stores.map((store) => [store.host, store]))
  const rows = hosts.map((host) => ({
    host: host.name,
    state: host.state,
    xen: host.hardware?.xen ?? null,
    cpus: host.hardware?.threads ?? host.load?.threads ?? null,
    memory: host.load?.totalBytes ?? host.hardware?.memoryBytes ?? null,
    free: host.load?.freeBytes ?? null,
    memoryused: host.load ? percentOf(host.load.totalBytes - host.load.freeBytes, host.load.totalBytes) : null,
    ...vgSpace(storeOf.get(host.id)),
    hvm: host.hardware?.hvm ?? null,
    kernel: host.hardware?.kernel ?? null,
    cpumodel: host.hardware?.cpuModel ?? null,
    guests: host.guests ?? null,
    groups: host.groups,
    image: host.image ? `${host.image.image}@${host.image.generation.slice(0, 8)}` : null,
  }))
  const up = hosts.filter(({ state }) => state === 'up').length
  const unmeasured = rows.filter(({ cpus, memory, free }) => cpus === null || memory === null || free === null).length
  const summed = sums(rows, ['cpus', 'memory', 'free', 'vgs', 'vgfree'])
  const loads = hosts.flatMap(({ load }) => load ?? [])
  const total = {
    host: counted(hosts.length, 'host'),
    state: `${up} up${unmeasured > 0 ? `, ${unmeasured} not measured` : ''}`,
    ...summed,
    memoryused: usedOf(sum(loads.map(({ totalBytes }) => totalBytes)), sum(loads.map(({ freeBytes }) => freeBytes))),
    vgused: usedOf(summed.vgs, summed.vgfree),
    hvm: null,
    guests: guestsIn(hosts),
  }
  return withTotals({ ...listSection('hosts', 'host', 'Hosts', columns, rows), empty: 'No host is known yet.' }, total, totals)
}

/** Unknown where there may be more of them. */
function vgSpace(store: LocalStorage | undefined): Row {
  if (!store || store.unread?.some(({ section }) => section === 'vgs' || section === 'pvs'))
    return { vgs: null, vgfree: null, vgused: null }
  const [size, free] = [sum(store.vgs.map(({ sizeBytes }) => sizeBytes)), sum(store.vgs.map(({ freeBytes }) => freeBytes))]
  return { vgs: size, vgfree: free, vgused: usedOf(size, free) }
}

function usedOf(size: Value | undefined, free: Value | undefined): number | null {
  return typeof size === 'number' && typeof free === 'number' ? percentOf(size - free, size) : null
}

export function hoststatsReport(hosts: readonly Host[], totals: Totals): Report {
  const columns = [
    ...[
      hostColumn,
      stateColumn,
      percent('cpu', 'CPU%'),
      percent('dom0cpu', 'DOM0%', { spare: 2 }),
      bytes('used', 'USED'),
      bytes('free', 'FREE'),
    ],
    ...[rate('read', 'READ/S'), rate('written', 'WRITTEN/S'), rate('received', 'IN/S'), rate('sent', 'OUT/S')],
    count('guests', 'GUESTS', { spare: 1 }),
  ]
  const rows = hosts.map(({ name, state, load, guests }) => ({
    host: name,
    state,
    cpu: percentOf(load?.cpus, load?.threads),
    dom0cpu: percentOf(load?.dom0Cpus, load && 1),
    used: load ? load.totalBytes - load.freeBytes : null,
    free: load?.freeBytes ?? null,
    ...ratesOf(load),
    guests: guests ?? null,
  }))
  const loads = hosts.flatMap(({ load }) => load ?? [])
  const total = {
    host: counted(hosts.length, 'host'),
    state: `${loads.length} measured`,
    cpu: percentOf(sum(loads.map(({ cpus }) => cpus)), sum(loads.map(({ threads }) => threads))),
    ...sums(rows, ['dom0cpu', 'used', 'free', 'read', 'written', 'received', 'sent']),
    guests: guestsIn(hosts),
  }
  return withTotals({ ...listSection('hosts', 'host', 'Hosts', columns, rows), empty: 'No host is known yet.' }, total, totals)
}

/** `unread`: how many hosts may run more of them. */
export function vmlistReport(guests: readonly Guest[], unread: number, totals: Totals): Report {
  const columns = [
    ...[
      text('guest', 'GUEST'),
      hostColumn,
      number('id', 'ID'),
      stateColumnOfGuest,
      guestTypeColumn({ spare: 3 }),
      number('vcpus', 'VCPUS'),
    ],
    ...[
      bytes('memory', 'MEMORY'),
      percent('cpu', 'CPU%'),
      rate('read', 'READ/S', { spare: 1 }),
      rate('written', 'WRITTEN/S', { spare: 1 }),
    ],
    ...[rate('received', 'IN/S', { spare: 2 }), rate('sent', 'OUT/S', { spare: 2 }), text('uuid', 'UUID', { isHidden: true })],
  ]
  const rows = guests.map(({ name, hostName, domid, state, type, vcpus, memoryBytes, load, uuid }) => ({
    ...{ guest: name, host: hostName, id: domid, state, type: type ?? null, vcpus, memory: memoryBytes },
    cpu: percentOf(load?.cpus, load && 1),
    ...ratesOf(load),
    uuid,
  }))
  const total = {
    guest: `${unread > 0 ? 'at least ' : ''}${counted(guests.length, 'guest')}`,
    host: `${counted(new Set(guests.map(({ host }) => host)).size, 'host')}${unread > 0 ? `, ${unread} not read` : ''}`,
    state: `${guests.filter(({ state }) => state === 'running').length} running`,
    type: '',
    ...sums(rows, ['vcpus', 'memory', 'cpu', 'read', 'written', 'received', 'sent']),
  }
  return withTotals({ ...listSection('guests', 'guest', 'Guests', columns, rows), empty: noGuest(unread) }, total, totals)
}

function noGuest(unread: number): string {
  return unread === 0 ? 'No guest runs.' : `No guest is known; what runs on ${counted(unread, 'host')} could not be read (host list).`
}

const stateColumnOfGuest = text('state', 'STATE', {
  tone: (value) => (value === 'running' ? 'good' : value === 'crashed' || value === 'dying' ? 'bad' : 'plain'),
})

interface Rates {
  readonly readBytesPerSecond: number
  readonly writtenBytesPerSecond: number
  readonly receivedBytesPerSecond: number
  readonly sentBytesPerSecond: number
}

function ratesOf(load: Rates | undefined) {
  return {
    read: load?.readBytesPerSecond ?? null,
    written: load?.writtenBytesPerSecond ?? null,
    received: load?.receivedBytesPerSecond ?? null,
    sent: load?.sentBytesPerSecond ?? null,
  }
}

function sums(rows: readonly Row[], keys: readonly string[]): Row {
  return Object.fromEntries(
    keys.map((key) => {
      const known = rows.flatMap((row) => {
        const value = row[key]
        return typeof value === 'number' ? [value] : []
      })
      return [key, known.length === 0 ? null : Math.round(sum(known) * 10) / 10]
    }),
  )
}

function guestsIn(hosts: readonly Host[]): Value {
  return atLeast(sum(hosts.map(({ guests }) => guests ?? 0)), hosts.filter(({ guests }) => guests === undefined).length)
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0)

function withTotals(list: Section, total: Row, totals: Totals): Report {
  const whole = list.rows.length === 0 ? list : { ...list, totals: total }
  if (totals === 'in the table') return { name: list.name, sections: [whole] }
  const columns = list.columns.filter(({ key }) => typeof total[key] === 'number')
  const own: Section = { name: 'totals', item: 'total', title: 'Totals', shape: 'record', columns, rows: [total], empty: '' }
  return { name: list.name, sections: [list, own] }
}
