// What `xl create` makes a guest's domain from (xl.cfg(5), Xen 4.17 and 4.20). A value that could mean anything but itself there is
// refused: nothing is ever escaped. Pure.
import { deviceOf } from '../../../manager/protocol/guest-disk.ts'
import type { GuestConfig } from '../../../manager/protocol/requests/guest-config.ts'
import { bootPath } from '../kernels/places.ts'

/** GRUB for PVH: it reads /boot/grub of the guest's first disk (Debian's grub-xen-host). */
export const GRUB = '/usr/lib/grub-xen/grub-i386-xen_pvh.bin'
/** Where libxl looks for scripts. */
export const SCRIPTS = '/etc/xen/scripts'
const BLOCK_SCRIPT = 'block-hostless'
/** Of a NIC that is held to its MAC: Xen's own vif-bridge, with what vif-post.d/hostless.hook adds. */
export const FILTER_SCRIPT = 'vif-hostless'

export type XlConfig = { readonly kind: 'config'; readonly text: string } | { readonly kind: 'refused'; readonly reason: string }

/** What neither xl's quotes nor the commas and equals signs of its disks and vifs can be broken by. */
const WORD = /^[A-Za-z0-9._-]+$/
/** libxl's form: `host,avx2=0,family=6`. */
/** Printable, without what ends or escapes in a string between single quotes. */
const CMDLINE = /^[\x20-\x26\x28-\x5b\x5d-\x7e]*$/
const CPUID = /^host(,[a-z0-9_.-]+=[a-z0-9]+)*$/

export function xlConfig(guest: GuestConfig): XlConfig {
  const wrong = wrongIn(guest)
  if (wrong !== undefined) return { kind: 'refused', reason: wrong }
  const settings: readonly (readonly [key: string, value: string | number | readonly string[]])[] = [
    ['name', guest.name],
    ['uuid', guest.uuid],
    ['type', guest.type],
    ...bootSettings(guest),
    ['memory', guest.memoryMiB],
    ['maxmem', guest.maxMemoryMiB],
    ['vcpus', guest.vcpus],
    ['maxvcpus', guest.maxVcpus],
    // xl starts it anew by itself after a reboot; an end is one, and what has crashed stays for the agent to see.
    ['on_poweroff', 'destroy'],
    ['on_reboot', 'restart'],
    ['on_crash', 'preserve'],
    ['disk', guest.disks.map(diskLine)],
    ['vif', guest.nics.map(vifLine)],
    ...(guest.cpuid === undefined ? [] : [['cpuid', guest.cpuid] as const]),
    ...guest.xl.map(({ key, value }) => [key, value] as const),
  ]
  return { kind: 'config', text: `${settings.map(([key, value]) => `${key} = ${written(value)}`).join('\n')}\n` }
}

function bootSettings({ uuid, boot }: GuestConfig): readonly (readonly [key: string, value: string])[] {
  if (boot.kind === 'grub') return [['kernel', GRUB]]
  return [
    ['kernel', bootPath(uuid, 'kernel')],
    ...(boot.initrd ? [['ramdisk', bootPath(uuid, 'initrd')] as const] : []),
    ...(boot.cmdline === '' ? [] : [['extra', boot.cmdline] as const]),
  ]
}

export function devicePath(disk: GuestConfig['disks'][number]['disk']): string {
  return `/dev/mapper/${deviceOf(disk)}`
}

/** xl-disk-configuration(5). */
export function diskLine({ disk, vdev, access }: GuestConfig['disks'][number]): string {
  const mode = access === 'read-only' ? 'ro' : 'rw'
  // A target ends the line: all that follows it would be a part of it.
  return `format=raw,vdev=${vdev},access=${mode},backendtype=phy,discard,script=${BLOCK_SCRIPT},target=${devicePath(disk)}`
}

function vifLine(nic: GuestConfig['nics'][number]): string {
  return vifWords(nic).join(',')
}

/** xl-network-configuration(5). */
export function vifWords({ mac, bridge, rateKBps, filter }: GuestConfig['nics'][number]): readonly string[] {
  const bounds = [...(rateKBps === undefined ? [] : [`rate=${rateKBps}KB/s`]), ...(filter === undefined ? [] : [`script=${FILTER_SCRIPT}`])]
  return [`mac=${mac}`, `bridge=${bridge}`, ...bounds]
}

/** Of names that would mean something else where xl reads them. */
export function oddWord(words: readonly string[]): string | undefined {
  const odd = words.find((word) => !WORD.test(word))
  return odd === undefined ? undefined : `${JSON.stringify(odd)} cannot be given to xl: letters, digits, dots, dashes and underscores can`
}

function wrongIn({ name, uuid, boot, memoryMiB, maxMemoryMiB, vcpus, maxVcpus, disks, nics, cpuid, xl }: GuestConfig): string | undefined {
  const words = [name, uuid, ...disks.flatMap(({ disk, vdev }) => [disk, vdev]), ...nics.map(({ bridge }) => bridge)]
  const odd = words.find((word) => !WORD.test(word)) ?? nics.map(({ mac }) => mac).find((mac) => !/^[0-9a-f:]+$/.test(mac))
  if (odd !== undefined) return `${JSON.stringify(odd)} cannot be written in xl.cfg: letters, digits, dots, dashes and underscores can`
  if (cpuid !== undefined && !CPUID.test(cpuid)) return `the cpuid ${JSON.stringify(cpuid.slice(0, 100))} is none of the form host,name=0,…`
  if (boot.kind === 'kernel' && !CMDLINE.test(boot.cmdline))
    return `the command line ${JSON.stringify(boot.cmdline.slice(0, 100))} cannot be written in xl.cfg: printable ASCII can, but for \\ and '`
  const value = xl.find((one) => !/^[A-Za-z0-9,^-]*$/.test(one.value) || !/^[a-z_]+$/.test(one.key))
  if (value) return `the setting ${JSON.stringify(value.key)} cannot be written in xl.cfg as ${JSON.stringify(value.value)}`
  if (memoryMiB > maxMemoryMiB) return `its memory, ${memoryMiB} MiB, is more than the most that it may have, ${maxMemoryMiB} MiB`
  if (vcpus > maxVcpus) return `its ${vcpus} vCPUs are more than the most that it may have, ${maxVcpus}`
  return (
    twice(
      'device',
      disks.map(({ vdev }) => vdev),
    ) ??
    twice(
      'disk',
      disks.map(({ disk }) => disk),
    ) ??
    twice(
      'MAC',
      nics.map(({ mac }) => mac),
    ) ??
    twice(
      'setting',
      xl.map(({ key }) => key),
    )
  )
}

function twice(what: string, items: readonly string[]): string | undefined {
  const again = items.find((item, index) => items.indexOf(item) < index)
  return again === undefined ? undefined : `the ${what} ${again} is given twice`
}

function written(value: string | number | readonly string[]): string {
  if (typeof value === 'number') return String(value)
  // Only a kernel's command line has double quotes in it, and it has no single ones.
  if (typeof value === 'string') return value.includes('"') ? `'${value}'` : `"${value}"`
  return `[ ${value.map((one) => `"${one}"`).join(', ')} ]`
}
