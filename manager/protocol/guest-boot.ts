// What a guest boots, as its spec says it: its own GRUB, or a kernel of the image store. Pure.
import { z } from 'zod'
import { imageName, kernelCmdline } from './guest-kernel.ts'
import { strict } from './strict.ts'

const ofStore = strict({
  /** As the image store calls it, with its initrd. */
  kernel: imageName,
  cmdline: kernelCmdline.default(''),
})

/** `grub`: the guest's own /boot/grub, on its first disk. */
export const guestBoot = z.union([z.literal('grub'), ofStore], { error: told })

/** What is to be other: of a kernel what is left out stays. */
export const bootChange = z.union([z.literal('grub'), strict({ kernel: imageName.optional(), cmdline: kernelCmdline.optional() })], {
  error: told,
})

export type GuestBoot = z.output<typeof guestBoot>
export type BootChange = z.output<typeof bootChange>

/** In the place of "Invalid input": of an object what is wrong with it. */
function told(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code !== 'invalid_union') return undefined
  const of = typeof issue.input === 'object' && issue.input !== null ? issue.errors[1] : undefined
  const said = of?.map(({ path, message }) => `${path.join('.')} ${message}`.trim()).join('; ')
  return said ?? 'is neither grub nor a kernel: say grub, or { kernel: NAME, cmdline: "root=/dev/xvda1 ro console=hvc0" }'
}

export function sayBoot(boot: GuestBoot): string {
  if (boot === 'grub') return 'its own GRUB'
  return boot.cmdline === '' ? `kernel ${boot.kernel}` : `kernel ${boot.kernel}: ${boot.cmdline}`
}
