// Images that are made up: what the contract says, and nothing on a disk.
import type { VmImage } from '../../manager/contract/vm-images.ts'
import { done, found, type Handlers, missing } from '../../manager/doors/handlers/handlers.ts'

export const IMAGES: readonly VmImage[] = [
  {
    ...{
      id: 'a'.repeat(64),
      name: 'debian13',
      sizeBytes: 3 * 2 ** 30,
      keptBytes: 700 << 20,
      format: 'qcow2',
      kind: 'disk',
      notes: 'for <all>',
      present: true,
    },
    ...{ added: 1_790_000_000_000, by: 'ada', users: ['web1', 'web2'] },
  },
  {
    ...{ id: 'b'.repeat(64), name: 'old', sizeBytes: 2 ** 30, keptBytes: 5 << 20, format: 'raw', kind: 'disk', notes: '', present: true },
    ...{
      added: 1_780_000_000_000,
      by: 'ada',
      users: [],
      check: { state: 'damaged', findings: ['block 1 has changed'], at: 1_790_000_000_000 },
    },
  },
  { id: 'c'.repeat(64), kind: 'disk', sizeBytes: 1 << 20, keptBytes: 0, notes: '', users: [], present: true },
]

export function fakeVmImages(images: readonly VmImage[]): Pick<Handlers, 'vmImages' | 'vmImageUploads'> {
  const show = async ({ ref }: { readonly ref: string }) =>
    found(
      images.find(({ name, id }) => name === ref || id === ref),
      `image ${ref}`,
    )
  const none = async () => missing('such upload in this test')
  return {
    vmImages: {
      list: async () => done({ images: [...images] }),
      show,
      verify: show,
      remove: async ({ ref }) =>
        ref === 'debian13' ? { kind: 'refused', reason: 'image debian13 is what disks of web1, web2 are made of' } : done(null),
    },
    vmImageUploads: { begin: none, piece: none, finish: none, show: none, abandon: none },
  }
}
