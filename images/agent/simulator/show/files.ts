// The files and directories of a simulated host: those that somebody wrote, those that its kernel shows of its state, those of its hardware.

import { vbdNumber } from '../state/domain.ts'
import type { HostState, Site } from '../state/site.ts'
import { showDiskstats, showNetDev, vbdStatistic } from './guests.ts'
import { hardwareFile, hardwareNames } from './machine.ts'

const PIDS: { readonly [pid: string]: string } = { 501: 'iscsid', 502: 'multipathd' }

export function fileOf(site: Site, host: HostState, path: string): string | undefined {
  const { ram } = host
  const written = ram.files.get(path)
  if (written) return written.text
  const [, device] = /^\/sys\/block\/([^/]+)\/(?:device\/)?wwid$/.exec(path) ?? []
  if (device !== undefined) return wwidOf(site, host, device)
  const loop = /^\/sys\/block\/loop(\d+)\/loop\/backing_file$/.exec(path)?.[1]
  const backing = ram.loops.find(({ number }) => String(number) === loop)?.backing
  if (backing !== undefined) return `/dev/${backing}\n`
  const [, domid, number, statistic] = /^\/sys\/bus\/xen-backend\/devices\/vbd-(\d+)-(\d+)\/statistics\/(\w+)$/.exec(path) ?? []
  if (statistic !== undefined && number !== undefined) return vbdStatistic(host, Number(domid), statistic, site.now)
  const pid = /^\/proc\/(\d+)\/comm$/.exec(path)?.[1]
  const daemon = pid === undefined ? undefined : PIDS[pid]
  if (daemon !== undefined) return ram.daemons.has(daemon) ? `${daemon}\n` : undefined
  const parameter = /^\/sys\/module\/drbd\/parameters\/(\w+)$/.exec(path)?.[1]
  if (parameter !== undefined) {
    const value = ram.drbdModule?.get(parameter)
    return value === undefined ? undefined : `${value}\n`
  }
  switch (path) {
    case '/proc/self/mountinfo':
      return showMountinfo(host)
    case '/proc/diskstats':
      return showDiskstats(host, site.now)
    case '/proc/uptime':
      return `${((site.now - host.since) / 1000).toFixed(2)} 0.00\n`
    case '/proc/net/dev':
      return showNetDev(host, site.now)
    default:
      return hardwareFile(host.machine, path, (site.now - host.since) / 1000)
  }
}

export function namesIn(_site: Site, { machine, ram }: HostState, folder: string): readonly string[] {
  if (folder === '/sys/bus/xen-backend/devices') {
    const names = ram.domains.flatMap(({ domid, disks, nics }) => [
      ...disks.map(({ vdev }) => `vbd-${domid}-${vbdNumber(vdev)}`),
      ...nics.map(({ devid }) => `vif-${domid}-${devid}`),
    ])
    return names.sort()
  }
  const paths = [...ram.files.keys(), ...ram.folders].filter((path) => path.startsWith(`${folder}/`))
  const inside = paths.map((path) => path.slice(folder.length + 1).split('/')[0] ?? '')
  return [...new Set([...inside, ...hardwareNames(machine, folder)])].sort()
}

function wwidOf(site: Site, { disks, ram }: HostState, device: string): string | undefined {
  const found = [...disks, ...ram.scsi].find(({ name }) => name === device)
  const wwid = found && site.media.get(found.medium)?.wwid
  return wwid === undefined ? undefined : `${wwid}\n`
}

function showMountinfo({ ram }: HostState): string {
  const root = '26 25 0:23 / /run/hostless/root ro,relatime - nfs 10.64.0.1:/dom0/00eca195fa3b047e ro,vers=3,addr=10.64.0.1'
  const lines = ram.mounts.map(
    ({ source, point, type, options, superOptions, device }, index) =>
      `${40 + index} 25 ${device === undefined ? `0:${31 + index}` : `7:${index}`} / ${point.replaceAll(' ', '\\040')} ${options},relatime - ${type} ${source} ${superOptions}`,
  )
  return `${[root, ...lines].join('\n')}\n`
}
