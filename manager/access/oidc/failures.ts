// What can go wrong at the issuer, as a sentence for the person who wanted to sign in, and a code for the log. Nothing that came from
// there is repeated but the short codes of RFC 6749: its answers hold tokens, and its texts are anybody's.
import { AuthorizationResponseError, ClientError, ResponseBodyError, WWWAuthenticateChallengeError } from 'openid-client'
import { IssuerFault } from './fetch.ts'

export interface Failure {
  readonly status: 401 | 403 | 502 | 503
  readonly reason: string
  /** For the log. */
  readonly code: string
}

/** `by`: the issuer's name in the config. */
export function failureOf(error: unknown, by: string): Failure {
  const fault = causesOf(error).find((one) => one instanceof IssuerFault)
  if (fault) return sayFault(fault, by)
  if (error instanceof AuthorizationResponseError) return sayRefusal(shortCode(error.error), by)
  if (error instanceof ResponseBodyError) return sayTokenError(shortCode(error.error), by)
  if (error instanceof WWWAuthenticateChallengeError) return sayTokenError('invalid_client', by)
  if (error instanceof ClientError) return sayBroken(error, by)
  return unlike('unlike', by)
}

const AGAIN = 'Begin anew'
const LATER = 'Try again later; local users come in by their passwords meanwhile'

function sayFault({ kind, message }: IssuerFault, by: string): Failure {
  switch (kind) {
    case 'unreachable':
      return { status: 503, code: `unreachable: ${message}`, reason: `${by} cannot be reached now. ${LATER}` }
    case 'slow':
      return { status: 503, code: `slow: ${message}`, reason: `${by} takes too long to answer. ${LATER}` }
    case 'too-long':
      return { status: 502, code: `too-long: ${message}`, reason: `${by} answers with far more than there can be to say. ${ASK_ADMIN}` }
    case 'other':
      return { status: 502, code: `other: ${message}`, reason: `${by} gives another issuer than the config does. ${ASK_ADMIN}` }
    case 'plain':
      return {
        status: 502,
        code: `plain: ${message}`,
        reason: `${by} names an address that is not https:, where others could read along. ${ASK_ADMIN}`,
      }
  }
}

const ASK_ADMIN = 'An admin looks at manager.oidc of the config, and at what hostless doctor --only oidc says'

/** By the browser (RFC 6749, 4.1.2.1; OpenID Connect Core, 3.1.2.6). */
function sayRefusal(code: string, by: string): Failure {
  switch (code) {
    case 'access_denied':
      return { status: 403, code, reason: `${by} has not let you in, or you have said no there. ${AGAIN} if that was not meant` }
    case 'temporarily_unavailable':
    case 'server_error':
      return { status: 503, code, reason: `${by} cannot sign you in now. ${LATER}` }
    case 'login_required':
    case 'interaction_required':
    case 'consent_required':
      return { status: 401, code, reason: `${by} wanted something of you that was not done. ${AGAIN}` }
    default:
      return { status: 502, code, reason: `${by} does not take the question of this manager (${code}). ${ASK_ADMIN}` }
  }
}

/** By the token endpoint (RFC 6749, 5.2). */
function sayTokenError(code: string, by: string): Failure {
  if (code === 'invalid_grant') return { status: 401, code, reason: `what ${by} gave you was used before, or is too old. ${AGAIN}` }
  if (code === 'invalid_client' || code === 'unauthorized_client')
    return {
      status: 502,
      code,
      reason: `${by} does not take this manager's client id and secret. An admin looks at manager.oidc.clientId and clientSecretFile`,
    }
  return { status: 502, code, reason: `${by} does not tell this manager who you are (${code}). ${ASK_ADMIN}` }
}

function sayBroken(error: ClientError, by: string): Failure {
  const claim = claimOf(error)
  const code = claim === undefined ? (error.code ?? 'unlike') : `${error.code}: ${claim}`
  switch (error.code) {
    case 'OAUTH_TIMEOUT':
    case 'OAUTH_ABORT':
      return { status: 503, code, reason: `${by} takes too long to answer. ${LATER}` }
    case 'OAUTH_JWT_TIMESTAMP_CHECK_FAILED':
      return {
        ...{ status: 401, code },
        reason: `what ${by} says of you does not hold now. Begin anew; if it is so again, the clocks of the manager and of ${by} differ, and an admin sets them (hostless doctor --only oidc,clock)`,
      }
    case 'OAUTH_JWT_CLAIM_COMPARISON_FAILED':
      if (claim === 'nonce') return { status: 401, code, reason: `what ${by} says belongs to another sign-in. ${AGAIN}` }
      return { status: 401, code, reason: `what ${by} says of you is for another application, or of another issuer. ${ASK_ADMIN}` }
    case 'OAUTH_KEY_SELECTION_FAILED':
      return {
        status: 401,
        code,
        reason: `what ${by} says of you is signed by none of its keys. ${AGAIN}; if it is so again: ${ASK_ADMIN.toLowerCase()}`,
      }
    case 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED':
      return { status: 502, code, reason: `${by} gives another issuer than the config does. ${ASK_ADMIN}` }
    default:
      return unlike(code, by)
  }
}

const unlike = (code: string, by: string): Failure => ({
  ...{ status: 502, code },
  reason: `${by} does not answer as an issuer of OpenID Connect does, or what it says of you is not rightly signed. ${ASK_ADMIN}`,
})

function claimOf({ cause }: ClientError): string | undefined {
  const inner = cause instanceof Error ? cause.cause : cause
  if (typeof inner !== 'object' || inner === null || !('claim' in inner)) return undefined
  return typeof inner.claim === 'string' ? shortCode(inner.claim) : undefined
}

function causesOf(error: unknown): readonly unknown[] {
  const found: unknown[] = []
  for (let one = error; one !== undefined && found.length < 8; one = one instanceof Error ? one.cause : undefined) found.push(one)
  return found
}

function shortCode(code: string): string {
  return /^[a-z_]{1,40}$/.test(code) ? code : 'another error'
}
