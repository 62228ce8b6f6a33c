// A person of an issuer, as the users are asked for them.
import type { GivenRole } from './claims.ts'

export interface Identity {
  readonly issuer: string
  /** `sub`: the issuer gives it to nobody else, ever. */
  readonly subject: string
}

export interface Person extends Identity, GivenRole {
  /** That the issuer gives. */
  readonly name: string
  /** What the issuer is called in the config. */
  readonly by: string
}

export interface Arrived {
  readonly user: string
  readonly isNew: boolean
}
