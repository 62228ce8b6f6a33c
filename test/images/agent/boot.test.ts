import { createHash, X509Certificate } from 'node:crypto'
import test from 'ava'
import { backoff, backoffFromUnable, LONGEST } from '../../../images/agent/backoff.ts'
import { readBoot } from '../../../images/agent/boot.ts'
import { findManager } from '../../../images/agent/link/manager.ts'

const TEXT = `attempt='abcdefgh22345672'\ntoken='${'x'.repeat(43)}'\nserver='10.77.0.1:8067'\nroot='nfs:2049:/dom0/0123456789abcdef'\nname='node01'\nmac='525400770001'\nip='10.77.0.21/24'\n`

test('readBoot reads what the initramfs leaves', (t) => {
  t.deepEqual(readBoot(TEXT), {
    kind: 'boot',
    boot: { attempt: 'abcdefgh22345672', token: 'x'.repeat(43), server: '10.77.0.1:8067', name: 'node01', mac: '52:54:00:77:00:01' },
  })
})

test('readBoot says what is wrong, without the token', (t) => {
  for (const [from, to, reason] of [
    ['abcdefgh22345672', '', /^attempt is ""$/],
    ["token='x", "token='", /^token is none$/],
    ['10.77.0.1:8067', 'evil/..', /^server is "evil\/\.\."$/],
    ['525400770001', 'zz', /^mac is "zz"$/],
  ] as const) {
    const read = readBoot(TEXT.replace(from, to))
    t.regex(read.kind === 'refused' ? read.reason : '', reason)
  }
  t.is(readBoot('').kind, 'refused')
})

test('findManager believes only a whole answer', async (t) => {
  const read = readBoot(TEXT)
  if (read.kind === 'refused') return t.fail()
  const asked: string[] = []
  const answer = { address: '10.77.0.1', port: 8443, authority: '-----BEGIN CERTIFICATE-----\nx' }
  const found = await findManager(read.boot, async (url) => {
    asked.push(url)
    return JSON.stringify(answer)
  })
  t.deepEqual(found, answer)
  t.deepEqual(asked, ['http://10.77.0.1:8067/manager/abcdefgh22345672'])
  await t.throwsAsync(
    findManager(read.boot, async () => '{"address":"x"}'),
    { message: /does not say where the manager is/ },
  )
})

test('a thousand hosts spread over the whole wait, which grows and has a bound', (t) => {
  const waits = Array.from({ length: 1000 }, (_, index) => backoff(9, index / 1000))
  t.true(Math.max(...waits) <= LONGEST && Math.min(...waits) >= 100)
  t.true(waits.filter((wait) => wait < LONGEST / 2).length > 400)
  t.true(backoff(0, 1) < backoff(3, 1))
  t.is(backoff(1e9, 1), LONGEST)
})

test('a manager that can take nothing is not asked again for seconds, nor by all at once', (t) => {
  const waits = Array.from({ length: 1000 }, (_, index) => backoffFromUnable(index / 1000))
  t.true(Math.min(...waits) >= 5000 && Math.max(...waits) <= LONGEST)
  t.true(Math.max(...waits) - Math.min(...waits) > 5000)
})

/** Self-signed for this test, P-256, valid until 2126; the second is another one. */
const [OURS, OTHER] = [
  `-----BEGIN CERTIFICATE-----
MIIBdTCCARugAwIBAgIUduFMz7KiUzgOC3E7m7z1+SAdzLswCgYIKoZIzj0EAwIw
DzENMAsGA1UEAwwEb3VyczAgFw0yNjExMzAxNzM5MTBaGA8yMTI2MTEwNjE3Mzkx
MFowDzENMAsGA1UEAwwEb3VyczBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABNi6
USYqD1jq6/CMHGT9/wvwAYY5e/XEZPtJH5AYBGO2dnaDYti7qHnlofr9v72Enfu1
BHf01ONAVC1T68q2n+qjUzBRMB0GA1UdDgQWBBSMekxxRAOHkktKHVD+LzXw5l+Y
YDAfBgNVHSMEGDAWgBSMekxxRAOHkktKHVD+LzXw5l+YYDAPBgNVHRMBAf8EBTAD
AQH/MAoGCCqGSM49BAMCA0gAMEUCIE/XPamAmrW+8FNHkaLhzjVqLtB0qD8oJ5fV
cZMBZRryAiEAqq+W6YvZZFZIhzitXTii39rWupxbZC7o4bY/BJLMCc8=
-----END CERTIFICATE-----
`,
  `-----BEGIN CERTIFICATE-----
MIIBdzCCAR2gAwIBAgIUTILRboVCiprOUiZX9k3SuRj+RIwwCgYIKoZIzj0EAwIw
EDEOMAwGA1UEAwwFb3RoZXIwIBcNMjYxMTMwMTczOTEwWhgPMjEyNjExMDYxNzM5
MTBaMBAxDjAMBgNVBAMMBW90aGVyMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE
w/9I4MYPi13s36Ct/a4OFrzpjmOqBXQlgAQ4Yvp8lKmscNerTqOTYwSyX1t512Dr
9J2h0W9fUguLl18gJrLQOaNTMFEwHQYDVR0OBBYEFBXzVq9wKtVK/XvCR4HHJyIL
euL+MB8GA1UdIwQYMBaAFBXzVq9wKtVK/XvCR4HHJyILeuL+MA8GA1UdEwEB/wQF
MAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIhAKV6Ztpe7HWVTIr1VsaPiBST64NOiT9l
n7kl71MiBMJqAiAHIPVzDAjdRqEFbJjuXN/vwk49tApZ0laxh8zaTwVGZg==
-----END CERTIFICATE-----
`,
]

test('a boot from a stick believes no manager but one under the authority that the stick names, and that certificate alone', async (t) => {
  const wanted = createHash('sha256').update(new X509Certificate(OURS).raw).digest('hex')
  const read = readBoot(`${TEXT}authority='${wanted}'\n`)
  if (read.kind === 'refused') return t.fail(read.reason)
  t.is(read.boot.authority, wanted)
  const told = (authority: string) => async () => JSON.stringify({ address: '10.77.0.1', port: 8443, authority })
  t.is((await findManager(read.boot, told(OURS))).authority, OURS)
  t.is((await findManager(read.boot, told(`${OURS}${OTHER}`))).authority, OURS, 'what stands behind it is not believed')
  await t.throwsAsync(findManager(read.boot, told(OTHER)), {
    message: new RegExp(`the stick that this host booted from believes ${wanted} alone`),
  })
  await t.throwsAsync(findManager(read.boot, told(`${OTHER}${OURS}`)), { message: /believes/ })
  t.is(readBoot(`${TEXT}authority=''\n`).kind, 'boot')
  t.regex(JSON.stringify(readBoot(`${TEXT}authority='zz'\n`)), /authority is/)
})
