// What the config says of sign-in by OpenID Connect (manager.oidc), as config.ts hands it on.
import type { Role } from '../../protocol/accounts.ts'

export interface RoleRule {
  /** Of the claim, as the issuer writes it. */
  readonly value: string
  readonly role: Role
  /** As of local users: they act on hosts and guests of these alone. */
  readonly groups?: readonly string[]
}

export interface OidcSettings {
  /** As the issuer writes itself: `https://login.example/realms/company`. */
  readonly issuer: string
  readonly clientId: string
  /** Path; its content is told to the issuer alone. */
  readonly clientSecretFile: string
  /** What the button says, and every sentence about it. */
  readonly name: string
  readonly scopes: readonly string[]
  /** Left out: preferred_username, else an e-mail that is verified. */
  readonly userClaim?: string
  /** The first rule that fits counts. */
  readonly roles?: { readonly claim: string; readonly rules: readonly RoleRule[] }
  /** Of whom no rule fits; left out: they are refused. */
  readonly defaultRole?: Role
  /** `https://HOST:PORT` that browsers reach the manager at; left out: the address that it listens at. */
  readonly site?: string
}
