// Certificates (RFC 5280) and the requests for them (RFC 2986): who signs, for whom, until when. Keys, serial numbers and times
// are given. P-256 with SHA-256 throughout.
import { createHash, createPrivateKey, createPublicKey, type webcrypto, X509Certificate } from 'node:crypto'
import * as x509 from '@peculiar/x509'
import { HOST_URN } from '../../protocol/renewal.ts'

const ECDSA = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const NAME = 'CN=Hostless manager'
/** The clocks of hosts may be anything, so what they check is valid for ever: RFC 5280, 4.1.2.5. */
const ALWAYS = { notBefore: new Date(0), notAfter: new Date('9999-12-31T23:59:59Z') }
/** How far this manager's clock may step back, ms. */
const LEEWAY = 5 * 60_000

export interface Authority {
  readonly pem: string
  readonly der: Buffer
  readonly certificate: X509Certificate
  readonly key: webcrypto.CryptoKey
}

export type ReadRequest =
  | { readonly kind: 'request'; readonly publicKey: Buffer; readonly keyHash: string }
  | { readonly kind: 'refused'; readonly reason: string }

/** The certificate of an authority, in PEM, for a key in PEM. */
export async function selfSigned(keyPem: string, serial: Buffer): Promise<string> {
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial.toString('hex'),
    subject: NAME,
    issuer: NAME,
    ...ALWAYS,
    signingAlgorithm: ECDSA,
    publicKey: await publicKeyOf(keyPem),
    signingKey: await signingKeyOf(keyPem),
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
  })
  return `${certificate.toString('pem')}\n`
}

/** Throws when key and certificate are not a pair; `where` is the certificate's file. */
export async function authorityFrom(keyPem: string, pem: string, where: string): Promise<Authority> {
  const certificate = new X509Certificate(pem)
  if (!certificate.checkPrivateKey(createPrivateKey(keyPem))) {
    throw new Error(`${where} is not for the key beside it: restore both from one backup (hostless restore FILE)`)
  }
  return { pem, der: certificate.raw, certificate, key: await signingKeyOf(keyPem) }
}

/** For the manager's listener: what it is reached at. PEM. */
export async function signServer(authority: Authority, keyPem: string, address: string, serial: Buffer): Promise<string> {
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial.toString('hex'),
    subject: `CN=${address}`,
    issuer: NAME,
    ...ALWAYS,
    signingAlgorithm: ECDSA,
    publicKey: await publicKeyOf(keyPem),
    signingKey: authority.key,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([
        { type: 'ip', value: address },
        { type: 'ip', value: '127.0.0.1' },
      ]),
    ],
  })
  return certificate.toString('pem')
}

/** A request whose signature shows that its sender has the key. Never throws. */
export async function readRequest(der: Buffer): Promise<ReadRequest> {
  try {
    const request = new x509.Pkcs10CertificateRequest(der)
    const publicKey = Buffer.from(request.publicKey.rawData)
    const key = createPublicKey({ key: publicKey, format: 'der', type: 'spki' })
    if (key.asymmetricKeyType !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
      return { kind: 'refused', reason: 'the certificate request is not for a P-256 key' }
    }
    if (!(await request.verify())) return { kind: 'refused', reason: 'the certificate request is not signed with its own key' }
    return { kind: 'request', publicKey, keyHash: createHash('sha256').update(publicKey).digest('hex') }
  } catch {
    return { kind: 'refused', reason: 'the certificate request cannot be read' }
  }
}

export interface HostCertificate {
  readonly der: Buffer
  /** SHA-256, hexadecimal. */
  readonly fingerprint: string
}

/** For a host's agent. Only the subjectAltName says who it is: nothing of the request but its key is taken over. */
export async function signHost(
  authority: Authority,
  host: string,
  publicKey: Buffer,
  serial: Buffer,
  issued: number,
  expires: number,
): Promise<HostCertificate> {
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial.toString('hex'),
    subject: `CN=${host}`,
    issuer: NAME,
    notBefore: new Date(issued - LEEWAY),
    notAfter: new Date(expires),
    signingAlgorithm: ECDSA,
    publicKey: await crypto.subtle.importKey('spki', publicKey, ECDSA, true, ['verify']),
    signingKey: authority.key,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
      new x509.SubjectAlternativeNameExtension([{ type: 'url', value: `${HOST_URN}${host}` }], true),
    ],
  })
  const der = Buffer.from(certificate.rawData)
  return { der, fingerprint: fingerprintOf(der) }
}

export function fingerprintOf(der: Buffer): string {
  return createHash('sha256').update(der).digest('hex')
}

const HOST_NAME = new RegExp(`^URI:${HOST_URN}([a-z2-7]{16})$`)

/** The host that a certificate of ours is for; undefined for anybody else's. Whether it is still good, the store knows. */
export function hostOfCertificate(authority: Authority, certificate: X509Certificate): string | undefined {
  try {
    if (!certificate.verify(authority.certificate.publicKey)) return undefined
    const [, host] = HOST_NAME.exec(certificate.subjectAltName ?? '') ?? []
    return host
  } catch {
    return undefined
  }
}

async function signingKeyOf(keyPem: string): Promise<webcrypto.CryptoKey> {
  const der = createPrivateKey(keyPem).export({ type: 'pkcs8', format: 'der' })
  return crypto.subtle.importKey('pkcs8', der, ECDSA, false, ['sign'])
}

async function publicKeyOf(keyPem: string): Promise<webcrypto.CryptoKey> {
  const der = createPublicKey(keyPem).export({ type: 'spki', format: 'der' })
  return crypto.subtle.importKey('spki', der, ECDSA, true, ['verify'])
}
