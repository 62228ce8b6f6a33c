// The issuer that people sign in by: does it answer, does it say what sign-in needs, and is its clock ours. Where none is configured there is
// nothing to find.
import type { Config } from '../../../appliance/config.ts'
import { type Judged, type Reading, unknown } from '../finding.ts'

export type Oidc = NonNullable<NonNullable<Config['manager']>['oidc']>

export interface IssuerSeen {
  /** As it says of itself (OpenID Connect Discovery, 3); undefined: that is no JSON object. */
  readonly metadata: Readonly<Record<string, unknown>> | undefined
  readonly status: number
  /** Of its `Date`, ms since the epoch; undefined: it says none. */
  readonly date: number | undefined
}

export interface OidcSeen {
  /** Undefined: the secret's file is as it should be. */
  readonly secretFault: string | undefined
  readonly issuer: Reading<IssuerSeen>
}

/** s: tokens are taken that are so much early or late. */
const OFF = { warning: 5, failed: 30 }

/** `now`: ms since the epoch. */
export function judgeOidc(seen: OidcSeen | undefined, oidc: Oidc | undefined, now: number): readonly Judged[] {
  if (!seen || !oidc) return []
  const subject = oidc.issuer
  const secret: readonly Judged[] =
    seen.secretFault === undefined ? [] : [{ subject: oidc.clientSecretFile, result: 'failed', seen: seen.secretFault }]
  if (seen.issuer.kind === 'unread') return [...secret, unknown(subject, seen.issuer)]
  const { metadata, status, date } = seen.issuer.value
  if (status !== 200 || !metadata) {
    const said = status === 200 ? 'no JSON' : `HTTP ${status}`
    const mend = 'set manager.oidc.issuer to what the issuer calls itself; its metadata is at ISSUER/.well-known/openid-configuration'
    return [...secret, { subject, result: 'failed', seen: `its metadata cannot be read: ${said}`, mend }]
  }
  return [...secret, judgeMetadata(metadata, oidc), ...judgeDate(subject, date, now)]
}

function judgeMetadata(metadata: Readonly<Record<string, unknown>>, { issuer }: Oidc): Judged {
  const subject = issuer
  const said = metadata.issuer
  if (typeof said !== 'string' || !URL.canParse(said) || new URL(said).href !== new URL(issuer).href) {
    const mend = 'set manager.oidc.issuer to that, if it is yours'
    return { subject, result: 'failed', seen: `it calls itself ${JSON.stringify(said)?.slice(0, 200) ?? 'nothing'}`, mend }
  }
  const missing = ['authorization_endpoint', 'token_endpoint', 'jwks_uri'].filter((key) => typeof metadata[key] !== 'string')
  if (missing.length > 0) return { subject, result: 'failed', seen: `its metadata lacks ${missing.join(', ')}: nobody can sign in by it` }
  const types = metadata.response_types_supported
  if (Array.isArray(types) && !types.includes('code'))
    return { subject, result: 'failed', seen: 'it does not give codes (response_types_supported)' }
  const challenges = metadata.code_challenge_methods_supported
  const hasPkce = Array.isArray(challenges) && challenges.includes('S256')
  if (!hasPkce) return { subject, result: 'warning', seen: 'it answers, and does not say that it looks at PKCE (S256), which it is sent' }
  return { subject, result: 'ok', seen: 'it answers, and can do what sign-in needs' }
}

function judgeDate(subject: string, date: number | undefined, now: number): readonly Judged[] {
  if (date === undefined) return [{ subject: `${subject} clock`, result: 'unknown', seen: 'it does not say what time it has' }]
  const off = Math.round(Math.abs(date - now) / 1000)
  const result = off <= OFF.warning ? 'ok' : off <= OFF.failed ? 'warning' : 'failed'
  const mend = result === 'ok' ? {} : { mend: 'have both set their clocks by NTP: what an issuer says holds for a short time' }
  return [
    { subject: `${subject} clock`, result, seen: result === 'ok' ? 'as here' : `${off} s ${date > now ? 'ahead' : 'behind'}`, ...mend },
  ]
}
