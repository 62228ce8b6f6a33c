// Which programs the simulated dom0 has, by name. What stands here in part refuses the rest as a gap.
import { showPolicies, showXenCpuid } from '../show/cpu.ts'
import { showDmidecode, showSmartctl } from '../show/machine.ts'
import { showEthtool, showLldp } from '../show/network.ts'
import { type Context, failed, gap, here, type Outcome, type Program, said } from './command.ts'
import { blkdiscard, dd } from './copies.ts'
import { dmsetup } from './dmsetup.ts'
import { drbdmeta } from './drbd/drbdmeta.ts'
import { drbdsetup } from './drbd/drbdsetup.ts'
import { hold } from './drbd/hold.ts'
import { cat, find, ln, mkdir, od, rm, rmdir, stat } from './files.ts'
import { iscsiadm, iscsid } from './iscsi.ts'
import { blockdev, lsblk } from './lsblk.ts'
import { pvcreate, pvremove, vgchange, vgcreate, vgextend, vgreduce, vgremove } from './lvm/groups.ts'
import { lvcreate } from './lvm/lvcreate.ts'
import { lvm, lvs, pvs, vgs } from './lvm/report.ts'
import { lvchange, lvextend, lvremove, lvrename } from './lvm/volumes.ts'
import { mount, umount } from './mount.ts'
import { modprobe, multipath, multipathd, udevadm } from './multipath.ts'
import { bridge, ip, ss } from './network.ts'
import { seed } from './seed.ts'
import { wipefs } from './wipefs.ts'
import { pkill } from './xenconsoled.ts'
import { xenstoreLs, xenstoreRead, xenstoreRm, xenstoreWrite } from './xenstore.ts'
import { xl } from './xl/xl.ts'

const nothing: Program = (context) => said(context, '')

const PROGRAMS: ReadonlyMap<string, Program> = new Map<string, Program>([
  ['blkdiscard', blkdiscard],
  ['blockdev', blockdev],
  ['bridge', bridge],
  ['cat', cat],
  ['dd', dd],
  ['dmidecode', (context) => said(context, showDmidecode(here(context).machine))],
  ['dmsetup', dmsetup],
  ['drbdmeta', drbdmeta],
  ['drbdsetup', drbdsetup],
  ['ethtool', ethtool],
  ['find', find],
  ['hostless-seed', seed],
  ['ip', ip],
  ['iscsiadm', iscsiadm],
  ['iscsid', iscsid],
  ['lldpcli', (context) => said(context, showLldp(here(context).machine))],
  ['ln', ln],
  ['lsblk', lsblk],
  ['lvchange', lvchange],
  ['lvcreate', lvcreate],
  ['lvextend', lvextend],
  ['lvm', lvm],
  ['lvremove', lvremove],
  ['lvrename', lvrename],
  ['lvs', lvs],
  ['mkdir', mkdir],
  ['modprobe', modprobe],
  ['mount', mount],
  ['multipath', multipath],
  ['multipathd', multipathd],
  ['od', od],
  ['perl', perl],
  ['pkill', pkill],
  ['pvcreate', pvcreate],
  ['pvremove', pvremove],
  ['pvs', pvs],
  ['rm', rm],
  ['rmdir', rmdir],
  ['sh', hold],
  ['smartctl', smartctl],
  ['ss', ss],
  ['stat', stat],
  ['sync', nothing],
  ['udevadm', udevadm],
  ['umount', umount],
  ['vgchange', vgchange],
  ['vgcreate', vgcreate],
  ['vgextend', vgextend],
  ['vgreduce', vgreduce],
  ['vgremove', vgremove],
  ['vgs', vgs],
  ['wipefs', wipefs],
  [
    'xen-cpuid',
    (context) => said(context, context.args[0] === '-p' ? showPolicies(here(context).machine) : showXenCpuid(here(context).machine)),
  ],
  ['xenstore-ls', xenstoreLs],
  ['xenstore-read', xenstoreRead],
  ['xenstore-rm', xenstoreRm],
  ['xenstore-write', xenstoreWrite],
  ['xl', xl],
])

/** Undefined where there is no such program. */
export function programOf(name: string): Program | undefined {
  return PROGRAMS.get(name.replace(/^.*\//, ''))
}

function ethtool(context: Context): Outcome {
  const [option, name = ''] = context.args
  if (option !== '-i') gap(context, `ethtool ${option ?? ''}`)
  const text = showEthtool(here(context).machine, name)
  return text === undefined ? failed(context, 71, 'Cannot get driver information: No such device') : said(context, text)
}

function smartctl(context: Context): Outcome {
  const { args, site } = context
  if (args.includes('--scan')) return said(context, '{"devices":[]}')
  const { machine, since } = here(context)
  const text = showSmartctl(machine, args.at(-1) ?? '', (site.now - since) / 1000)
  return text === undefined ? failed(context, 2, 'No such device') : said(context, text)
}

/** Of the announcement alone: its devices must be there; frames are counted nowhere. */
function perl(context: Context): Outcome {
  const [option, , dashes, ...pairs] = context.args
  if (option !== '-e' || dashes !== '--') gap(context, 'this form of perl')
  const { machine, ram } = here(context)
  const known = (name: string): boolean =>
    name === 'xenbr0' || ram.links.some((link) => link.name === name) || machine.nics.some((nic) => nic.name === name)
  const missing = pairs.find((name, index) => index % 2 === 0 && !known(name))
  return missing === undefined ? said(context, '', 400) : failed(context, 2, `there is no ${missing}`)
}
