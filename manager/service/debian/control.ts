// The control file of the Debian package: what it is, and what it needs, which is what the doctor looks for. Pure.
import { MEMTEST_PACKAGE } from '../../../appliance/boot/tools.ts'
import { NEEDED } from '../../doctor/checks/programs.ts'

export interface PackageFacts {
  readonly version: string
  readonly architecture: string
  /** Of the compiled programs in it. */
  readonly libraries: readonly string[]
  /** KiB, unpacked. */
  readonly installedSize: number
}

/** Neither the users nor a restart go without: both are there wherever Debian runs systemd. */
const BASE = ['init-system-helpers', 'passwd', 'systemd | systemd-standalone-sysusers']

/** Of the package's version, by Debian's rules for a native package (deb-version(7)), so that no name of a file holds anything else. */
const VERSION = /^\d[\d.A-Za-z+~]*$/

export function controlOf({ version, architecture, libraries, installedSize }: PackageFacts): string {
  const of = (need: 'serving' | 'building') => [...new Set(NEEDED.filter((one) => one.need === need).map((one) => one.package))]
  const serving = of('serving')
  const building = of('building').filter((name) => !serving.includes(name))
  const lines = [
    'Package: hostless',
    `Version: ${version}`,
    'Section: admin',
    'Priority: optional',
    `Architecture: ${architecture}`,
    'Maintainer: The Hostless authors <hostless@localhost>',
    `Installed-Size: ${installedSize}`,
    `Depends: ${[...libraries, ...BASE, ...serving].sort().join(', ')}`,
    // Images can be built on another machine, and memory be tested by something else.
    `Recommends: ${[...building, MEMTEST_PACKAGE].sort().join(', ')}`,
    'Suggests: chrony | time-daemon, postgresql',
    'Description: boots servers over the network into a Xen pool, with nothing installed',
    ' One management machine hands every server of a rack a Xen hypervisor and a',
    ' read-only Debian dom0 (DHCP, PXE, TFTP, HTTP boot, NFS root), runs guests on',
    ' their local disks, and moves them live between hosts without shared storage.',
    ' .',
    ' Node.js is in it, for this package alone: Debian 12 has none that is new enough.',
  ]
  return `${lines.join('\n')}\n`
}

/** Why this cannot be the version of a package. */
export function refusedVersion(version: string): string | undefined {
  return VERSION.test(version)
    ? undefined
    : `${version} is no version of a Debian package: digits first, then letters, digits, ".", "+" and "~"`
}

export const fileName = ({ version, architecture }: Pick<PackageFacts, 'version' | 'architecture'>): string =>
  `hostless_${version}_${architecture}.deb`

/** Debian's name of what Node calls `arch`. */
export function architectureOf(arch: string): string {
  const known: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64', riscv64: 'riscv64', ppc64: 'ppc64el', s390x: 's390x' }
  const name = known[arch]
  if (name === undefined) throw new Error(`no Debian architecture is known for Node's ${arch}`)
  return name
}
