// What a manager's answer, or the lack of one, means: in words, with what to do. Pure.
import { STATUS_CODES } from 'node:http'
import type { ManagerPlace } from './place.ts'

export type Answer =
  | { readonly kind: 'answer'; readonly status: number; readonly text: string; readonly etag: string | undefined }
  /** `code`: Node's or OpenSSL's. */
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }

const OTHER_KEYS = 'copy keys/site.key and keys/manager-ca.pem from the dataDir of the manager that this appliance belongs to'

/** Codes of OpenSSL for a chain that does not end at our authority. */
const UNTRUSTED: ReadonlySet<string> = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_SIGNATURE_FAILURE',
])

export function describeAnswer(answer: Answer, { address, port }: ManagerPlace): string {
  const where = `${address}:${port}`
  if (answer.kind === 'answer') return describeStatus(answer.status, where)
  const { code, message } = answer
  if (UNTRUSTED.has(code)) {
    return `${where} shows a certificate that keys/manager-ca.pem did not sign, so it is another manager, or one that was set up anew: ${OTHER_KEYS}`
  }
  switch (code) {
    case 'ECONNREFUSED':
      return `nothing listens at ${where}: start hostless manager there, or correct manager.listen or manager.address in the config`
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `the certificate of the manager at ${where} is for another address: name in the config the one that it listens on`
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ETIMEDOUT':
      return `${where} cannot be reached (${code}): look at the network between here and there`
    default:
      return `the manager at ${where} gave no answer: ${message.slice(0, 200)}`
  }
}

function describeStatus(status: number, where: string): string {
  if (status === 401) return `the manager at ${where} does not know the secret in keys/site.key: ${OTHER_KEYS}`
  return `the manager at ${where} answered ${status} ${STATUS_CODES[status] ?? ''}: its log says why; it may be older than this appliance`
}
