// Is each image that hosts boot by the config published, signed by our key, whole, and made of all that a boot needs?
import { type Judged, type Reading, unknown } from '../finding.ts'

export interface SeenImage {
  readonly name: string
  /** Undefined while none is published. */
  readonly generation: string | undefined
  /** What is wrong with it: none, when every byte is as it was signed. */
  readonly problems: readonly string[]
  /** The files that it has, `xen.efi`. */
  readonly files: readonly string[]
}

export function judgeImages(seen: readonly Reading<SeenImage>[]): readonly Judged[] {
  return seen.flatMap((one) => (one.kind === 'unread' ? [unknown('images', one)] : judgeImage(one.value)))
}

function judgeImage({ name, generation, problems, files }: SeenImage): readonly Judged[] {
  if (generation === undefined) {
    const mend = `hostless image list; then hostless image publish ${name}, or hostless image build ${name}`
    return [{ subject: name, result: 'failed', seen: 'nothing is published: no machine can boot it', mend }]
  }
  const subject = `${name}@${generation}`
  if (problems.length > 0) {
    const mend = `hostless image publish ${name} another generation, and hostless image remove ${name} ${generation} once no host runs it`
    return [{ subject, result: 'failed', seen: problems.join('; '), mend }]
  }
  const missing = ['xen', 'vmlinuz', 'initrd.img', 'root.tar'].filter((file) => !files.includes(file))
  if (missing.length > 0)
    return [{ subject, result: 'failed', seen: `it has no ${missing.join(', ')}`, mend: `hostless image build ${name}` }]
  if (!files.includes('xen.efi')) {
    return [
      {
        subject,
        result: 'warning',
        seen: 'it has no xen.efi: UEFI machines cannot boot it',
        mend: `hostless image import ${name} … --xen-efi FILE`,
      },
    ]
  }
  return [{ subject, result: 'ok', seen: 'signed by our key, every byte as it was signed, boots by BIOS and UEFI' }]
}
