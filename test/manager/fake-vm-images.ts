// Images that are made up: what the contract says, and nothing on a disk.
import type { VmImage } from '../../manager/contract/vm-images.ts'
import { done, found, type Handlers, missing } from '../../manager/doors/handlers/handlers.ts'

export function fakeVmImages(images: readonly VmImage[] = []): Pick<Handlers, 'vmImages' | 'vmImageUploads'> {
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
      remove: async () => missing('such image in this test'),
    },
    vmImageUploads: { begin: none, piece: none, finish: none, show: none, abandon: none },
  }
}
