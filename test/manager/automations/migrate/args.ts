// What a move is given, in tests: web1 from a to b with one disk.
import type { MigrateArgs } from '../../../../manager/automations/migrate/args.ts'
import type { VgRef } from '../../../../manager/protocol/guest-disk.ts'
import type { Mac, Uuid } from '../../../../manager/protocol/values.ts'
import type { Transaction } from '../../../../manager/store/database.ts'
import { addGuest, putDisk } from '../../../../manager/store/tables/guests.ts'

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

/** On a LUN of both hosts: it stays there. */
export const STAYING = {
  ...DISK,
  disk: '6b1f0000-0000-4000-8000-00000000000e' as Uuid,
  ...{ vdev: 'xvdb', from: vg('c'), to: vg('c'), sizeBytes: 2 ** 31, stays: { luns: ['naa.600'] } },
} as const

export const COPIED = DISK

export function migrateArgsFor(changed: Partial<MigrateArgs> = {}): MigrateArgs {
  return { ...ARGS, ...changed }
}

/** The guest as the plan of such a move has found it. */
export async function putGuestOf(transaction: Transaction, { guest, from, disks }: MigrateArgs): Promise<void> {
  const { uuid, name } = guest
  const spec = JSON.stringify({ name, memory: '512M' })
  await addGuest(transaction, { uuid, name, spec, host: from.id, power: 'on', since: 1, created: 1, created_by: 'alice' })
  for (const { disk, vdev, access, generation, sizeBytes, from: vg } of disks) {
    const lies = { host: from.id, vg_name: vg.name, vg_uuid: vg.uuid }
    await putDisk(transaction, {
      id: disk,
      guest: uuid,
      vdev,
      access,
      generation,
      size_bytes: sizeBytes,
      state: 'ready',
      image: null,
      ...lies,
    })
  }
}
