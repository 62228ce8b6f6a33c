// A host with GUEST on it that boots by a kernel and an initrd of a made-up manager.
import { openImages } from '../../../../images/agent/content/images.ts'
import { openKernels } from '../../../../images/agent/kernels/kernels.ts'
import type { World } from '../../../../images/agent/requests/world.ts'
import { type KernelFiles, MOST_KERNEL_BYTES_ON_HOST } from '../../../../manager/protocol/guest-kernel.ts'
import { type GuestConfig, guestConfig } from '../../../../manager/protocol/requests/guest-config.ts'
import { uuid } from '../../../../manager/protocol/values.ts'
import { imageOf, MIB, managerWith, type TestImage, type TestManager } from '../disks.ts'
import { type GuestHost, guestHost } from '../guests/host.ts'

export const KERNEL = imageOf([0, 1], 2 * MIB - 1000, 11)
export const INITRD = imageOf([0, 1, 2], 3 * MIB - 17, 23)
export const CMDLINE = 'root=/dev/xvda1 ro console=hvc0 dyndbg="file a.c +p"'
export const FOLDER = '/run/hostless/kernels'
export { MOST_KERNEL_BYTES_ON_HOST }

export const fileOf = ({ id, sizeBytes }: TestImage) => ({ id, sizeBytes })
export const FILES: KernelFiles = { kernel: fileOf(KERNEL), initrd: fileOf(INITRD) }
export const otherGuest = (number: number) => uuid.parse(`10000000-0000-4000-8000-00000000000${number}`)

export interface KernelHost extends GuestHost {
  readonly manager: TestManager
  readonly world: World
  /** GUEST, which boots so. */
  readonly guest: GuestConfig
  /** Names of what lies there, those of files shortened. */
  readonly lies: () => readonly string[]
}

export async function kernelHost(...images: readonly TestImage[]): Promise<KernelHost> {
  const machine = await guestHost()
  const manager = managerWith(KERNEL, INITRD, ...images)
  const { devices, clock, files, backend } = machine.host
  const world: World = { ...machine.world, kernels: openKernels({ backend, files }, openImages({ source: manager, devices, clock })) }
  const guest = guestConfig.parse({ ...machine.guest, boot: { kind: 'kernel', ...FILES, cmdline: CMDLINE } })
  const names = new Map([...[KERNEL, INITRD], ...images].map(({ id }, at) => [id, ['KERNEL', 'INITRD'][at] ?? `OTHER${at}`]))
  const lies = (): readonly string[] =>
    [...machine.host.state().ram.files.keys()]
      .flatMap((path) => (path.startsWith(`${FOLDER}/`) ? [path.slice(FOLDER.length + 1)] : []))
      .map((name) => names.get(name) ?? name)
      .sort()
  return { ...machine, manager, world, guest, start: { ...machine.start, guest }, lies }
}

export function bytesOf({ blocks }: TestImage): string {
  return Buffer.concat(blocks).toString('latin1')
}
