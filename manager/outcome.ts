// What becomes of what a person asks for: done, or a refusal with its reason, which is for that person to read.

/**
 * For programs. `unread`: it rests on what could not be read of a host; `identity`: who would be approved is not who was looked at; `locked`: an
 * automation has it; `key-reused`: the Idempotency-Key was another request's (422); `no-return`: it is too late to abort; `not-cancellable`: a task has ended, or cannot be stopped; `outdated`: what
 * it was planned by has changed meanwhile, or what was read of it is another than If-Match says (412). Of claims (claims/refusal.ts)
 * `short`: there is not enough of it; `held`: somebody has it; `unknown`: there is no such thing there; `exhausted`: all of them are given out. `unfit`: a guest cannot be moved as it stands, or there: its plan names each reason. `no-kernel`: there is no such
 * kernel in the image store, or not all of it. `agent-too-old`: an agent does not know of what is to be asked of it; `not-shared`: not the same hosts
 * see all disks of a VG. Of how fast a move goes `no-move`:
 * the automation moves no guest; `ended`: it has ended; `not-paced`: nothing of it goes over the network any more. `not-sent`: the receiver of a notification was not reached, or does not take it.
 * `outside-your-groups`: who asks is limited to groups, and it acts on something that is in none of them (403). `second-factor`: the password is right, and a code is needed, too (401).
 * `wrong-password`: the name or the password is wrong (401). `not-local`: its user comes in by an OpenID Connect issuer, which sets what was to be set here. `name-taken`: another user has it.
 * Of what a host is to boot once `rejected`: an admin has shut it out; `no-memtest`: its appliance has no memtest86+; `appliance-too-old`: its appliance knows of no such orders.
 */
export const PROBLEM_CODES = [
  'unread',
  'identity',
  'locked',
  'key-reused',
  'no-return',
  'not-cancellable',
  'outdated',
  'short',
  'held',
  'unknown',
  'exhausted',
  'unfit',
  'no-kernel',
  'agent-too-old',
  'not-shared',
  'no-move',
  'ended',
  'not-paced',
  'not-sent',
  'outside-your-groups',
  'second-factor',
  'wrong-password',
  'not-local',
  'name-taken',
  'rejected',
  'no-memtest',
  'appliance-too-old',
] as const
export type ProblemCode = (typeof PROBLEM_CODES)[number]

export type Done<Value> = { readonly kind: 'done'; readonly value: Value } | { readonly kind: 'missing'; readonly reason: string } | Refused

/** It cannot be done now, or not by who asks. */
export interface Refused {
  readonly kind: 'refused'
  readonly reason: string
  readonly code?: ProblemCode
  /** Of HTTP; left out: 409. */
  readonly status?: 400 | 401 | 403 | 404 | 409 | 412 | 413 | 415 | 422 | 429
  /** Of 429: seconds until it may be tried again. */
  readonly retryAfter?: number
}
