// Sign-in by the issuer of the config. What is wrong on this machine is said when the manager starts; the issuer itself is not asked then.
import { readClientSecret } from './client-secret.ts'
import type { OidcSettings } from './settings.ts'
import { type OidcOptions, OidcSignIn } from './sign-in.ts'

/** `site`: where none is configured. Undefined where no issuer is. Rejects where the secret cannot be read, or by others, too. */
export async function openOidc(
  settings: OidcSettings | undefined,
  { site, ...options }: Omit<OidcOptions, 'settings' | 'secret' | 'site'> & { readonly site: string },
): Promise<OidcSignIn | undefined> {
  if (!settings) return undefined
  const secret = await readClientSecret(settings.clientSecretFile)
  return new OidcSignIn({ ...options, settings, secret, site: () => settings.site ?? site })
}
