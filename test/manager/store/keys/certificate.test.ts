import { X509Certificate } from 'node:crypto'
import test from 'ava'
import fc from 'fast-check'
import { certificateRequest } from '../../../../images/agent/certificate-request.ts'
import { newKey, newSerial } from '../../../../manager/store/keys/authority.ts'
import {
  authorityFrom,
  hostOfCertificate,
  readRequest,
  selfSigned,
  signHost,
  signServer,
} from '../../../../manager/store/keys/certificate.ts'
import { rawIdentity } from '../../raw-agent.ts'

const HOST = 'abcdefgh22345672'

test('what the agent asks with is read, and one that was tampered with is refused without an exception, or certifies the same key', async (t) => {
  const key = rawIdentity()
  const request = certificateRequest(key)
  const whole = await readRequest(request)
  if (whole.kind === 'refused') return t.fail(whole.reason)
  await fc.assert(
    fc.asyncProperty(fc.nat(request.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
      const broken = Buffer.from(request)
      broken.writeUInt8(broken.readUInt8(at) ^ flip, at)
      // Some bytes of the wrapping are not signed: BER has more than one way to say the same.
      const read = await readRequest(broken)
      return read.kind === 'refused' || read.keyHash === whole.keyHash
    }),
    { numRuns: 100 },
  )
  for (let length = 0; length < request.length; length += 7) t.is((await readRequest(request.subarray(0, length))).kind, 'refused')
})

test('a host certificate names the host, for clients only, and is known as ours; that of another authority is not', async (t) => {
  const [key, otherKey] = [newKey(), newKey()]
  const authority = await authorityFrom(key, await selfSigned(key, newSerial()), 'a')
  const other = await authorityFrom(otherKey, await selfSigned(otherKey, newSerial()), 'b')
  const request = await readRequest(certificateRequest(rawIdentity()))
  if (request.kind === 'refused') return t.fail(request.reason)
  const [issued, expires] = [Date.UTC(2026, 0, 1), Date.UTC(2026, 0, 2)]
  const { der } = await signHost(authority, HOST, request.publicKey, newSerial(), issued, expires)
  const certificate = new X509Certificate(der)
  t.is(certificate.subjectAltName, `URI:urn:hostless:host:${HOST}`)
  t.deepEqual(certificate.keyUsage, ['1.3.6.1.5.5.7.3.2'])
  t.false(certificate.ca)
  t.is(Date.parse(certificate.validTo), expires)
  t.is(hostOfCertificate(authority, certificate), HOST)
  t.is(hostOfCertificate(other, certificate), undefined)
})

test("the listener's certificate is no host's, and is good for its address at any time of a host's clock", async (t) => {
  const key = newKey()
  const authority = await authorityFrom(key, await selfSigned(key, newSerial()), 'a')
  const certificate = new X509Certificate(await signServer(authority, newKey(), '10.77.0.1', newSerial()))
  t.is(hostOfCertificate(authority, certificate), undefined)
  t.is(certificate.checkIP('10.77.0.1'), '10.77.0.1')
  t.is(Date.parse(certificate.validFrom), 0)
  t.is(new Date(certificate.validTo).getUTCFullYear(), 9999)
})
