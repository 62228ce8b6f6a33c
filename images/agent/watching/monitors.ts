// What the kernel tells of itself: lines of `udevadm monitor` and `ip monitor`, as events, and the sections that each makes stale. Pure.
import type { KernelEvent } from '../../../manager/protocol/events.ts'
import { kernelEvent } from '../../../manager/protocol/events.ts'
import type { SectionName } from '../../../manager/protocol/inventory.ts'
import type { Command } from '../backend.ts'

export interface Monitor {
  readonly command: Command
  /** Undefined for a line that tells of no event; sections alone: they may be other than before, and a manager has no word for what it was. */
  readonly parse: (line: string) => KernelEvent | readonly SectionName[] | undefined
  /** All sections that its events may make stale: after it was gone for a while, none of them can be trusted. */
  readonly sections: readonly SectionName[]
  /** It has ended, and tells nothing until it has begun anew. */
  readonly ended?: () => void
}

const OF_BLOCK = ['blockDevices', 'partitions', 'fileSystems', 'multipaths', 'pvs', 'vgs', 'lvs', 'drbd', 'nfsMounts'] as const
const OF_LINK = ['nics', 'bonds', 'vlans', 'bridges', 'addresses'] as const
const OF_GUESTS = ['guests', 'xen', 'memory', 'bridges'] as const

/** By subsystem, as udev names it. */
const OF_SUBSYSTEM: ReadonlyMap<string, readonly SectionName[]> = new Map<string, readonly SectionName[]>([
  ['block', OF_BLOCK],
  ['net', OF_LINK],
  ['xen-backend', OF_GUESTS],
  ['iscsi_session', ['iscsi', 'blockDevices']],
  ['iscsi_connection', ['iscsi']],
  ['fc_host', ['fcHbas']],
  ['fc_remote_ports', ['fcHbas']],
  ['nvme', ['blockDevices', 'diskHealth']],
  ['hwmon', ['sensors']],
  ['cpu', ['cpus', 'numa']],
])

/** udev's own events, which come when its links and its database are in place, and not the kernel's before them. */
export const udevMonitor: Monitor = {
  command: ['udevadm', 'monitor', '--udev', ...[...OF_SUBSYSTEM.keys()].map((subsystem) => `--subsystem-match=${subsystem}`)],
  parse: parseUdevLine,
  sections: [...new Set([...OF_SUBSYSTEM.values()].flat())],
}

export const ipMonitor: Monitor = {
  command: ['ip', '-o', 'monitor', 'link', 'address'],
  parse: parseIpLine,
  sections: OF_LINK,
}

/** xenstore's own: a domain that has shut down or crashed, and not only one whose devices come or go. Each is told once at the start. */
export const xenMonitor: Monitor = {
  command: ['xenstore-watch', '@introduceDomain', '@releaseDomain'],
  parse: parseXenLine,
  sections: OF_GUESTS,
}

/** `UDEV  [256.99] add      /devices/…/block/sda (block)`. */
export function parseUdevLine(line: string): KernelEvent | undefined {
  const [, action, device, subsystem] = /^(?:UDEV|KERNEL)\s*\[[\d.]+\] (\w+)\s+\/(?:\S*\/)?(\S+) \((\S+)\)$/.exec(line) ?? []
  return accepted({ kind: 'device', action, subsystem, device })
}

/** `7: bond0.12@bond0: <BROADCAST,UP> …` is a link, `3: xenbr0    inet 10.77.0.21/24 …` an address; either may be `Deleted`. */
export function parseIpLine(line: string): KernelEvent | undefined {
  const [, name, colon] = /^(?:Deleted )?\d+: ([^\s:@]+)(?:@[^\s:]+)?(:?)\s/.exec(line) ?? []
  return accepted({ kind: 'network', what: colon === ':' ? 'link' : 'address', interface: name })
}

/** The name of the watch, and nothing of which domain. */
export function parseXenLine(line: string): readonly SectionName[] | undefined {
  return /^@(introduce|release)Domain\s*$/.test(line) ? OF_GUESTS : undefined
}

/** The sections that may be other than before. */
export function staleAfter(event: KernelEvent): readonly SectionName[] {
  switch (event.kind) {
    case 'device':
      return OF_SUBSYSTEM.get(event.subsystem) ?? []
    case 'network':
      return event.what === 'link' ? OF_LINK : ['addresses']
  }
}

function accepted(candidate: object): KernelEvent | undefined {
  const parsed = kernelEvent.safeParse(candidate)
  return parsed.success ? parsed.data : undefined
}
