// `iscsiadm -m session -P 3` (open-iscsi 2.1.11) and `multipathd show maps json` (multipath-tools 0.11).
import { initiatorIn } from '../state/initiator.ts'
import { isMap, sessionFailed } from '../state/scsi.ts'
import { hostOf, type Session, type Site } from '../state/site.ts'

export function showSessions(site: Site, host: string): string {
  const { sessions } = hostOf(site, host).ram
  const targets = [...new Set(sessions.map(({ target }) => target))]
  const blocks = targets.flatMap((target) => [
    `Target: ${target} (non-flash)`,
    ...sessions.filter((one) => one.target === target).map((one) => showSession(site, host, one)),
  ])
  return `iSCSI Transport Class version 2.0-870\nversion 2.1.11\n${blocks.join('\n')}\n`
}

function showSession(site: Site, host: string, session: Session): string {
  const { machine, ram } = hostOf(site, host)
  const isFailed = sessionFailed(site, host, session)
  const number = ram.scsi.find(({ sid }) => sid === session.sid)?.hctl.split(':')[0] ?? String(5 + session.sid)
  const devices = ram.scsi.filter(({ sid }) => sid === session.sid)
  return [
    `\tCurrent Portal: ${session.portal},1`,
    `\tPersistent Portal: ${session.portal},1`,
    '\t\t**********',
    '\t\tInterface:',
    '\t\t**********',
    '\t\tIface Name: default',
    '\t\tIface Transport: tcp',
    `\t\tIface Initiatorname: ${initiatorIn(ram.files) ?? ''}`,
    `\t\tIface IPaddress: ${machine.address}`,
    '\t\tIface HWaddress: default',
    '\t\tIface Netdev: default',
    `\t\tSID: ${session.sid}`,
    `\t\tiSCSI Connection State: ${isFailed ? 'TRANSPORT WAIT' : 'LOGGED IN'}`,
    `\t\tiSCSI Session State: ${isFailed ? 'FAILED' : 'LOGGED_IN'}`,
    `\t\tInternal iscsid Session State: ${isFailed ? 'REOPEN' : 'NO CHANGE'}`,
    '\t\t************************',
    '\t\tAttached SCSI devices:',
    '\t\t************************',
    `\t\tHost Number: ${number}\tState: running`,
    ...devices.flatMap(({ lun, name }) => [
      `\t\tscsi${number} Channel 00 Id 0 Lun: ${lun}`,
      `\t\t\tAttached scsi disk ${name}\t\tState: running`,
    ]),
  ].join('\n')
}

export function showMaps(site: Site, host: string): string {
  const { ram, machine } = hostOf(site, host)
  const maps = ram.dm.filter(isMap).map(({ name, uuid, minor, active }) => {
    const target = active?.[0]?.target
    const names = target?.kind === 'multipath' ? target.paths : []
    const paths = names.flatMap((dev) => {
      const device = ram.scsi.find((one) => one.name === dev)
      if (!device) return []
      const session = ram.sessions.find(({ sid }) => sid === device.sid)
      const isFailed = session ? sessionFailed(site, host, session) : machine.failedPaths.includes(device.path)
      return [
        {
          dev,
          dm_st: isFailed ? 'failed' : 'active',
          dev_st: 'running',
          chk_st: isFailed ? 'faulty' : 'ready',
          checker: 'tur',
          pri: 50,
        },
      ]
    })
    const first = ram.scsi.find((one) => names.includes(one.name))
    return {
      name,
      uuid: uuid.slice('mpath-'.length),
      sysfs: `dm-${minor}`,
      queueing: 'on',
      paths: paths.length,
      dm_st: 'active',
      features: '1 queue_if_no_path',
      vend: first?.vendor ?? '',
      prod: first?.model ?? '',
      path_groups: [{ selector: 'service-time 0', pri: 50, dm_st: 'active', group: 1, paths }],
    }
  })
  return JSON.stringify({ major_version: 0, minor_version: 1, maps })
}
