// Images of guests' disks, and files that become some.
import type { VmImage, vmImages, vmImageUploads } from '../../contract/vm-images.ts'
import type { Done } from '../../outcome.ts'
import type { ShownImage, VmImages } from '../../vm-images/service.ts'
import { done, type HandlersOf } from './handlers.ts'

export function vmImageHandlers(images: Pick<VmImages, 'list' | 'find' | 'remove' | 'verify'>): HandlersOf<typeof vmImages> {
  return {
    list: async () => done({ images: (await images.list()).map(answer) }),
    show: async ({ ref }) => answered(await images.find(ref)),
    remove: ({ ref }) => images.remove(ref),
    verify: async ({ ref }, { who }) => answered(await images.verify(ref, who.user)),
  }
}

export function vmImageUploadHandlers({ uploads }: Pick<VmImages, 'uploads'>): HandlersOf<typeof vmImageUploads> {
  return {
    begin: (ask, { who }) => uploads.begin(ask, who.user),
    piece: ({ id, at, octets }) => uploads.piece(id, at, octets),
    finish: ({ id, sentBytes }) => uploads.finish(id, sentBytes),
    show: async ({ id }) => uploads.show(id),
    abandon: ({ id }) => uploads.abandon(id),
  }
}

function answered(found: Done<ShownImage>): Done<VmImage> {
  return found.kind === 'done' ? done(answer(found.value)) : found
}

function answer({ users, check, ...image }: ShownImage): VmImage {
  return { ...image, users: [...users], ...(check ? { check: { ...check, findings: [...check.findings] } } : {}) }
}
