// The dom0 recipe: which Debian packages make a dom0, and how mmdebstrap is told.

export const SUITES = ['trixie', 'bookworm'] as const
export type Suite = (typeof SUITES)[number]

/** MiB that dom0 is held to (Xen's dom0_mem): about 140 MiB are used after boot, the rest is RAM overlay and cache. */
export const DOM0_MEMORY_MIB = 640

const XEN: { readonly [suite in Suite]: string } = { trixie: '4.20', bookworm: '4.17' }

const PACKAGES: readonly string[] = [
  ...['linux-image-amd64', 'udev', 'kmod', 'iproute2', 'procps', 'zstd', 'xz-utils'],
  'systemd', // installed, not run: multipath-tools asks for it
  ...['drbd-utils', 'lvm2', 'thin-provisioning-tools', 'open-iscsi', 'multipath-tools', 'e2fsprogs'],
  ...['busybox-static', 'openssh-server', 'ethtool', 'lldpd', 'dmidecode', 'smartmontools', 'nvme-cli'],
  'nodejs', // runs the agent
]

/** Left out at unpacking: a dom0 is not read. */
const EXCLUDED: readonly string[] = ['doc', 'man', 'locale', 'i18n', 'info', 'lintian', 'bug'].map((folder) => `/usr/share/${folder}/*`)

/**
 * All files that a rebuild would find newer carry this time instead (seconds since the epoch, 2025-01-01 UTC):
 * the same packages give the same bytes on any day.
 */
export const SOURCE_DATE_EPOCH = 1_735_689_600

export interface Recipe {
  readonly suite: Suite
  readonly add: readonly string[]
  /** Base URL of a Debian mirror; left out: Debian's own, with security updates. */
  readonly mirror?: string
}

/** The packages that are asked for by name; their dependencies come with them. */
export function packagesOf(recipe: Recipe): string[] {
  const xen = XEN[recipe.suite]
  return [...PACKAGES, `xen-hypervisor-${xen}-amd64`, `xen-utils-${xen}`, ...recipe.add]
}

/** A Debian package name (Debian Policy 5.6.1), optionally with a version: nothing else may reach apt's command line. */
export function isPackageName(name: string): boolean {
  return /^[a-z0-9][a-z0-9+.-]+(=[A-Za-z0-9.+~:-]+)?$/.test(name)
}

export interface BuildFiles {
  /** Folder whose content is laid over the root before `customize`. */
  readonly overlay: string
  /** Script that runs inside the root, last. */
  readonly customize: string
  /** Folder that receives vmlinuz, xen and xen.efi. */
  readonly boot: string
  /** The root as a tar. */
  readonly root: string
}

export function mmdebstrapArguments(recipe: Recipe, files: BuildFiles): string[] {
  return [
    ...['--variant=minbase', '--format=tar'],
    ...['APT::Install-Recommends "false"', 'Acquire::Languages "none"', 'Acquire::Retries "5"'].map((option) => `--aptopt=${option}`),
    ...['force-confold', 'force-unsafe-io', ...EXCLUDED.map((path) => `path-exclude=${path}`)].map((option) => `--dpkgopt=${option}`),
    `--components=${recipe.add.some((name) => name.startsWith('firmware-')) ? 'main,non-free-firmware' : 'main'}`,
    `--include=${packagesOf(recipe).join(',')}`,
    // The package would bring all of grub-common along; customize takes the one file out of it that guests boot by.
    '--customize-hook=cd "$1/tmp" && APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get download grub-xen-host',
    `--customize-hook=sync-in ${files.overlay} /`,
    `--customize-hook=upload ${files.customize} /customize`,
    '--customize-hook=chroot "$1" sh /customize',
    ...['vmlinuz', 'xen', 'xen.efi'].map((file) => `--customize-hook=download /boot/${file} ${files.boot}/${file}`),
    '--customize-hook=rm -rf "$1/customize" "$1"/boot/*',
    recipe.suite,
    files.root,
    ...(recipe.mirror ? [recipe.mirror] : []),
  ]
}
