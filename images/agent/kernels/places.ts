// Where the files lie that guests of this host boot by, and what is written down of them: in RAM, for root alone. A file is there once, under
// its id; each guest that boots by it has a link of its own to it, by which xl finds it on every host, also when it starts the guest anew
// after a reboot. Pure.
import { filesOf, type KernelFiles, kernelFiles } from '../../../manager/protocol/guest-kernel.ts'
import { type Uuid, uuid } from '../../../manager/protocol/values.ts'
import { readWritten } from '../files/written-json.ts'

export const KERNELS_FOLDER = '/run/hostless/kernels'

/** What the guest boots by, written down before anything of it comes: what is in use is what stands in these. */
export function notePath(guest: Uuid): string {
  return `${KERNELS_FOLDER}/${guest}.json`
}

/** What its domain is made from. */
export function bootPath(guest: string, as: 'kernel' | 'initrd'): string {
  return `${KERNELS_FOLDER}/${guest}.${as}`
}

export function filePath(id: string): string {
  return `${KERNELS_FOLDER}/${id}`
}

/** On its way. */
export function draftPath(id: string): string {
  return `${KERNELS_FOLDER}/${id}.part`
}

/** The guest of a note's name, the file of a file's. Undefined: it is neither, as a link is. */
export function meantBy(
  name: string,
): { readonly kind: 'note'; readonly guest: Uuid } | { readonly kind: 'file'; readonly id: string } | undefined {
  const guest = uuid.safeParse(/^(.+)\.json$/.exec(name)?.[1])
  if (guest.success) return { kind: 'note', guest: guest.data }
  const [, id] = /^([0-9a-f]{64})(?:\.part)?$/.exec(name) ?? []
  return id === undefined ? undefined : { kind: 'file', id }
}

/** Undefined: it is not what this agent writes. */
export function readNote(text: string): KernelFiles | undefined {
  return readWritten(kernelFiles, text)
}

export function isSameFiles(one: KernelFiles, other: KernelFiles): boolean {
  const ids = (files: KernelFiles): string =>
    filesOf(files)
      .map(({ as, id }) => `${as} ${id}`)
      .join()
  return ids(one) === ids(other)
}
