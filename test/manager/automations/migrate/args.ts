// What a move is given, in tests: web1 from a to b with one disk.
import type { MigrateArgs } from '../../../../manager/automations/migrate/args.ts'
import type { VgRef } from '../../../../manager/protocol/guest-disk.ts'
import type { Mac, Uuid } from '../../../../manager/protocol/values.ts'

const UUID = '6b1f0000-0000-4000-8000-000000000001' as Uuid
const vg = (uuid: string): VgRef => ({ name: 'data', uuid: `${uuid.repeat(6)}-bbbb-cccc-dddd-eeee-ffff-gggggg` }) as VgRef

const DISK = {
  ...{
    disk: '6b1f0000-0000-4000-8000-00000000000d' as Uuid,
    vdev: 'xvda',
    access: 'read-write' as const,
    generation: 1,
    sizeBytes: 2 ** 30,
  },
  ...{ from: vg('a'), to: vg('b') },
} as const

const ARGS: MigrateArgs = {
  guest: {
    ...{ uuid: UUID, name: 'web1', type: 'pvh', boot: { kind: 'grub' }, memoryMiB: 512, maxMemoryMiB: 512, vcpus: 1, maxVcpus: 1 },
    ...{ disks: [], nics: [{ mac: '00:16:3e:01:02:03' as Mac, bridge: 'xenbr0' }], xl: [] },
  },
  ...{ restart: 'on-failure', way: 'live', from: { id: 'a', name: 'a' }, to: { id: 'b', name: 'b' }, memoryBytes: 2 ** 29 },
  ...{ disks: [DISK], over: { network: '10.77.0.0/24', from: '10.77.0.21', to: '10.77.0.22' }, maxPauseMs: 2000, keepMs: 0, epoch: 1 },
}

export function migrateArgsFor(changed: Partial<MigrateArgs> = {}): MigrateArgs {
  return { ...ARGS, ...changed }
}
