// A kernel that a guest boots in the place of its own GRUB: two files of the manager's image store, kernel and initrd, each under the id of
// its list of blocks, and the line that the kernel is given. Pure.
import { z } from 'zod'
import { imageId } from './disk-image.ts'
import { bytes, record } from './values.ts'

/** Of a kernel, and of an initrd: they lie in the RAM of each host that runs a guest with them. */
export const MOST_KERNEL_BYTES = 128 << 20
/** Of all kernels and initrds on one host, each once. */
export const MOST_KERNEL_BYTES_ON_HOST = 256 << 20

/** Linux takes 2047 on x86, and Xen's start info of PVH fewer. */
const LONGEST_CMDLINE = 1000

/**
 * What xl.cfg(5) takes between quotes as it is: no backslash, which escapes there, and of the quotes only the double one, so that the
 * single one ends it.
 */
const CMDLINE = /^[\x20-\x26\x28-\x5b\x5d-\x7e]*$/

export const kernelCmdline = z
  .string()
  .max(LONGEST_CMDLINE)
  .regex(CMDLINE, 'has characters that a kernel’s command line is not given: printable ASCII but for \\ and the single quote')

/** How images of the store are called: kernels, and what disks are made of. */
export const imageName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, 'is no name of an image: 1 to 63 of a-z, 0-9, ".", "_" and "-", a letter or digit first')
  .refine((name) => !/^[0-9a-f]{64}$/.test(name), 'looks like an id')

export const kernelFile = record({ id: imageId, sizeBytes: bytes.min(1).max(MOST_KERNEL_BYTES) })

/** Both files as a host gets them. */
export const kernelFiles = record({ kernel: kernelFile, initrd: kernelFile.exactOptional() })

export type KernelFile = z.output<typeof kernelFile>
export type KernelFiles = z.output<typeof kernelFiles>

/** Each with what it is, the kernel first. */
export function filesOf({ kernel, initrd }: KernelFiles): readonly (KernelFile & { readonly as: 'kernel' | 'initrd' })[] {
  return [{ ...kernel, as: 'kernel' }, ...(initrd ? [{ ...initrd, as: 'initrd' } as const] : [])]
}
