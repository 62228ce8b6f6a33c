// Who an agent is by the certificate that it shows, and whether it may come in, with what the store knows; a host that a lost database has
// forgotten is known again by it (enrolment/readmit.ts).
import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { readmit } from '../enrolment/readmit.ts'
import { type Authority, fingerprintOf, hostOfCertificate } from '../store/keys/certificate.ts'
import { certificateOf } from '../store/tables/certificates.ts'
import { type Admission, admitAgent, type ShownCertificate } from './admission.ts'
import type { GatewayOptions } from './options.ts'

/** With its times, milliseconds since the epoch. */
export type Shown = ShownCertificate & { readonly issued: number; readonly expires: number }

export function shownOn(request: IncomingMessage, authority: Authority): Shown | undefined {
  const shown = (request.socket as TLSSocket).getPeerX509Certificate()
  if (!shown) return undefined
  const [issued, expires] = [Date.parse(shown.validFrom), Date.parse(shown.validTo)]
  return { fingerprint: fingerprintOf(shown.raw), host: hostOfCertificate(authority, shown), issued, expires }
}

export async function admit(
  { book, enrolment, now }: Pick<GatewayOptions, 'book' | 'enrolment' | 'now'>,
  named: string,
  shown: Shown | undefined,
  peer: string,
): Promise<Admission> {
  const known = shown && (await certificateOf(enrolment.store.db, shown.fingerprint))
  if (shown?.host !== undefined && !known && named === shown.host) {
    const { host } = shown
    if ((await readmit(enrolment, { ...shown, host }, peer)) === 'readmitted') {
      await book.enrolled(host)
      const anew = await certificateOf(enrolment.store.db, shown.fingerprint)
      return admitAgent(named, shown, anew, book.conditionOf(named)?.trust, now(), peer)
    }
  }
  return admitAgent(named, shown, known, book.conditionOf(named)?.trust, now(), peer)
}
