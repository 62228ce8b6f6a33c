// Which sections of a report say what storage a host reaches, and what networks.
import type { SectionName } from '../protocol/inventory.ts'

export const STORAGE: readonly SectionName[] = [
  'blockDevices',
  'multipaths',
  'partitions',
  'fileSystems',
  'pvs',
  'vgs',
  'lvs',
  'iscsi',
  'nfsMounts',
  'kernel',
]
export const NETWORK: readonly SectionName[] = ['nics', 'bonds', 'vlans', 'bridges', 'heard']
