// Secrets of others in the database, sealed with a key that is not in it: AES-256-GCM, bound to what they are for.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { keepSecret } from './secrets.ts'

export interface Sealer {
  /** Base64 of nonce, tag and cipher text. `about`: what it is for; it opens for nothing else. */
  seal(about: string, secret: string): string
  /** Throws when it was not sealed with this key for this. */
  open(about: string, sealed: string): string
}

const NONCE = 12
const TAG = 16

export const SEALING_KEY = 'sealing.key'

/** Its key is `<dataDir>/keys/sealing.key`, made when it is not there. */
export async function keepSealer(dataDir: string): Promise<Sealer> {
  return sealer(Buffer.from(await keepSecret(dataDir, SEALING_KEY, () => randomBytes(32).toString('base64')), 'base64'))
}

export function sealer(key: Buffer): Sealer {
  return {
    seal(about, secret) {
      const nonce = randomBytes(NONCE)
      const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG }).setAAD(Buffer.from(about, 'utf8'))
      const text = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64')
    },
    open(about, sealed) {
      const bytes = Buffer.from(sealed, 'base64')
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE), { authTagLength: TAG })
      decipher.setAAD(Buffer.from(about, 'utf8')).setAuthTag(bytes.subarray(NONCE, NONCE + TAG))
      return Buffer.concat([decipher.update(bytes.subarray(NONCE + TAG)), decipher.final()]).toString('utf8')
    },
  }
}
