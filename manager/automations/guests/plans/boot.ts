// What a guest's spec says that it boots, as its host is told: a kernel by the hashes of its files, whatever its name means later.
import type { Done } from '../../../outcome.ts'
import type { GuestSpec } from '../../../protocol/guest-spec.ts'
import type { GuestConfig } from '../../../protocol/requests/guest-config.ts'
import type { Images } from './plan.ts'

/** Refused, with the code `no-kernel` for programs, where the store has no such kernel. */
export async function bootOf(images: Pick<Images, 'find'>, { name, boot }: GuestSpec): Promise<Done<GuestConfig['boot']>> {
  if (boot === 'grub') return { kind: 'done', value: { kind: 'grub' } }
  const { kernel, cmdline } = boot
  const found = await images.find(kernel)
  const how = 'hostless vm-image add-kernel adds one'
  if (found.kind !== 'done' || found.value.name !== kernel)
    return noKernel(`${name} boots by kernel ${kernel}, and there is none of that name: ${how}`)
  const { kind, id, sizeBytes, initrd, present } = found.value
  if (kind !== 'kernel') return noKernel(`${name} is to boot by ${kernel}, which is an image of a disk, and no kernel: ${how}`)
  if (!present) return noKernel(`the content of kernel ${kernel}, which ${name} boots by, is not on this manager: add it again`)
  return { kind: 'done', value: { kind: 'kernel', kernel: { id, sizeBytes }, ...(initrd ? { initrd } : {}), cmdline } }
}

function noKernel(reason: string): Done<never> {
  return { kind: 'refused', code: NO_KERNEL, reason }
}

/** Stable, for programs. */
export const NO_KERNEL = 'no-kernel'
