import { createHash, X509Certificate } from 'node:crypto'
import { get } from 'node:https'
import test from 'ava'
import { enrolRaw, rawIdentity } from '../raw-agent.ts'
import { macOf, pushBoot, type Site, startSite } from '../site.ts'

const bytes = Buffer.from('export {}')
const bundle = { version: '1.0.0+aaaaaaaaaaaa', bytes, sha256: createHash('sha256').update(bytes).digest('hex') }

function fetchBundle({ address }: Site, tls: { readonly cert?: string; readonly key?: string }): Promise<readonly [number, string]> {
  return new Promise((resolve, reject) => {
    get({ host: address.address, port: address.port, path: '/agent/bundle', ca: address.authority, agent: false, ...tls }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => resolve([response.statusCode ?? 0, Buffer.concat(chunks).toString()]))
    }).on('error', reject)
  })
}

test('the bundle is for hosts with a good certificate: not without one, and not for one that an admin has rejected', async (t) => {
  const site = await startSite(t, { settings: { bundle } })
  const { pool } = site.manager
  t.is((await fetchBundle(site, {}))[0], 401)
  const key = rawIdentity()
  const enrolled = await enrolRaw(site.address, await pushBoot(site, macOf(1)), [macOf(1)], key)
  if (enrolled.kind !== 'enrolled') return t.fail(enrolled.reason)
  const cert = new X509Certificate(Buffer.from(enrolled.certificates[0] ?? '', 'base64')).toString()
  const tls = { cert, key: key.export({ type: 'pkcs8', format: 'pem' }).toString() }
  t.deepEqual(await fetchBundle(site, tls), [200, 'export {}'])
  await pool.move(pool.hosts()[0]?.id ?? '', { kind: 'reject' }, 'admin')
  t.is((await fetchBundle(site, tls))[0], 403)
})

test('a manager that has no bundle says so', async (t) => {
  const site = await startSite(t)
  const key = rawIdentity()
  const enrolled = await enrolRaw(site.address, await pushBoot(site, macOf(1)), [macOf(1)], key)
  if (enrolled.kind !== 'enrolled') return t.fail(enrolled.reason)
  const cert = new X509Certificate(Buffer.from(enrolled.certificates[0] ?? '', 'base64')).toString()
  t.is((await fetchBundle(site, { cert, key: key.export({ type: 'pkcs8', format: 'pem' }).toString() }))[0], 404)
})
