import test from 'ava'
import { factsOf, kernelVersion, parseDpkgStatus, parseSuite } from '../../images/facts.ts'
import { buildTree } from '../../images/tree-builder.ts'
import { DPKG_STATUS, fakeKernel, memorySource, ROOT } from './fake-image.ts'
import { tinyTar } from './tiny-tar.ts'

test('parseDpkgStatus lists what is installed, sorted, with sizes in bytes', (t) => {
  const { packages, architecture } = parseDpkgStatus(`${DPKG_STATUS}
Package: libc6
Status: install ok installed
Architecture: i386
Version: 2.41
Description: continued
 Version: 9 is not its version

Package: broken
Status: install ok installed
`)
  t.is(architecture, 'amd64')
  t.deepEqual(packages, [
    { name: 'dpkg', version: '1.22.21', size: 6000 * 1024 },
    { name: 'drbd-utils', version: '9.22.0-1', size: 2000 * 1024 },
    { name: 'libc6:i386', version: '2.41', size: 0 },
    { name: 'xen-hypervisor-4.20-amd64', version: '4.20.0+68-1', size: 9000 * 1024 },
  ])
})

test('parseSuite takes the code name, else id and version', (t) => {
  t.is(parseSuite('ID=debian\nVERSION_CODENAME=trixie\n'), 'trixie')
  t.is(parseSuite('ID=debian\nVERSION_ID="13"\n'), 'debian-13')
  t.is(parseSuite("ID='arch'\n"), 'arch')
  t.is(parseSuite('VERSION_CODENAME="$(reboot)"\n'), undefined)
  t.is(parseSuite(''), undefined)
})

test('kernelVersion reads the version string of a bzImage, and none of anything else', (t) => {
  t.is(kernelVersion(fakeKernel('6.1.0-38-amd64')), '6.1.0-38-amd64')
  t.is(kernelVersion(Buffer.alloc(100)), undefined)
  t.is(kernelVersion(Buffer.alloc(0x300, 0xff)), undefined)
})

test('factsOf reads the image, and what is known goes before', async (t) => {
  const source = memorySource(tinyTar(ROOT))
  const { tree } = await buildTree(source)
  t.like(await factsOf(tree, source, fakeKernel(), {}), {
    suite: 'trixie',
    architecture: 'amd64',
    versions: { kernel: '6.12.48+deb13-amd64', xen: '4.20.0+68-1', 'drbd-utils': '9.22.0-1' },
    dom0MemoryMiB: 640,
  })
  const known = await factsOf(tree, source, fakeKernel(), { suite: 'sid', versions: { xen: '5' }, dom0MemoryMiB: 1024 })
  t.like(known, { suite: 'sid', versions: { xen: '5', kernel: '6.12.48+deb13-amd64' }, dom0MemoryMiB: 1024 })
})

test('factsOf makes do with an image that says nothing', async (t) => {
  const source = memorySource(tinyTar([{ path: 'usr/lib/os-release', type: '2', link: '/etc/shadow' }]))
  const { tree } = await buildTree(source)
  t.deepEqual(await factsOf(tree, source, Buffer.alloc(0), {}), {
    suite: 'unknown',
    architecture: 'amd64',
    versions: { kernel: 'unknown' },
    dom0MemoryMiB: 640,
    packages: [],
  })
})
