import test from 'ava'
import { isPackageName, mmdebstrapArguments, packagesOf, SUITES } from '../../../images/dom0/recipe.ts'

const files = { overlay: '/o', customize: '/c', boot: '/b', root: '/b/root.tar' }

test('each suite has its own Xen, and what a dom0 needs for storage', (t) => {
  for (const suite of SUITES) {
    const packages = packagesOf({ suite, add: ['tcpdump'] })
    t.is(packages.filter((name) => /^xen-hypervisor-4\.\d+-amd64$/.test(name)).length, 1)
    for (const name of ['drbd-utils', 'lvm2', 'open-iscsi', 'multipath-tools', 'tcpdump']) t.true(packages.includes(name), name)
  }
})

test('isPackageName lets nothing through that apt would take for an option or a shell for a command', (t) => {
  for (const good of ['tcpdump', 'g++', 'libc6', 'firmware-bnx2x', 'xen-utils-4.20=4.20.0+1-1']) t.true(isPackageName(good), good)
  for (const bad of ['', 'a', '-oDebug=1', 'x;reboot', 'a b', 'a,b', '../x', '$(id)', 'Tcpdump', 'x\n'])
    t.false(isPackageName(bad), JSON.stringify(bad))
})

test('non-free firmware is asked of the mirror only when a firmware package is added', (t) => {
  t.true(mmdebstrapArguments({ suite: 'trixie', add: [] }, files).includes('--components=main'))
  t.true(mmdebstrapArguments({ suite: 'trixie', add: ['firmware-bnx2x'] }, files).includes('--components=main,non-free-firmware'))
})

test("a mirror stands last, and without one Debian's own is used with its security updates", (t) => {
  t.is(mmdebstrapArguments({ suite: 'trixie', add: [] }, files).at(-1), '/b/root.tar')
  t.is(
    mmdebstrapArguments({ suite: 'trixie', add: [], mirror: 'http://mirror.example/debian' }, files).at(-1),
    'http://mirror.example/debian',
  )
})
