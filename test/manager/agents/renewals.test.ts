import { type KeyObject, X509Certificate } from 'node:crypto'
import test from 'ava'
import { certificateRequest } from '../../../images/agent/certificate-request.ts'
import { RenewalLimits } from '../../../manager/agents/renewals.ts'
import { enrolRaw, rawIdentity } from '../raw-agent.ts'
import { macOf, post, pushBoot, type Site, startSite } from '../site.ts'

function renewOnce({ address }: Site, der: string, key: KeyObject) {
  const certificate = new X509Certificate(Buffer.from(der, 'base64')).toString()
  const shown = { cert: certificate, key: key.export({ type: 'pkcs8', format: 'pem' }) as string }
  return post(address, '/agent/renew', JSON.stringify({ certificateRequest: certificateRequest(key).toString('base64') }), {}, shown)
}

test('a pending agent that renews without end gets a few certificates and then 429, also with the newest of them', async (t) => {
  const site = await startSite(t)
  const key = rawIdentity()
  const enrolled = await enrolRaw(site.address, await pushBoot(site, macOf(1)), [macOf(1)], key)
  if (enrolled.kind !== 'enrolled') return t.fail(enrolled.reason)
  let [newest = ''] = enrolled.certificates
  const statuses: number[] = []
  for (let at = 0; at < 8; at += 1) {
    const { status, text } = await renewOnce(site, newest, key)
    statuses.push(status)
    if (status === 200) newest = (JSON.parse(text) as { certificates: string[] }).certificates[0] ?? ''
  }
  t.deepEqual(statuses, [200, 200, 200, 200, 429, 429, 429, 429])
  const rows = await site.manager.store.db.selectFrom('certificates').selectAll().execute()
  t.is(rows.length, 5)
})

test('a certificate that is refused uses up nothing of its host’s other', (t) => {
  let at = 0
  const limits = new RenewalLimits(() => at)
  for (let count = 0; count < 50; count += 1) if (limits.attempt('revoked', 'host') === 0) limits.refused('host')
  t.is(limits.attempt('good', 'host'), 0)
  for (let count = 0; count < 3; count += 1) t.is(limits.attempt('good', 'host'), 0)
  t.true(limits.attempt('good', 'host') > 0)
  at += 600_000
  t.is(limits.attempt('good', 'host'), 0)
})
