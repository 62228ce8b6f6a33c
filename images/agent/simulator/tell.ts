// What a host's kernel tells of a change of its state, in the lines of `udevadm monitor`, `ip monitor`, `drbdsetup events2` and
// `xenstore-watch`. Pure.
import { linesOf } from './show/drbd.ts'
import { groupsOf } from './state/activation.ts'
import { devicesOf } from './state/devices.ts'
import { type Domain, vbdNumber } from './state/domain.ts'
import { type HostState, hostOf, type Site } from './state/site.ts'

export interface Told {
  readonly program: 'udevadm' | 'ip' | 'drbdsetup' | 'xenstore-watch'
  readonly line: string
}

export function told(before: Site, after: Site, name: string): readonly Told[] {
  const [old, now] = [hostOf(before, name), hostOf(after, name)]
  if (old === now && before.media === after.media && before.groups === after.groups) return []
  if (now.power === 'off') return []
  return [
    ...toldOfLinks(old, now),
    ...toldOfGuests(old, now),
    ...toldOfBlocks(before, after, old, now),
    ...toldOfMirrors(before, after, name),
  ]
}

function toldOfLinks({ machine: old, ram: before }: HostState, { machine, ram }: HostState): readonly Told[] {
  const line = (name: string, up: boolean): Told => ({
    program: 'ip',
    line: `2: ${name}: <BROADCAST,MULTICAST${up ? ',UP,LOWER_UP' : ''}> mtu 9000 qdisc mq state ${up ? 'UP' : 'DOWN'} group default`,
  })
  const cables = machine.nics.filter((nic) => old.nics.some(({ name, up }) => name === nic.name && up !== nic.up))
  const made = ram.links.filter((link) => !before.links.includes(link))
  const gone = before.links.filter(({ name }) => !ram.links.some((link) => link.name === name))
  return [
    ...cables.map(({ name, up }) => line(name, up)),
    ...made.map(({ name, up }) => line(name, up)),
    ...gone.map(({ name }): Told => ({ program: 'ip', line: `Deleted ${line(name, false).line}` })),
  ]
}

function toldOfGuests({ ram: before }: HostState, { ram }: HostState): readonly Told[] {
  const disks = ({ domains }: HostState['ram']) =>
    domains.flatMap(({ domid, disks: own }) => own.map(({ vdev }) => `vbd-${domid}-${vbdNumber(vdev)}`))
  const [old, now] = [disks(before), disks(ram)]
  return [...[...changes(old, now)].map(([device, action]) => udev(action, device, 'xen-backend')), ...toldOfDomains(before, ram)]
}

/** As xenstored does: when one begins, shuts down, crashes or is gone, and nothing of which. */
function toldOfDomains({ domains: old }: HostState['ram'], { domains: now }: HostState['ram']): readonly Told[] {
  const isUp = ({ state }: Domain): boolean => state !== 'shutdown' && state !== 'crashed'
  const begun = now.some(({ domid }) => !old.some((one) => one.domid === domid))
  const ended = old.some((one) => !now.some((next) => next.domid === one.domid && isUp(next) === isUp(one)))
  return [
    ...(begun ? [{ program: 'xenstore-watch' as const, line: '@introduceDomain' }] : []),
    ...(ended ? [{ program: 'xenstore-watch' as const, line: '@releaseDomain' }] : []),
  ]
}

function toldOfBlocks(before: Site, after: Site, old: HostState, now: HostState): readonly Told[] {
  const names = (site: Site, host: HostState) => devicesOf(site, host.name).map(({ kname }) => kname)
  const sessions = (host: HostState) => host.ram.sessions.map(({ sid }) => `session${sid}`)
  const moved = changes(names(before, old), names(after, now))
  const isOther =
    (before.groups !== after.groups && isChanged(groupsOf(before, old.name), groupsOf(after, now.name))) ||
    old.ram.dm !== now.ram.dm ||
    old.ram.mounts !== now.ram.mounts ||
    (before.media !== after.media &&
      [...now.disks, ...now.ram.scsi].some(({ medium }) => after.media.get(medium)?.labels !== before.media.get(medium)?.labels)) ||
    old.machine.failedPaths.join() !== now.machine.failedPaths.join()
  return [
    ...[...moved].map(([device, action]) => udev(action, device, 'block')),
    ...(moved.size === 0 && isOther ? [udev('change', 'dm-0', 'block')] : []),
    ...[...changes(sessions(old), sessions(now))].map(([device, action]) => udev(action, device, 'iscsi_session')),
  ]
}

/** In the words of events2, only what is other than before. */
function toldOfMirrors(before: Site, after: Site, name: string): readonly Told[] {
  const lines = (site: Site) => hostOf(site, name).ram.drbd.flatMap((resource) => linesOf(site, name, resource))
  const [old, now] = [lines(before), lines(after)]
  const known = new Set(old.map(keyOf))
  const left = new Set(now.map(keyOf))
  return [
    ...old.filter((line) => !left.has(keyOf(line))).map((line): Told => ({ program: 'drbdsetup', line: `destroy ${keyOf(line)}` })),
    ...now
      .filter((line) => !old.includes(line))
      .map((line): Told => ({ program: 'drbdsetup', line: `${known.has(keyOf(line)) ? 'change' : 'create'} ${line}` })),
  ]
}

function keyOf(line: string): string {
  return line
    .split(' ')
    .filter((word, index) => index === 0 || /^(name|volume|minor|peer-node-id|conn-name):/.test(word))
    .join(' ')
}

function isChanged(old: readonly object[], now: readonly object[]): boolean {
  return old.length !== now.length || old.some((one, index) => one !== now[index])
}

function udev(action: string, device: string, subsystem: string): Told {
  const folder = subsystem === 'block' ? 'virtual/block/' : ''
  return { program: 'udevadm', line: `UDEV  [1.0] ${action.padEnd(8)} /devices/${folder}${device} (${subsystem})` }
}

function changes(old: readonly string[], now: readonly string[]): ReadonlyMap<string, 'add' | 'remove'> {
  const [before, after] = [new Set(old), new Set(now)]
  return new Map([
    ...old.filter((one) => !after.has(one)).map((one) => [one, 'remove'] as const),
    ...now.filter((one) => !before.has(one)).map((one) => [one, 'add'] as const),
  ])
}
