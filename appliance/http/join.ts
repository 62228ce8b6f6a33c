// `POST /join/<mac>`: what a host that runs from a stick tells, and what it is answered: lines of `key=value` that its shell reads.
import { type Generation, type ImageName, parseGeneration, parseImageName } from '../wire/generation.ts'

/** In bytes, of the whole body. */
export const LONGEST_JOIN = 256
const LONGEST_REASON = 400

/** By its own word. */
export interface FromStick {
  readonly image: ImageName
  readonly generation: Generation
}

export type JoinAnswer =
  | { readonly kind: 'joined'; readonly attempt: string; readonly token: string }
  | { readonly kind: 'refusal'; readonly reason: string }

/** Undefined for anything but one image and one generation. */
export function parseJoin(body: Uint8Array): FromStick | undefined {
  const [, imageText = '', generationText = ''] =
    /^image=([^\n]+)\ngeneration=([^\n]+)\n?$/.exec(Buffer.from(body).toString('latin1')) ?? []
  const image = parseImageName(imageText)
  const generation = parseGeneration(generationText)
  return image && generation && { image, generation }
}

/** A refusal has status 200, too: busybox's wget shows nobody what another one says. */
export function joinText(answer: JoinAnswer): string {
  switch (answer.kind) {
    case 'joined':
      return `attempt=${answer.attempt}\ntoken=${answer.token}\n`
    case 'refusal':
      return `refused=${answer.reason.replace(/[^ -~]+/g, ' ').slice(0, LONGEST_REASON)}\n`
  }
}
