// The sections of storage, as protocol/storage.ts declares them.
import { fcSysfs } from '../inventory/fc-sysfs.ts'
import { lvs, pvs, vgs } from '../inventory/lvm.ts'
import { nfsMounts } from '../inventory/mountinfo.ts'
import { readBlockDevices, readDiskHealth, readFileSystems, readMultipaths, readPartitions } from './disks.ts'
import { readIscsi } from './iscsi.ts'
import type { ObservedSections } from './observed.ts'

type Names = 'blockDevices' | 'multipaths' | 'partitions' | 'fileSystems' | 'pvs' | 'vgs' | 'lvs'

export const storageObserved: ObservedSections<Names | 'iscsi' | 'fcHbas' | 'nfsMounts' | 'diskHealth'> = {
  blockDevices: { read: readBlockDevices, period: 300, events: ['block', 'iscsi_session', 'nvme'] },
  multipaths: { read: readMultipaths, period: 60, events: ['block'] },
  partitions: { read: readPartitions, period: 300, events: ['block'] },
  fileSystems: { read: readFileSystems, period: 120, events: ['block'] },
  pvs: { read: pvs, period: 60, events: ['block'] },
  vgs: { read: vgs, period: 60, events: ['block'] },
  lvs: { read: lvs, period: 60, events: ['block'] },
  iscsi: { read: readIscsi, period: 60, events: ['iscsi_session', 'iscsi_connection'] },
  fcHbas: { read: fcSysfs, period: 60, events: ['fc_host', 'fc_remote_ports'] },
  nfsMounts: { read: nfsMounts, period: 60, events: ['block'] },
  diskHealth: { read: readDiskHealth, period: 1_800, events: ['nvme'] },
}
