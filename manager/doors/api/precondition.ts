// What can be changed of one thing, as a tag that a change may ask for (RFC 9110, 8.8.3 and 13.1.1): who has read it an hour ago does not
// write over what somebody else has made of it since. The tag is of what an edit is about, not of load or of when it was last heard of.
import { createHash } from 'node:crypto'
import { OPERATIONS } from '../../contract/contract.ts'
import { methodOf, type Operation, pathNames } from '../../contract/operation.ts'
import type { Refused } from '../../outcome.ts'

/** Bytes of a header: many tags, and none that is long. */
const LONGEST = 4096

/** Undefined where nothing of it is edited. */
export function tagOf({ edited }: Operation, shown: unknown): string | undefined {
  if (!edited) return undefined
  const hash = createHash('sha256').update(JSON.stringify(edited(shown) ?? null))
  return `"${hash.digest('base64url').slice(0, 27)}"`
}

/** What shows the thing that this changes. */
export function shownBy({ changes }: Operation): Operation | undefined {
  return changes === undefined ? undefined : OPERATIONS.find(({ operation }) => operation.http === changes)?.operation
}

/** `If-Match` of a change; undefined: it asks for nothing. On what takes none it is refused, not passed over. */
export function ifMatch(
  operation: Operation,
  header: string | undefined,
): { readonly kind: 'if-match'; readonly tags: string } | Refused | undefined {
  if (header === undefined || methodOf(operation) === 'GET') return undefined
  if (!shownBy(operation)) return { kind: 'refused', status: 400, reason: 'If-Match: this takes none: nothing that it acts on has an ETag' }
  if (header.length > LONGEST) return { kind: 'refused', status: 400, reason: `If-Match: is longer than ${LONGEST} characters` }
  return { kind: 'if-match', tags: header }
}

/** Weak tags never match. */
export function isMatch(tags: string, tag: string | undefined): boolean {
  return tags.trim() === '*' || tags.split(',').some((one) => one.trim() === tag)
}

/** Of its path alone. */
export function pathPart(operation: Operation, input: object): object {
  const names = pathNames(operation)
  return Object.fromEntries(Object.entries(input).filter(([name]) => names.includes(name)))
}

/** One after the other of one sort of things, whatever each calls its thing, so that of two who have read the same only the first changes it. */
export class InTurn {
  readonly #last = new Map<string, Promise<unknown>>()

  async of<Value>(sort: string, act: () => Promise<Value>): Promise<Value> {
    const before = this.#last.get(sort)
    const own = (async () => {
      await before?.catch(() => {})
      return act()
    })()
    this.#last.set(sort, own)
    try {
      return await own
    } finally {
      if (this.#last.get(sort) === own) this.#last.delete(sort)
    }
  }
}

export const OUTDATED: Refused = {
  kind: 'refused',
  status: 412,
  code: 'outdated',
  reason:
    'it is another than If-Match says: somebody has changed it since it was read. Read it again, and see whether your change still fits',
}
