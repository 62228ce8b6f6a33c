// What a simulated machine takes from our own script, and from the peer's.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { readBootScript } from './boot-script.ts'

const FILLING = { base: 'http://10.77.0.1:80', mac: '525400000007', address: '10.77.16.7' }

test('of ours: the files by HTTP, the attempt, where it reports to, and its root', async (t) => {
  const script = await readFile(join(import.meta.dirname, '../../appliance/boot/golden/node01-nfs.ipxe'), 'utf8')
  const files = 'http://10.77.0.1:8067/g/0123456789abcdef'
  t.deepEqual(readBootScript(script, FILLING), {
    files: [`${files}/xen`, `${files}/vmlinuz`, `${files}/initrd.img`],
    ...{ attempt: 'abcdefghijklmn23', reports: '10.77.0.1:8067' },
    root: { port: 2049, mountPort: 2049, path: '/dom0/0123456789abcdef' },
  })
})

test('of the peer: names of its own server, and what iPXE fills in', (t) => {
  const mac = '$' + '{net0/mac:hexraw}'
  const line = `hl.boot=${mac}.bench hl.srv=10.77.0.1:8067 hl.root=nfs:2049,mountport=20048:/dom0`
  const script = `#!ipxe\nkernel xen console=com1\nmodule vmlinuz quiet ${line}\nmodule initrd.img\nboot\n`
  t.deepEqual(readBootScript(script, FILLING), {
    files: ['xen', 'vmlinuz', 'initrd.img'].map((name) => `http://10.77.0.1:80/${name}`),
    ...{ attempt: '525400000007', reports: '10.77.0.1:8067' },
    root: { port: 2049, mountPort: 20_048, path: '/dom0' },
  })
})

test('a script that says no to a machine is told as it is', (t) => {
  t.throws(() => readBootScript('#!ipxe\necho Hostless: not approved\n', FILLING), { message: /the script has no hl\.root: #!ipxe/ })
})
