// A spec with a change in it. Pure.

import type { Done } from '../outcome.ts'
import type { BootChange, GuestBoot } from '../protocol/guest-boot.ts'
import type { GuestChange } from '../protocol/guest-change.ts'
import { type GuestSpec, guestSpec, writeSpec } from '../protocol/guest-spec.ts'
import { sayPlace } from '../wording.ts'

/** The whole of it, changed so; or why it would be none. */
export function changed(
  spec: GuestSpec,
  { boot: bootChange, addDisks, growDisks, removeDisks, addNics, removeNics, ...keys }: GuestChange,
): Done<GuestSpec> {
  const noDisk = [...growDisks.map((one) => one.vdev), ...removeDisks].find((at) => !spec.disks.some((disk) => disk.vdev === at))
  if (noDisk !== undefined) return refused(`${spec.name} has no disk ${noDisk}: it has ${namesOf(spec.disks.map((disk) => disk.vdev))}`)
  const noNic = removeNics.find((one) => !spec.nics.some((nic) => nic.mac === one))
  if (noNic !== undefined) return refused(`${spec.name} has no NIC ${noNic}: it has ${namesOf(spec.nics.map((nic) => nic.mac))}`)
  const boot = bootChange === undefined ? spec.boot : bootAfter(spec.boot, bootChange)
  if (boot === undefined)
    return refused(`${spec.name} boots by its own GRUB, which has its command line on the guest’s disk: say a kernel, too`)
  const told = Object.fromEntries(Object.entries(keys).filter(([, value]) => value !== undefined))
  const read = guestSpec.safeParse({
    ...writeSpec(spec),
    ...told,
    boot,
    disks: [
      ...spec.disks
        .filter((disk) => !removeDisks.some((at) => at === disk.vdev))
        .map((disk) => ({ ...disk, size: growDisks.find((one) => one.vdev === disk.vdev)?.size ?? disk.size })),
      ...addDisks,
    ],
    nics: [...spec.nics.filter((nic) => !removeNics.some((one) => one === nic.mac)), ...addNics],
  })
  if (read.success) return { kind: 'done', value: read.data }
  const [issue] = read.error.issues
  return refused(`${spec.name} cannot be so: ${sayPlace(issue?.path ?? [])} ${issue?.message ?? ''}`)
}

/** Undefined: there is no kernel that the command line would be of. */
function bootAfter(before: GuestBoot, change: BootChange): GuestBoot | undefined {
  if (change === 'grub') return change
  const { kernel = before === 'grub' ? undefined : before.kernel, cmdline = before === 'grub' ? '' : before.cmdline } = change
  return kernel === undefined ? undefined : { kernel, cmdline }
}

function namesOf(names: readonly (string | undefined)[]): string {
  return names.flatMap((name) => name ?? []).join(', ') || 'none'
}

function refused(reason: string): Done<never> {
  return { kind: 'refused', status: 422, reason }
}
