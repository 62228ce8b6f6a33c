// Hosts that see one LUN, by iSCSI or Fibre Channel, and what a matrix of them says.
import { ConnectivityMatrix, type MatrixHost } from '../../../../manager/connectivity/matrix.ts'
import { iqn, naa, reporting, wwn } from '../inventories.ts'

export function matrixOf(...hosts: readonly MatrixHost[]): ConnectivityMatrix {
  const matrix = new ConnectivityMatrix()
  for (const host of hosts) matrix.update(host)
  return matrix
}

export const why = (matrix: ConnectivityMatrix, key: string, host: string): string => {
  const reach = matrix.reach(key, host)
  return reach.kind === 'reached' ? `reached: ${reach.how}` : reach.reason
}
export const keys = (matrix: ConnectivityMatrix): readonly string[] => matrix.rows().map(({ key, hosts }) => `${key} ${hosts}`)

export const TARGET = iqn('san')
export const LUN = naa('a')
export const lunKey = `lun:${LUN}`

export const iscsiPath = (name = 'sdb', more: object = {}) => ({
  name,
  device: `/dev/${name}`,
  wwid: LUN,
  vendor: 'IET',
  model: 'VIRTUAL-DISK',
  transport: 'iscsi' as const,
  target: { kind: 'iscsi' as const, target: TARGET, lun: 1 },
  ...more,
})
export const session = (more: object = {}) => ({ target: TARGET, portal: '10.77.0.1:3260', sid: 1, connected: true, luns: [], ...more })
export const loggedIn = (id: string, more: object = {}) =>
  reporting(id, { blockDevices: [iscsiPath()], iscsi: { initiator: iqn(id), sessions: [session()] }, ...more })
export const fcPath = (name = 'sdc') => ({
  name,
  device: `/dev/${name}`,
  wwid: LUN,
  transport: 'fc' as const,
  target: { kind: 'fc' as const, port: wwn('5'), lun: 4 },
})
