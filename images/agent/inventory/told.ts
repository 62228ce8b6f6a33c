// Names as makers set them, and nothing where they set none. Pure.
import { isPlaceholder, isPlaceholderNumber } from '../../../manager/protocol/placeholders.ts'
import { tidy } from './accept.ts'

/** A maker, a product, a slot; at most `limit` UTF-16 units. */
export function told(text: string | undefined, limit: number): string | undefined {
  const tidied = tidy(text, limit)
  return tidied === undefined || isPlaceholder(tidied) ? undefined : tidied
}

/** A serial number or an asset tag. */
export function toldNumber(text: string | undefined, limit: number): string | undefined {
  const tidied = tidy(text, limit)
  return tidied === undefined || isPlaceholderNumber(tidied) ? undefined : tidied
}
