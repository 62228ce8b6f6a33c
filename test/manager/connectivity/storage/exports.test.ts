import test from 'ava'
import { reporting } from '../inventories.ts'
import { keys, matrixOf, why } from './pool.ts'

test('an export is a row of the hosts that have it mounted', (t) => {
  const mount = { server: '10.0.0.9', export: '/iso', mountPoint: '/mnt/iso', version: '4.2', readOnly: true }
  const matrix = matrixOf(reporting('a', { nfsMounts: [mount] }), reporting('b', {}))
  t.deepEqual(keys(matrix), ['nfs:10.0.0.9:/iso 1'])
  t.is(why(matrix, 'nfs:10.0.0.9:/iso', 'a'), 'reached: mounted on /mnt/iso (NFS 4.2), read-only')
  t.is(why(matrix, 'nfs:10.0.0.9:/iso', 'b'), '10.0.0.9:/iso is not mounted there')
})

test('a host that has an export mounted under another name of its server is told so', (t) => {
  const mount = (id: string, server: string, exported: string) =>
    reporting(id, { nfsMounts: [{ server, export: exported, mountPoint: '/mnt' }] })
  const matrix = matrixOf(mount('a', 'nas', '/vm'), mount('b', 'nas.example.net', '/vm/'), mount('c', '10.0.0.5', '//vm'))
  t.is(
    why(matrix, 'nfs:10.0.0.5://vm', 'a'),
    '10.0.0.5://vm is not mounted there by this name; mounted there as nas:/vm, which may be the same',
  )
  t.regex(why(matrix, 'nfs:nas:/vm', 'b'), /mounted there as nas\.example\.net:\/vm\/, which/)
})

test('an export that is mounted under three names of one server is one row, by its address and path', (t) => {
  const mount = (id: string, server: string, exported: string, address: string) =>
    reporting(id, { nfsMounts: [{ server, export: exported, mountPoint: '/mnt', address }] })
  const nas = mount('a', 'nas', '/vm', '10.0.0.5')
  const full = mount('b', 'nas.example.net', '/vm/', '10.0.0.5')
  const bare = mount('c', '10.0.0.5', '//vm', '10.0.0.5')
  const matrix = matrixOf(nas, full, reporting('d', {}), mount('e', 'other', '/vm', '10.0.0.6'))
  t.deepEqual(keys(matrix), ['nfs:nas:/vm 2', 'nfs:other:/vm 1'])
  matrix.update(bare)
  t.deepEqual(keys(matrix), ['nfs:10.0.0.5://vm 3', 'nfs:other:/vm 1'])
  for (const name of ['nfs:10.0.0.5://vm', 'nfs:nas:/vm', 'nfs:nas.example.net:/vm/']) {
    t.is(matrix.row(name)?.key, 'nfs:10.0.0.5://vm')
    t.is(why(matrix, name, 'a'), 'reached: mounted there as nas:/vm: mounted on /mnt')
    t.is(why(matrix, name, 'c'), 'reached: mounted on /mnt')
    t.is(why(matrix, name, 'd'), '10.0.0.5://vm is not mounted there')
    t.regex(why(matrix, name, 'e'), /not mounted there by this name; mounted there as other:\/vm/)
  }
  matrix.remove('c')
  t.deepEqual(keys(matrix), ['nfs:nas:/vm 2', 'nfs:other:/vm 1'])
  matrix.remove('a')
  t.deepEqual(keys(matrix), ['nfs:nas.example.net:/vm/ 1', 'nfs:other:/vm 1'])
})

test('one name that leads to another address on each host (a server of many) is one row; an address of the host itself tells nothing', (t) => {
  const mount = (id: string, server: string, address: string) =>
    reporting(id, { nfsMounts: [{ server, export: '/vm', mountPoint: '/mnt', address }] })
  t.deepEqual(keys(matrixOf(mount('a', 'nas', '10.0.0.5'), mount('b', 'nas', '10.0.0.6'))), ['nfs:nas:/vm 2'])
  t.is(keys(matrixOf(mount('a', 'one', '127.0.0.1'), mount('b', 'two', '127.0.0.1'))).length, 2)
})

test('the root that dom0 runs from is no storage for guests', (t) => {
  const host = reporting('a', {
    kernel: { commandLine: 'console=hvc0 hl.root=nfs:2049:/dom0/4f2a hl.name=a' },
    nfsMounts: [
      { server: '10.77.0.1', export: '/dom0/4f2a', mountPoint: '/run/root' },
      { server: '10.77.0.1', export: '/iso', mountPoint: '/iso' },
    ],
  })
  t.deepEqual(keys(matrixOf(host)), ['nfs:10.77.0.1:/iso 1'])
})

test('what no host sees is said to be seen by none, and a host that is not there to have reported nothing', (t) => {
  const matrix = matrixOf(reporting('a', {}))
  t.is(why(matrix, 'lun:naa.1', 'a'), 'no host sees lun:naa.1')
  t.is(why(matrix, 'lun:naa.1', 'b'), 'this host has not reported')
})
