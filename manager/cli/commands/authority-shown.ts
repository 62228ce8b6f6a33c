// The authority that a manager shows before anybody trusts it: for a person to compare, never to be taken unseen.
import { X509Certificate } from 'node:crypto'
import { connect } from 'node:tls'
import { unreachable } from '../engine/api/client.ts'
import { CommandFailure } from '../engine/failure.ts'

/** Milliseconds. */
const PATIENCE = 15_000

export interface ShownAuthority {
  readonly pem: string
  /** SHA-256 as openssl prints it: `AB:CD:…`. */
  readonly fingerprint: string
}

/** Nothing is sent over this connection but the handshake. */
export async function shownAuthority(url: URL): Promise<ShownAuthority> {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: Number(url.port || 443), rejectUnauthorized: false, minVersion: 'TLSv1.3', timeout: PATIENCE })
    socket.on('timeout', () => socket.destroy(new Error('it is silent')))
    socket.on('error', (error) => reject(unreachable(url, error)))
    socket.on('secureConnect', () => {
      let top = socket.getPeerCertificate(true)
      // The last one issues itself.
      for (let depth = 0; depth < 10 && top.issuerCertificate && top.issuerCertificate !== top; depth++) top = top.issuerCertificate
      socket.destroy()
      const certificate = new X509Certificate(top.raw)
      if (certificate.ca && certificate.checkIssued(certificate)) {
        resolve({ pem: certificate.toString(), fingerprint: certificate.fingerprint256 })
      } else {
        reject(
          new CommandFailure(`${url.origin} shows no authority with its certificate: is it a manager? If it is, name the file by --ca`),
        )
      }
    })
  })
}

export function isFingerprint(fingerprint: string, said: string): boolean {
  const plain = (text: string): string =>
    text
      .replace(/^sha256[:=]?/i, '')
      .replace(/[:\s]/g, '')
      .toLowerCase()
  return plain(said) === plain(fingerprint)
}
