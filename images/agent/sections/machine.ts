// The sections of the machine itself, as protocol/machine.ts declares them.
import { dmidecode } from '../inventory/dmidecode.ts'
import { hwmonSysfs } from '../inventory/hwmon-sysfs.ts'
import { kernelFiles } from '../inventory/kernel-files.ts'
import type { ObservedSections } from './observed.ts'
import { readCpuPolicy, readCpus, readMemory, readNuma, readXen } from './processors.ts'

export const machineObserved: ObservedSections<'dmi' | 'cpus' | 'cpuPolicy' | 'numa' | 'memory' | 'sensors' | 'xen' | 'kernel'> = {
  dmi: { read: dmidecode, period: 86_400 },
  cpus: { read: readCpus, period: 3_600, events: ['cpu'] },
  cpuPolicy: { read: readCpuPolicy, period: 3_600 },
  numa: { read: readNuma, period: 300, events: ['cpu'] },
  memory: { read: readMemory, period: 60, events: ['xen-backend'] },
  sensors: { read: hwmonSysfs, period: 60, events: ['hwmon'] },
  xen: { read: readXen, period: 60, events: ['xen-backend'] },
  kernel: { read: kernelFiles, period: 86_400 },
}
