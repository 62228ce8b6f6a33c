// What the issuer knows the manager by, in a file of its own: the config may be read by more people than may speak as the manager.
import { readSecret } from '../../store/keys/secrets.ts'

/** Its only line. Rejects with what to do. */
export async function readClientSecret(path: string): Promise<string> {
  const text = await readSecret(path).catch((error: unknown) => {
    const said = error instanceof Error ? error.message : String(error)
    throw new Error(
      `manager.oidc.clientSecretFile: ${said}${said.includes('EACCES') ? ': it has to belong to the user that the manager runs as' : ''}`,
      { cause: error },
    )
  })
  if (text === undefined)
    throw new Error(
      `manager.oidc.clientSecretFile: there is no ${path}: put the client's secret in it that the issuer gave, readable by the manager's user alone (chmod 600)`,
    )
  const secret = text.trim()
  if (/^[!-~]{1,1024}$/.test(secret)) return secret
  throw new Error(`manager.oidc.clientSecretFile: ${path} does not hold one line with a secret of at most 1024 characters`)
}
