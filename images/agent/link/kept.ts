// What one agent leaves to the next of the same boot, since the boot's token is spent: key, certificates, and the greatest epoch
// heard. Text for a file in RAM that only root reads (runner.ts says when).
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { z } from 'zod'
import { count } from '../../../manager/protocol/values.ts'
import { type Identity, identityFrom } from './identity.ts'

export interface Kept {
  readonly attempt: string
  readonly identity: Identity
  readonly epoch: number | undefined
}

const keptText = z.object({ attempt: z.string(), key: z.string(), certificates: z.array(z.string()), epoch: count.optional() })

export function encodeKept({ attempt, identity, epoch }: Kept): string {
  const certificates = identity.certificates
    .split(/(?=-----BEGIN CERTIFICATE-----)/)
    .map((pem) => new X509Certificate(pem).raw.toString('base64'))
  return JSON.stringify({ attempt, key: identity.key.export({ type: 'pkcs8', format: 'pem' }), certificates, epoch })
}

/** Undefined when it is of another boot, or damaged: then this agent enrols by the boot's token. */
export function decodeKept(text: string, attempt: string): Kept | undefined {
  try {
    const read = keptText.parse(JSON.parse(text))
    const identity = read.attempt === attempt ? identityFrom(createPrivateKey(read.key), read.certificates) : undefined
    return identity && { attempt, identity, epoch: read.epoch }
  } catch {
    return undefined
  }
}
