// A disk that is being made larger: from before its LV grows until the new part is zeroed, a tag of the LV says how much of it is the
// guest's. What is behind that may be another guest's old data, and no device over it reaches so far. Pure.
import type { Lv } from '../../../manager/protocol/storage.ts'

const PREFIX = 'hostless.sound='

/** Bytes. */
export function soundTag(bytes: number): string {
  return `${PREFIX}${bytes}`
}

export function soundTagsOf({ tags }: Pick<Lv, 'tags'>): readonly string[] {
  return tags.filter((tag) => tag.startsWith(PREFIX))
}

/** Bytes from its beginning that are the guest's. */
export function soundBytes(lv: Pick<Lv, 'tags' | 'sizeBytes'>): number {
  const told = soundTagsOf(lv).map((tag) => Number(tag.slice(PREFIX.length)))
  return Math.min(lv.sizeBytes, ...told.map((bytes) => (Number.isSafeInteger(bytes) && bytes >= 0 ? bytes : 0)))
}
