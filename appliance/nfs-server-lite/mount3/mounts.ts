// Who said MNT and not yet UMNT (RFC 1813 section 5.2.2): what DUMP answers. Information only; a
// restart forgets it, and mounted clients do not notice.
import type { Generation } from '../../wire/generation.ts'

export interface MountEntry {
  readonly clientAddress: string
  /** The path that was mounted, its bytes as latin1. */
  readonly path: string
}

export type MountEvent =
  | { readonly kind: 'mounted'; readonly path: string; readonly generation: Generation }
  | { readonly kind: 'refused'; readonly path: string; readonly reason: MountRefusal }
  | { readonly kind: 'unmounted'; readonly path: string }
  | { readonly kind: 'unmounted-all' }

/** Names of mountstat3. */
export type MountRefusal = 'MNT3ERR_NOENT' | 'MNT3ERR_ACCES' | 'MNT3ERR_NOTDIR'

/** Entries that are kept at most; the oldest go first. */
const MOST_MOUNTS = 1024

/** The list after an event. */
export function applyMountEvent(mounts: readonly MountEntry[], clientAddress: string, event: MountEvent): readonly MountEntry[] {
  switch (event.kind) {
    case 'mounted': {
      const others = mounts.filter((mount) => mount.clientAddress !== clientAddress || mount.path !== event.path)
      return [...others, { clientAddress, path: event.path }].slice(-MOST_MOUNTS)
    }
    case 'unmounted':
      return mounts.filter((mount) => mount.clientAddress !== clientAddress || mount.path !== event.path)
    case 'unmounted-all':
      return mounts.filter((mount) => mount.clientAddress !== clientAddress)
    case 'refused':
      return mounts
  }
}
