// The secrets of mirrors: each follows from a key of this manager and the label that a recipe gives it, so that no journal has one, and a request
// that is asked again has the same.
import { createHmac, randomBytes } from 'node:crypto'
import { keepSecret } from './secrets.ts'

/** Of a label; 43 characters of base64url. */
export type MirrorSecrets = (label: string) => string

export const MIRROR_KEY = 'mirror.key'

/** Its key is `<dataDir>/keys/mirror.key`, made when it is not there. */
export async function keepMirrorSecrets(dataDir: string): Promise<MirrorSecrets> {
  return mirrorSecrets(Buffer.from(await keepSecret(dataDir, MIRROR_KEY, () => randomBytes(32).toString('base64')), 'base64'))
}

export function mirrorSecrets(key: Buffer): MirrorSecrets {
  return (label) => createHmac('sha256', key).update(`mirror ${label}`, 'utf8').digest('base64url')
}
