// A store that says when its disk takes no more writes, and since when: what is not written is not acknowledged, and somebody has to
// make room. Reading goes on.
import type { Store } from './database.ts'

export interface Trouble {
  readonly text: string
  readonly raised: number
  readonly last: number
}

export interface WatchedStore extends Store {
  /** While the last write failed for the disk's sake. */
  trouble(): Trouble | undefined
}

export interface TroubleOptions {
  /** For messages: what lies where. */
  readonly place: string
  readonly now: () => number
  /** Called when it begins, and with undefined when it has ended. */
  readonly onChange: (trouble: Trouble | undefined) => void
}

export function watchStore(store: Store, { place, now, onChange }: TroubleOptions): WatchedStore {
  let trouble: Trouble | undefined
  const set = (next: Trouble | undefined): void => {
    const changes = (trouble === undefined) !== (next === undefined)
    trouble = next
    if (changes) onChange(next)
  }
  return {
    ...store,
    trouble: () => trouble,
    async write(change) {
      try {
        const value = await store.write(change)
        set(undefined)
        return value
      } catch (error) {
        const why = troubleIn(error)
        if (why !== undefined) set({ text: `${place}: ${why}`, raised: trouble?.raised ?? now(), last: now() })
        throw error
      }
    },
  }
}

/** Of a change that was not kept for the disk's sake: what a person or a program is told. Undefined for other faults. */
export function storageFault(error: unknown): { readonly status: 503 | 507; readonly reason: string } | undefined {
  const codes: string[] = []
  for (let at = error; at instanceof Error && codes.length < 8; at = at.cause) if ('code' in at) codes.push(String(at.code))
  if (codes.some((code) => FULL.has(code)))
    return { status: 507, reason: "the manager's disk is full: nothing of this was kept, make room on it" }
  const fails = codes.some((code) => code.startsWith('SQLITE_IOERR') || code === 'SQLITE_READONLY')
  return fails ? { status: 503, reason: "the manager's disk takes no writes: nothing of this was kept, its log says why" } : undefined
}

/** Result codes of SQLite and PostgreSQL, and errno: a quota is full, too. SQLite calls a full disk so when it writes to its journal. */
const FULL: ReadonlySet<string> = new Set(['SQLITE_FULL', 'SQLITE_IOERR_WRITE', '53100', 'ENOSPC', 'EDQUOT'])

/** SQLite's result codes, and PostgreSQL's SQLSTATE for the same. */
function troubleIn(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'SQLITE_FULL' || code === '53100') return 'the disk is full, nothing is acknowledged to hosts until there is room: make some'
  if (code.startsWith('SQLITE_IOERR')) return `the disk fails (${code}), nothing is acknowledged to hosts: look at the kernel's log`
  if (code === 'SQLITE_READONLY') return 'the database may only be read, nothing is acknowledged to hosts: mount its file system writable'
  return undefined
}
