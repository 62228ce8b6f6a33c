// Who may open which connection: by path, certificate, and what the store says of both. Pure.

import type { Trust } from '../protocol/host.ts'
import type { RaisedAlarm } from '../store/tables/alarms.ts'
import type { KnownCertificate } from '../store/tables/certificates.ts'

export const ENROL_PATH = '/agent/enrol'
export const RENEW_PATH = '/agent/renew'
const HOST_PATH = /^\/agent\/host\/([a-z2-7]{16})$/

/** The path of a WebSocket; undefined for none of ours. */
export type AgentPath = { readonly kind: 'enrol' } | { readonly kind: 'host'; readonly host: string }

export function agentPath(path: string): AgentPath | undefined {
  if (path === ENROL_PATH) return { kind: 'enrol' }
  const [, host] = HOST_PATH.exec(path) ?? []
  return host === undefined ? undefined : { kind: 'host', host }
}

export interface ShownCertificate {
  readonly fingerprint: string
  /** The host in its subjectAltName; undefined: not signed by us. */
  readonly host: string | undefined
}

export type Admission =
  | { readonly kind: 'admitted'; readonly host: string; readonly expires: number }
  | { readonly kind: 'refused'; readonly status: 401 | 403; readonly reason: string; readonly alarm?: RaisedAlarm }

/** May this certificate speak for the host that the path names? `state` is the host's; `known` what the store has of the certificate. */
export function admitAgent(
  named: string,
  shown: ShownCertificate | undefined,
  known: KnownCertificate | undefined,
  trust: Trust | undefined,
  now: number,
  peer: string,
): Admission {
  if (!shown) return { kind: 'refused', status: 401, reason: 'an agent shows its certificate here' }
  if (shown.host === undefined || !known) return { kind: 'refused', status: 403, reason: 'this manager did not sign that certificate' }
  if (shown.host !== named || known.host !== named) {
    const text = `the agent of host ${known.host}, at ${peer}, spoke for host ${named}: refused`
    const alarm: RaisedAlarm = { kind: 'agent-refused', about: `host ${known.host}`, host: known.host, text }
    return { kind: 'refused', status: 403, reason: 'the certificate is that of another host', alarm }
  }
  if (known.revoked !== null) {
    const text = `${peer} used a certificate that was revoked (${known.reason}): refused`
    const alarm: RaisedAlarm = { kind: 'certificate-refused', about: known.fingerprint, host: named, text }
    return { kind: 'refused', status: 403, reason: `the certificate was revoked: ${known.reason}`, alarm }
  }
  if (trust === undefined || trust === 'rejected') return { kind: 'refused', status: 403, reason: 'an admin has rejected this machine' }
  if (known.expires <= now) return { kind: 'refused', status: 401, reason: 'the certificate has expired: renew it' }
  return { kind: 'admitted', host: named, expires: known.expires }
}
