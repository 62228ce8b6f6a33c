// On what an operation acts, as a function of its input: who is limited to groups acts on what is of these alone, and which things
// those are is looked up once, for all operations (doors/rights). Pure.

/** All of it has to be within. Hosts and guests are named as they were in the input. */
export interface Things {
  readonly hosts?: readonly string[]
  readonly guests?: readonly string[]
  /** Hosts whose guests it is done to, too: that are there now, or have left by an evacuation. */
  readonly guestsOf?: readonly string[]
  readonly guestsAwayFrom?: readonly string[]
  /** A VG, by name or UUID, as this host has it: all hosts that see it. */
  readonly vg?: { readonly host: string; readonly vg: string }
  /** Disks of this host, as they were typed: all hosts that see them. */
  readonly disks?: { readonly host: string; readonly disks: 'empty' | readonly string[] }
  readonly automations?: readonly string[]
  /** Long work of whatever kind, by id. */
  readonly tasks?: readonly string[]
  readonly alarms?: readonly string[]
  readonly connections?: readonly string[]
  /** Whatever hosts are in these. */
  readonly groups?: readonly string[]
  /** What a host is to be in: a limit says who is in its groups, and so nobody changes that who has one. */
  readonly regrouped?: { readonly host: string; readonly groups: readonly string[] }
  /** What a guest is to have; left out: that stays. It has to stay within. */
  readonly retagged?: {
    readonly guest: string
    readonly groups?: readonly string[] | undefined
    readonly tags?: readonly string[] | undefined
  }
  /** Of a guest that is to be. */
  readonly made?: { readonly name: string; readonly groups: readonly string[]; readonly tags: readonly string[] }
}

/** `pool`: all of it, or what all share; `account`: what is one's own; `look`: nothing is changed. */
export type Target =
  | { readonly kind: 'pool' }
  | { readonly kind: 'account' }
  | { readonly kind: 'look' }
  | ({ readonly kind: 'things' } & Things)

export const POOL: Target = { kind: 'pool' }
export const ACCOUNT: Target = { kind: 'account' }
export const LOOK: Target = { kind: 'look' }

export function onThings(things: Things): Target {
  return { kind: 'things', ...things }
}

export function onHosts(...hosts: readonly string[]): Target {
  return onThings({ hosts })
}

export function onGuest({ ref }: { readonly ref: string }): Target {
  return onThings({ guests: [ref] })
}
