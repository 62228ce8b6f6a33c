// What the issuer says of itself and what time it has, asked as the manager asks it; and whether the secret's file is one.

import { readClientSecret } from '../../access/oidc/client-secret.ts'
import { fetchBounded } from '../../access/oidc/fetch.ts'
import type { IssuerSeen, Oidc, OidcSeen } from '../checks/oidc.ts'
import { type Reading, read, unread } from '../finding.ts'

/** Undefined: none is configured. */
export async function readOidc(oidc: Oidc | undefined): Promise<OidcSeen | undefined> {
  if (!oidc) return undefined
  const secretFault = await readClientSecret(oidc.clientSecretFile).then(() => undefined, reasonOf)
  return { secretFault, issuer: await readIssuer(oidc.issuer) }
}

async function readIssuer(issuer: string): Promise<Reading<IssuerSeen>> {
  try {
    const response = await fetchBounded(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`)
    const date = Date.parse(response.headers.get('date') ?? '')
    return read({ metadata: objectIn(await response.text()), status: response.status, date: Number.isNaN(date) ? undefined : date })
  } catch (error) {
    return unread(
      reasonOf(error),
      'see that this machine reaches it (DNS, firewall, certificate: NODE_EXTRA_CA_CERTS for an authority of your own)',
    )
  }
}

function objectIn(text: string): IssuerSeen['metadata'] {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : undefined
  } catch {
    return undefined
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
