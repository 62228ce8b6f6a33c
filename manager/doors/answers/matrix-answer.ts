// The connectivity matrix in the API's words. Pure.
import type { ConnectivityMatrix, MatrixRow } from '../../connectivity/matrix.ts'
import { oddOnes } from '../../connectivity/odd.ts'
import { describeThing, type Thing as PoolThing, type Reach } from '../../connectivity/thing.ts'
import { unsureCounter } from '../../connectivity/unsure.ts'
import type { Cell, LocalStorage, Matrix, Thing, ThingDetail } from '../../contract/things.ts'
import type { HostView } from '../../hosts/pool-change.ts'
import type { SectionName } from '../../protocol/inventory.ts'
import { uncountedOf } from '../../protocol/unread.ts'
import type { ScanFailure } from '../../storage/scan-book.ts'
import { unsureOf } from '../../storage/scan-places.ts'
import { poolsOf } from '../../storage/vgs.ts'
import type { ScanRecord } from '../../store/tables/scans.ts'

/** The matrix without its reasons. */
export interface Reaches {
  /** Ids of the hosts that have reported. */
  readonly hosts: readonly string[]
  /** `odd`: who does not reach it, though most hosts like it do. */
  readonly rows: readonly (Thing & { readonly reachers: ReadonlySet<string>; readonly odd: ReadonlySet<string> })[]
}

/** What hosts have found on file systems, by key. */
export interface Scans {
  of(key: string): ScanRecord | undefined
  failureOf(key: string): ScanFailure | undefined
}

/** `hosts`: those of the matrix, in the order in which they are to be shown. */
export function matrixAnswer(matrix: ConnectivityMatrix, hosts: readonly HostView[], scans: Scans): Matrix {
  const [unsure, oddOf] = [unsureCounter(matrix), oddOnes(hosts)]
  return {
    hosts: hosts.map(({ id, name, state }) => ({ id, name, state })),
    rows: matrix.rows().map((row) => {
      const odd = oddOf(matrix.reachers(row.key))
      const cellOf = (id: string): Cell => ({ ...cellAnswer(matrix.reach(row.key, id)), ...(odd.has(id) ? { odd: true } : {}) })
      return { ...thingAnswer(matrix, row, scans, unsure), cells: hosts.map(({ id }) => cellOf(id)) }
    }),
  }
}

export function reachesAnswer(matrix: ConnectivityMatrix, hosts: readonly HostView[], scans: Scans): Reaches {
  const [unsure, oddOf] = [unsureCounter(matrix), oddOnes(hosts)]
  return {
    hosts: hosts.map(({ id }) => id),
    rows: matrix.rows().map((row) => {
      const reachers = matrix.reachers(row.key)
      return { ...thingAnswer(matrix, row, scans, unsure), reachers, odd: oddOf(reachers) }
    }),
  }
}

export function thingDetail(matrix: ConnectivityMatrix, hosts: readonly HostView[], row: MatrixRow, scans: Scans): ThingDetail {
  const cells = hosts.map(({ id, name }) => ({ host: id, name, ...cellAnswer(matrix.reach(row.key, id)) }))
  const [scan, failure] = [scans.of(row.key), scans.failureOf(row.key)]
  const unread = unsureOf(matrix, row.key)
  const nameOf = (id: string): string => hosts.find((host) => host.id === id)?.name ?? id
  return {
    ...thingAnswer(matrix, row, scans),
    cells,
    ...(scan ? { images: [...scan.images], scanned: { at: scan.at, host: nameOf(scan.host), leftOut: [...scan.leftOut] } } : {}),
    ...(failure ? { notScanned: { ...failure, host: nameOf(failure.host) } } : {}),
    ...(unread.length > 0 ? { unread: unread.map(({ host, reason }) => ({ host, name: nameOf(host), reason })) } : {}),
  }
}

/** `unsure`: of this matrix; for many things once. */
export function thingAnswer(
  matrix: ConnectivityMatrix,
  { key, thing, hosts }: MatrixRow,
  scans: Scans,
  unsure: (key: string) => number = unsureCounter(matrix),
): Thing {
  const islands = matrix.islands(key)
  const perhaps = unsure(key)
  const scan = scans.of(key)
  return {
    key,
    kind: thing.kind,
    name: describeThing(thing),
    hosts,
    ...(perhaps > 0 ? { unsure: perhaps } : {}),
    ...particulars(thing),
    ...(scan ? { sizeBytes: scan.sizeBytes, freeBytes: scan.freeBytes } : {}),
    ...(islands.length > 0 ? { islands: islands.map((island) => [...island]) } : {}),
  }
}

function particulars(thing: PoolThing): Pick<Thing, 'sizeBytes' | 'freeBytes' | 'detail'> {
  switch (thing.kind) {
    case 'lun':
      return { sizeBytes: thing.sizeBytes, ...(thing.product ? { detail: thing.product } : {}) }
    case 'vg':
      return { sizeBytes: thing.sizeBytes, freeBytes: thing.freeBytes }
    case 'file-system':
      return { detail: [thing.type, thing.label].filter(Boolean).join(' ') }
    case 'iscsi-target':
    case 'nfs':
    case 'vlan':
    case 'segment':
      return {}
  }
}

export function cellAnswer(reach: Reach): Cell {
  return reach.kind === 'reached'
    ? { reached: true, why: reach.how }
    : { reached: false, why: reach.reason, ...(reach.unread ? { unread: true } : {}) }
}

/** Disks and VGs are in these. */
const LOCAL: readonly SectionName[] = ['blockDevices', 'vgs']

export function localStorageAnswer(matrix: ConnectivityMatrix, { id, name }: HostView): readonly LocalStorage[] {
  const local = matrix.localStorage(id)
  if (!local) return []
  const unread = uncountedOf(local, LOCAL).map(({ section, source, reason }) => ({ section, source, reason }))
  return [
    {
      host: id,
      name,
      disks: local.disks.map(({ name: disk, model, serial, sizeBytes }) => ({ name: disk, model, serial, sizeBytes })),
      vgs: local.vgs.map(({ name: vg, sizeBytes, freeBytes, tags }) => {
        const pools = poolsOf({ name: vg, tags }).filter((pool) => pool !== vg)
        return { name: vg, sizeBytes, freeBytes, ...(pools.length > 0 ? { pools } : {}) }
      }),
      ...(unread.length > 0 ? { unread } : {}),
    },
  ]
}
