// The issuer, by openid-client: asked when somebody signs in, and not before, so that a manager starts without it. What it says of itself
// is kept for an hour, and for a day while it cannot be asked anew; of its keys openid-client sees to that.
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  ClientSecretBasic,
  ClientSecretPost,
  type Configuration,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
  fetchUserInfo,
} from 'openid-client'
import { type Claims, lacksClaims } from './claims.ts'
import { fetchBounded, IssuerFault, isSafe, PATIENCE } from './fetch.ts'
import type { OidcSettings } from './settings.ts'

/** Milliseconds. */
const FRESH = 3600_000
const KEPT = 24 * 3600_000
/** After a failure nobody is asked again for so long, ms. */
const PAUSE = 3000

export interface Sent {
  readonly redirectUri: string
  readonly state: string
  readonly nonce: string
  /** S256 of the verifier (RFC 7636). */
  readonly challenge: string
}

export interface Expected {
  readonly state: string
  readonly nonce: string
  readonly verifier: string
}

export interface ProviderOptions {
  readonly settings: OidcSettings
  readonly secret: string
  /** Milliseconds, by a clock that does not jump. */
  readonly elapsed: () => number
  /** Of one request, ms. */
  readonly patience?: number
}

interface Kept {
  readonly configuration: Configuration
  readonly at: number
}

/** Rejects with what failures.ts knows. */
export class Provider {
  readonly #options: ProviderOptions
  #kept: Kept | undefined
  #asking: Promise<Configuration> | undefined
  #failed: { readonly error: unknown; readonly at: number } | undefined

  constructor(options: ProviderOptions) {
    this.#options = options
  }

  /** Where the browser is sent. */
  async authorization({ redirectUri, state, nonce, challenge }: Sent): Promise<URL> {
    const { scopes } = this.#options.settings
    const configuration = await this.#configuration()
    return buildAuthorizationUrl(configuration, {
      ...{ redirect_uri: redirectUri, response_type: 'code', scope: [...new Set(['openid', ...scopes])].join(' ') },
      ...{ state, nonce, code_challenge: challenge, code_challenge_method: 'S256' },
    })
  }

  /** `url`: as the browser came back. Of an ID token with the right signature, issuer, audience, nonce and times, and of the userinfo where that does not say all. */
  async claims(url: URL, { state, nonce, verifier }: Expected): Promise<Claims & { readonly iss: string; readonly sub: string }> {
    const { settings } = this.#options
    const configuration = await this.#configuration()
    const tokens = await authorizationCodeGrant(configuration, url, {
      ...{ expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier, idTokenExpected: true },
    })
    const claims = tokens.claims()
    if (!claims) throw new Error('there is no ID token')
    if (!lacksClaims(claims, settings) || configuration.serverMetadata().userinfo_endpoint === undefined) return claims
    // What is signed counts before what is not.
    return { ...(await fetchUserInfo(configuration, tokens.access_token, claims.sub)), ...claims }
  }

  async #configuration(): Promise<Configuration> {
    const { elapsed } = this.#options
    const age = this.#kept ? elapsed() - this.#kept.at : Number.POSITIVE_INFINITY
    if (this.#kept && age < FRESH) return this.#kept.configuration
    try {
      return await this.#ask()
    } catch (error) {
      if (this.#kept && age < KEPT) return this.#kept.configuration
      throw error
    }
  }

  /** Once, for all who wait. */
  #ask(): Promise<Configuration> {
    const { elapsed } = this.#options
    if (this.#failed && elapsed() - this.#failed.at < PAUSE) return Promise.reject(this.#failed.error)
    this.#asking ??= this.#discover().then(
      (configuration) => {
        this.#kept = { configuration, at: elapsed() }
        this.#failed = undefined
        this.#asking = undefined
        return configuration
      },
      (error: unknown) => {
        this.#failed = { error, at: elapsed() }
        this.#asking = undefined
        throw error
      },
    )
    return this.#asking
  }

  async #discover(): Promise<Configuration> {
    const { settings, secret, patience = PATIENCE } = this.#options
    const issuer = new URL(settings.issuer)
    if (!isSafe(issuer)) throw new IssuerFault('plain', `${issuer.origin} is no https: address`)
    const execute = issuer.protocol === 'http:' ? [allowInsecureRequests, enableNonRepudiationChecks] : [enableNonRepudiationChecks]
    const configuration = await discovery(issuer, settings.clientId, undefined, authentication(secret), {
      ...{ execute, timeout: PATIENCE / 1000 },
      [customFetch]: (url, options) => fetchBounded(url, { ...options, body: bodyOf(options.body) }, patience),
    })
    const { authorization_endpoint: at, issuer: said } = configuration.serverMetadata()
    // openid-client lets some through that speak for many: each of their customers could come in.
    if (new URL(said).href !== issuer.href) throw new IssuerFault('other', `it calls itself ${said.slice(0, 200)}`)
    if (at === undefined || !URL.canParse(at) || !isSafe(new URL(at)))
      throw new IssuerFault('plain', 'its authorization_endpoint is no https: address')
    return configuration
  }
}

type Authentication = ReturnType<typeof ClientSecretPost>

/** As the issuer takes it; by RFC 8414 that is client_secret_basic where it does not say. */
function authentication(secret: string): Authentication {
  const [basic, post] = [ClientSecretBasic(secret), ClientSecretPost(secret)]
  return (server, ...rest) => {
    const { token_endpoint_auth_methods_supported: methods } = server
    return methods === undefined || methods.includes('client_secret_basic') ? basic(server, ...rest) : post(server, ...rest)
  }
}

/** openid-client gives forms and nothing else. */
function bodyOf(body: unknown): URLSearchParams | undefined {
  return body instanceof URLSearchParams ? body : undefined
}
