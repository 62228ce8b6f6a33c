// Secrets of mirrors: a journal has a label, hosts get the secret.
import test from 'ava'
import { withSecret } from '../../../../manager/automation/world/broker.ts'
import { requestBody } from '../../../../manager/protocol/requests.ts'
import { mirrorSecrets } from '../../../../manager/store/keys/mirror-secrets.ts'

const MIRROR = {
  vg: { name: 'data', uuid: 'aaaaaa-bbbb-cccc-dddd-eeee-ffff-gggggg' },
  disk: '284976f0-b872-48d7-bb37-7660198d99ed',
  minor: 3,
}
const ENDS = { own: '10.77.0.21', peer: '10.77.0.22', port: 7800, secret: { of: 'automation 7/1' } }

for (const kind of ['connect-mirror', 'sync-mirror', 'verify-mirror'])
  test(`${kind} goes to both hosts with the same secret, which no other label and no other manager has`, (t) => {
    const body = requestBody.parse({ kind, ...MIRROR, ...ENDS })
    const secretOf = mirrorSecrets(Buffer.alloc(32, 1))
    const sent = withSecret(body, secretOf)
    t.deepEqual(sent, withSecret(body, secretOf))
    t.true('secret' in sent && /^[\w-]{43}$/.test(String(sent.secret)))
    t.deepEqual(requestBody.parse(sent), sent)
    t.not(secretOf('automation 7/1'), secretOf('automation 7/2'))
    t.not(secretOf('automation 7/1'), mirrorSecrets(Buffer.alloc(32, 2))('automation 7/1'))
  })

test('what has no secret is sent as it is', (t) => {
  const body = requestBody.parse({ kind: 'swap-disk', ...MIRROR })
  t.is(
    withSecret(body, () => 'x'),
    body,
  )
})
