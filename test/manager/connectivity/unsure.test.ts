import test from 'ava'
import { ConnectivityMatrix, type MatrixHost } from '../../../manager/connectivity/matrix.ts'
import { unsureCounter } from '../../../manager/connectivity/unsure.ts'
import { unsureOf } from '../../../manager/storage/scan-places.ts'
import { iqn, naa, reporting } from './inventories.ts'

const LUN = naa('a')
const SEEN = {
  blockDevices: [{ name: 'sdb', wwid: LUN, transport: 'iscsi' as const, target: { kind: 'iscsi' as const, target: iqn('san'), lun: 0 } }],
  fileSystems: [{ on: 'sdb', uuid: 'f-1', type: 'ext4' }],
}
const hung = (section: 'blockDevices' | 'fcHbas' | 'guests' | 'iscsi') => ({
  problems: [{ section, source: 's', reason: 'stopped after 20 s' }],
})

function matrixOf(...hosts: readonly MatrixHost[]): ConnectivityMatrix {
  const matrix = new ConnectivityMatrix()
  for (const host of hosts) matrix.update(host)
  return matrix
}

test('hosts of which it could not be read whether they reach a thing are counted beside those that do, and no others', (t) => {
  const matrix = matrixOf(
    reporting('a', SEEN),
    reporting('without', {}),
    reporting('hung', hung('blockDevices')),
    reporting('also', hung('iscsi')),
    reporting('other', hung('fcHbas')),
    reporting('sees', { ...SEEN, ...hung('blockDevices') }),
  )
  const unsure = unsureCounter(matrix)
  t.deepEqual(
    matrix.rows().map(({ key, hosts }) => [key, hosts, unsure(key)]),
    [
      [`fs:f-1`, 2, 2],
      [`iscsi:${iqn('san')}`, 0, 1],
      [`lun:${LUN}`, 2, 2],
    ].filter(([key]) => matrix.row(String(key))),
  )
})

test('of a file system nobody looks at, it is said of which host it is not known whether its guests have it', (t) => {
  const matrix = matrixOf(reporting('a', SEEN), reporting('b', { ...SEEN, ...hung('guests') }), reporting('c', hung('guests')))
  t.deepEqual(unsureOf(matrix, 'fs:f-1'), [{ host: 'b', reason: 'guests (s: stopped after 20 s)' }])
  t.deepEqual(unsureOf(matrix, `lun:${LUN}`), [])
  t.deepEqual(unsureOf(matrixOf(reporting('a', SEEN)), 'fs:f-1'), [])
})
