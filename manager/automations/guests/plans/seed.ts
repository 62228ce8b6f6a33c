// The disk that tells a new guest at its first boot who it is: made by the manager, brought to the host as any disk's image is, and
// removed with the guest.
import { BUS } from '../../../guests/config.ts'
import type { Done } from '../../../outcome.ts'
import { type GuestSeed, hostNameOf } from '../../../protocol/guest-seed.ts'
import type { GuestSpec } from '../../../protocol/guest-spec.ts'
import type { Uuid } from '../../../protocol/values.ts'
import type { SeedSpec } from '../../../vm-images/seed.ts'
import type { NewDisk } from '../create.ts'
import { type PlanDeps, refused } from './plan.ts'

const MIB = 2 ** 20

/** Of a spec, with its place on the bus and what it begins with. */
export type SizedDisk = GuestSpec['disks'][number] & { readonly vdev: string; readonly from: NewDisk['image'] | undefined }

/** None where the spec has no seed. `disks`: its others, the first of which says where it lies. */
export async function seedDisks(
  { images }: Pick<PlanDeps, 'images'>,
  { name, seed }: GuestSpec,
  uuid: Uuid,
  disks: readonly SizedDisk[],
): Promise<Done<readonly SizedDisk[]>> {
  const [first] = disks
  if (!seed || !first) return { kind: 'done', value: [] }
  const asked = seedOf(seed, name, uuid)
  if (typeof asked === 'string') return refused(asked)
  const vdev = BUS.findLast((one) => !disks.some((disk) => disk.vdev === one))
  if (vdev === undefined) return refused(`${name} has ${disks.length} disks, and none is left for its seed`)
  const made = await images.makeSeed(asked)
  if (made.kind !== 'done') return made
  const { pool, thinPool } = first
  const { sizeBytes } = made.value
  const size = Math.ceil(sizeBytes / MIB) * MIB
  return { kind: 'done', value: [{ vdev, pool, thinPool, size, access: 'read-only', from: made.value }] }
}

/** Or why there can be none. The instance is the guest: another one, another instance. */
function seedOf({ hostname, sshKeys, userData, networkConfig }: GuestSeed, name: string, uuid: Uuid): SeedSpec | string {
  if (typeof userData === 'object') return sayKept('userData', '--user-data')
  if (typeof networkConfig === 'object') return sayKept('networkConfig', '--network-config')
  return {
    ...{ hostname: hostname ?? hostNameOf(name), instanceId: uuid, sshKeys: [...sshKeys], nics: [] },
    ...(userData === undefined ? {} : { userData }),
    ...(networkConfig === undefined ? {} : { networkConfig }),
  }
}

function sayKept(key: string, option: string): string {
  return `its spec has only the size of seed.${key}, as that may be a secret: give it anew (${option} FILE), or leave it out`
}
