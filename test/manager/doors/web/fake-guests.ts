// Guests of a test's own, as the contract has them.
import type { VmDetail } from '../../../../manager/contract/vms.ts'
import { idOf } from './fake-hosts.ts'

const GIB = 2 ** 30

export const uuidOfGuest = (index: number): string => `${String(index).padStart(8, '0')}-0000-4000-8000-000000000000`

export function fakeGuest(index: number, changed: Partial<VmDetail> = {}): VmDetail {
  const uuid = uuidOfGuest(index)
  return {
    ...{ uuid, name: `web${index}`, state: 'running', host: idOf(index % 4), hostName: `node${String((index % 4) + 1).padStart(4, '0')}` },
    ...{ domid: index + 1, vcpus: 2, memoryBytes: GIB, diskBytes: 8 * GIB, image: 'debian13', networks: ['lan'] },
    ...{ macs: [`00:16:3e:00:00:${index.toString(16).padStart(2, '0')}`], groups: [], tags: ['tier=front'], notes: '' },
    ...{ restart: 'on-failure', created: 1_790_000_000_000, createdBy: 'ada', disks: [] },
    ...changed,
  }
}
