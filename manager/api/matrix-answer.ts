// The connectivity matrix in the API's words. Pure.
import type { ConnectivityMatrix, MatrixRow } from '../inventory/matrix.ts'
import { describeThing, type Thing as PoolThing, type Reach } from '../inventory/matrix-thing.ts'
import type { HostView } from '../inventory/pool-change.ts'
import type { Reaches } from './operations.ts'
import type { Cell, LocalStorage, Matrix, Thing, ThingDetail } from './schema-pool.ts'

/** `hosts`: those of the matrix, in the order in which they are to be shown. */
export function matrixAnswer(matrix: ConnectivityMatrix, hosts: readonly HostView[]): Matrix {
  return {
    hosts: hosts.map(({ id, name, state }) => ({ id, name, state })),
    rows: matrix.rows().map((row) => ({
      ...thingAnswer(matrix, row),
      cells: hosts.map(({ id }) => cellAnswer(matrix.reach(row.key, id))),
    })),
  }
}

export function reachesAnswer(matrix: ConnectivityMatrix, hosts: readonly HostView[]): Reaches {
  return {
    hosts: hosts.map(({ id }) => id),
    rows: matrix.rows().map((row) => ({ ...thingAnswer(matrix, row), reachers: matrix.reachers(row.key) })),
  }
}

export function thingDetail(matrix: ConnectivityMatrix, hosts: readonly HostView[], row: MatrixRow): ThingDetail {
  const cells = hosts.map(({ id, name }) => ({ host: id, name, ...cellAnswer(matrix.reach(row.key, id)) }))
  return { ...thingAnswer(matrix, row), cells }
}

export function thingAnswer(matrix: ConnectivityMatrix, { key, thing, hosts }: MatrixRow): Thing {
  const islands = matrix.islands(key)
  return {
    key,
    kind: thing.kind,
    name: describeThing(thing),
    hosts,
    ...particulars(thing),
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
  return reach.kind === 'reached' ? { reached: true, why: reach.how } : { reached: false, why: reach.reason }
}

export function localStorageAnswer(matrix: ConnectivityMatrix, { id, name }: HostView): readonly LocalStorage[] {
  const local = matrix.localStorage(id)
  if (!local) return []
  return [
    {
      host: id,
      name,
      disks: local.disks.map(({ name: disk, model, serial, sizeBytes }) => ({ name: disk, model, serial, sizeBytes })),
      vgs: local.vgs.map(({ name: vg, sizeBytes, freeBytes }) => ({ name: vg, sizeBytes, freeBytes })),
    },
  ]
}
