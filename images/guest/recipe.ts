// Which Debian packages make a guest's disk, and how mmdebstrap is told.
import type { DiskPlan } from './disk.ts'
import { SMALL_PACKAGES } from './small.ts'

export const GUESTS = ['debian13'] as const
export type GuestName = (typeof GUESTS)[number]

const SUITE: { readonly [name in GuestName]: string } = { debian13: 'trixie' }

/** No file of a guest's disk is newer (seconds since the epoch, 2025-01-01 UTC): the same packages give the same bytes on any day. */
export const GUEST_EPOCH = 1_735_689_600

/** MiB as a person gives them. */
export const LEAST_DISK_MIB = 1536

const PACKAGES: readonly string[] = [
  ...['linux-image-cloud-amd64', 'initramfs-tools', 'zstd', 'grub-common', 'grub2-common', 'e2fsprogs', 'cloud-guest-utils'],
  ...['systemd-sysv', 'systemd-resolved', 'systemd-timesyncd', 'dbus', 'libpam-systemd', 'udev', 'cloud-init', 'openssh-server', 'sudo'],
  ...['iproute2', 'iputils-ping', 'netbase', 'ca-certificates', 'curl', 'less', 'nano', 'procps', 'apt-utils', 'unattended-upgrades'],
]

export interface GuestRecipe {
  readonly name: GuestName
  readonly add: readonly string[]
  /** Base URL of a Debian mirror; left out: Debian's own, with security updates. */
  readonly mirror?: string
}

/** Only unpacked: none of it runs here, and a few of its files are taken. */
export function smallArguments({ name, mirror }: GuestRecipe, tar: string): string[] {
  return [
    ...['--variant=extract', '--format=tar', ...APT],
    `--include=${SMALL_PACKAGES.join(',')}`,
    SUITE[name],
    tar,
    ...(mirror === undefined ? [] : [mirror]),
  ]
}

const APT = ['APT::Install-Recommends "false"', 'Acquire::Languages "none"', 'Acquire::Retries "5"'].map((option) => `--aptopt=${option}`)

export interface FullFiles {
  /** Folder whose content is laid over the root before `customize`. */
  readonly overlay: string
  /** Script that runs inside the root, last. */
  readonly customize: string
  /** Folder that becomes the root. */
  readonly tree: string
}

export function fullArguments({ name, add, mirror }: GuestRecipe, files: FullFiles): string[] {
  return [
    ...['--variant=minbase', '--format=directory', ...APT],
    ...['force-confold', 'force-unsafe-io'].map((option) => `--dpkgopt=${option}`),
    '--components=main',
    `--include=${[...PACKAGES, ...add].join(',')}`,
    `--customize-hook=sync-in ${files.overlay} /`,
    `--customize-hook=upload ${files.customize} /customize`,
    '--customize-hook=chroot "$1" sh /customize',
    '--customize-hook=rm -f "$1/customize"',
    SUITE[name],
    files.tree,
    ...(mirror === undefined ? [] : [mirror]),
  ]
}

export function fullDisk(name: GuestName, sizeBytes: number): DiskPlan {
  return { label: name, sizeBytes, options: [] }
}
