// Sessions with iSCSI targets and what they bring: a device for each LUN and path; and the maps that multipathd makes of them. Pure.
import { freeScsiName } from './devices.ts'
import { type DmDevice, freeMinor } from './dm.ts'
import { hostOf, type ScsiDevice, type Session, type Site, type Target, withRam } from './site.ts'

const FIRST_HOST = 6

export function sessionFailed(site: Site, host: string, { target, portal, state }: Session): boolean {
  const { machine } = hostOf(site, host)
  const found = site.targets.find(({ name }) => name === target)
  const path = found?.portals.indexOf(portal) ?? -1
  return state === 'FAILED' || found?.silent.has(portal) === true || (machine.array.target === target && machine.failedPaths.includes(path))
}

/** With the devices that the kernel finds behind it. */
export function logIn(site: Site, name: string, target: Target, portal: string): Site {
  const host = hostOf(site, name)
  const { sessions, nextSession, scsi } = host.ram
  const session: Session = { sid: nextSession, target: target.name, portal, state: 'LOGGED_IN' }
  const path = target.portals.indexOf(portal)
  let found = host
  for (const { lun, medium } of target.luns) {
    const device: ScsiDevice = {
      name: freeScsiName(found),
      medium,
      transport: 'iscsi',
      hctl: `${FIRST_HOST + nextSession - 1}:0:0:${lun}`,
      byPath: `ip-${portal}-iscsi-${target.name}-lun-${lun}`,
      lun,
      sid: nextSession,
      path,
      vendor: site.media.get(medium)?.vendor ?? 'IET',
      model: site.media.get(medium)?.model ?? 'VIRTUAL-DISK',
    }
    found = { ...found, ram: { ...found.ram, scsi: [...found.ram.scsi, device] } }
  }
  const made = found.ram.scsi.slice(scsi.length)
  const logged = withRam(site, name, { sessions: [...sessions, session], nextSession: nextSession + 1, scsi: [...scsi, ...made] })
  return gatherPaths(logged, name)
}

/** Its devices are gone, whoever has them open. */
export function logOut(site: Site, host: string, gone: (session: Session) => boolean): Site {
  const { sessions, scsi } = hostOf(site, host).ram
  const ended = sessions.filter(gone).map(({ sid }) => sid)
  return withRam(site, host, {
    sessions: sessions.filter(({ sid }) => !ended.includes(sid)),
    scsi: scsi.filter(({ sid }) => sid === undefined || !ended.includes(sid)),
  })
}

/** multipathd with `find_multipaths yes`: a map over each LUN that is there by several paths. */
export function gatherPaths(site: Site, name: string): Site {
  const { ram } = hostOf(site, name)
  if (!ram.daemons.has('multipathd')) return site
  let dm = ram.dm
  const media = [...new Set(ram.scsi.map(({ medium }) => medium))]
  for (const medium of media) {
    const paths = ram.scsi.filter((one) => one.medium === medium).map((one) => one.name)
    const naa = /^naa\.(\w+)$/.exec(site.media.get(medium)?.wwid ?? '')?.[1]
    const sectors = site.media.get(medium)?.sectors ?? 0
    if (naa === undefined) continue
    const uuid = `mpath-3${naa}`
    const known = dm.find((one) => one.uuid === uuid)
    const active = [{ start: 0, sectors, target: { kind: 'multipath' as const, paths } }]
    if (known) dm = dm.map((one): DmDevice => (one === known ? { ...one, active } : one))
    else if (paths.length > 1) dm = [...dm, { minor: freeMinor(dm), name: `3${naa}`, uuid, active, inactive: undefined, suspended: false }]
  }
  return withRam(site, name, { dm })
}

export function isMap({ uuid }: DmDevice): boolean {
  return uuid.startsWith('mpath-')
}
