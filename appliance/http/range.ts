// Which bytes of a file a GET asks for (RFC 9110 section 14): one range or everything. Several ranges are answered
// with everything, which section 14.2 allows.

export type Selection =
  | { readonly kind: 'whole' }
  /** Both ends are in the part. */
  | { readonly kind: 'part'; readonly first: number; readonly last: number }
  | { readonly kind: 'unsatisfiable' }

const WHOLE: Selection = { kind: 'whole' }

/**
 * @param range the Range header
 * @param ifRange the If-Range header: the part is wanted only of the file with this ETag
 * @param size of the file, in bytes
 */
export function selectRange(range: string | undefined, ifRange: string | undefined, size: number, etag: string): Selection {
  if (range === undefined || (ifRange !== undefined && ifRange !== etag)) return WHOLE
  const [, from, to] = /^bytes=(\d{0,15})-(\d{0,15})$/i.exec(range.replaceAll(/[ \t]/g, '')) ?? []
  if (from === undefined || to === undefined || (from === '' && to === '')) return WHOLE
  if (from === '') {
    const length = Math.min(Number(to), size)
    return length === 0 ? { kind: 'unsatisfiable' } : { kind: 'part', first: size - length, last: size - 1 }
  }
  const first = Number(from)
  const last = to === '' ? size - 1 : Math.min(Number(to), size - 1)
  if (to !== '' && Number(to) < first) return WHOLE // not a valid range: as if it were not there
  return first < size ? { kind: 'part', first, last } : { kind: 'unsatisfiable' }
}
