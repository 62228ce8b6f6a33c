// The guest that the tests of guests start: two disks of the VG data, one of them read-only, and a NIC.
import { guestConfig } from '../../../../manager/protocol/requests/guest-config.ts'

const vg = { name: 'data', uuid: 'AAAAAA-AAAA-AAAA-AAAA-AAAA-AAAA-AAAAAA' }

export const GUEST = guestConfig.parse({
  uuid: '10000000-0000-4000-8000-000000000001',
  name: 'web1',
  type: 'pvh',
  boot: { kind: 'grub' },
  memoryMiB: 128,
  maxMemoryMiB: 128,
  vcpus: 1,
  maxVcpus: 1,
  disks: [
    { disk: '20000000-0000-4000-8000-000000000001', vg, generation: 3, vdev: 'xvda', access: 'read-write' },
    { disk: '20000000-0000-4000-8000-000000000002', vg, generation: 1, vdev: 'xvdb', access: 'read-only' },
  ],
  nics: [{ mac: '00:16:3e:00:00:01', bridge: 'xenbr0' }],
  xl: [],
})
