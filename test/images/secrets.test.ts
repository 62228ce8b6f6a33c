import { generateKeyPairSync } from 'node:crypto'
import test from 'ava'
import { findSecrets } from '../../images/secrets.ts'
import { memorySource, ROOT } from './fake-image.ts'
import { type TinyEntry, tinyTar } from './tiny-tar.ts'

const scan = (entries: readonly TinyEntry[]) => findSecrets(memorySource(tinyTar(entries)))
const rulesOf = async (...entries: TinyEntry[]) => (await scan(entries)).map(({ rule }) => rule)

const PKCS8 = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const RSA = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()
const PUBLIC = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }).toString()
const OPENSSH = `-----BEGIN OPENSSH PRIVATE KEY-----\n${'b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gt\n'.repeat(4)}-----END OPENSSH PRIVATE KEY-----\n`
const CERTIFICATE = `-----BEGIN CERTIFICATE-----\n${'MIIBszCCAVmgAwIBAgIUQ0\n'.repeat(20)}-----END CERTIFICATE-----\n`

test('findSecrets finds nothing in a clean root', async (t) => {
  t.deepEqual(await scan(ROOT), [])
})

test('findSecrets finds private keys anywhere, and says in which file, by which rule, and what to do', async (t) => {
  const [finding, ...others] = await scan([{ path: './srv/app/config.txt', data: `# key\n${PKCS8}` }])
  t.is(others.length, 0)
  t.like(finding, { file: 'srv/app/config.txt', rule: 'private-key', seen: 'a PEM block "PRIVATE KEY"' })
  t.regex(finding?.fix ?? '', /srv\/app\/config\.txt/)
  for (const key of [RSA, OPENSSH, RSA.replaceAll('\n', '\r\n'), `  ${RSA.replaceAll('\n', '\n  ')}`]) {
    t.deepEqual(await rulesOf({ path: 'usr/share/thing', data: key }), ['private-key'])
  }
})

test('findSecrets finds a key across the borders of what is read at once', async (t) => {
  const before = (1 << 20) - 40
  t.deepEqual(await rulesOf({ path: 'blob', data: `${'x'.repeat(before - 1)}\n${RSA}${'y'.repeat(2 << 20)}` }), ['private-key'])
})

test('findSecrets takes certificates, public keys and the words alone for what they are', async (t) => {
  t.deepEqual(
    await scan([
      { path: 'etc/ssl/certs/ca.pem', data: CERTIFICATE.repeat(140) },
      { path: 'etc/keys/public.pem', data: PUBLIC },
      { path: 'usr/share/keyrings/archive.pgp', data: Buffer.from([0x99, 1, 2, 3]) },
      { path: 'usr/bin/ssh-thing', data: 'grep -q -- "-----BEGIN RSA PRIVATE KEY-----" "$1"\n-----BEGIN RSA PRIVATE KEY-----\n' },
      { path: 'usr/lib/parser.js', data: "const HEAD = '\\n-----BEGIN PRIVATE KEY-----\\n'\n" },
      { path: 'usr/share/template', data: '-----BEGIN PRIVATE KEY-----\n(put your key here)\n-----END PRIVATE KEY-----\n' },
      { path: 'usr/share/other', data: '-----BEGIN PRIVATE KEY-----\nTUlJRQ==\n-----END PUBLIC KEY-----\n' },
      { path: 'usr/share/doc/openssl/examples/key.pem', data: RSA },
      { path: 'usr/lib/libgnutls.so.30', data: `\x7fELF\n${RSA}` },
      { path: 'root/.ssh/authorized_keys', data: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI me\n' },
      { path: 'etc/ssh/ssh_host_ed25519_key.pub', data: 'ssh-ed25519 AAAA\n' },
    ]),
    [],
  )
})

test('findSecrets finds key files in usual places whatever their format', async (t) => {
  t.deepEqual(await rulesOf({ path: 'etc/ssl/private/server.key', data: Buffer.from([0x30, 0x82, 1, 2]) }), ['private-key'])
  t.deepEqual(await rulesOf({ path: 'root/client.pem', data: CERTIFICATE + PKCS8 }), ['private-key'])
  t.deepEqual(await rulesOf({ path: 'etc/ssl/private/empty.key', data: '' }), [])
})

test('findSecrets finds password hashes, locked ones too, and names the accounts but no hash', async (t) => {
  const shadow = 'root:$y$j9T$abc$def:19000::::::\nops:!$6$salt$hash:19000::::::\nold:abJnggxhB/yWI:1::::::\ndaemon:*:1::::::\n'
  const [finding] = await scan([{ path: 'etc/shadow', data: shadow }])
  t.like(finding, { file: 'etc/shadow', rule: 'password-hash', seen: 'password hash of "root", "ops", "old"' })
  t.notRegex(JSON.stringify(finding), /salt|j9T/)
  for (const file of ['etc/passwd', 'etc/passwd-', 'etc/shadow-', 'etc/gshadow']) {
    t.deepEqual(await rulesOf({ path: `./${file}`, data: 'root:$6$x$y:0:0::/root:/bin/bash\n' }), ['password-hash'], file)
  }
})

test('findSecrets takes *, !, !*, !! and x in account files for no hash', async (t) => {
  const lines = ['*', '!', '!*', '!!', 'x', '', '!x'].map((field, index) => `user${index}:${field}:19000:0:99999:7:::\n`)
  t.deepEqual(
    await rulesOf({ path: 'etc/shadow', data: lines.join('') }, { path: 'etc/passwd', data: 'root:x:0:0:root:/root:/bin/sh\n' }),
    [],
  )
})

test('findSecrets sees account files through hard links', async (t) => {
  t.deepEqual(await rulesOf({ path: 'srv/x', data: 'root:$6$x$y:1::::::\n' }, { path: 'etc/shadow', type: '1', link: 'srv/x' }), [
    'password-hash',
  ])
})

test('findSecrets finds host keys, machine ids and random seeds', async (t) => {
  t.deepEqual(await rulesOf({ path: './etc/ssh/ssh_host_rsa_key', data: 'anything' }), ['ssh-host-key'])
  t.deepEqual(await rulesOf({ path: 'etc/machine-id', data: '0123456789abcdef0123456789abcdef\n' }), ['machine-id'])
  t.deepEqual(await rulesOf({ path: 'var/lib/dbus/machine-id', data: '0123456789abcdef0123456789abcdef\n' }), ['machine-id'])
  t.deepEqual(await rulesOf({ path: 'etc/machine-id', data: 'uninitialized\n' }), [])
  t.deepEqual(await rulesOf({ path: 'var/lib/systemd/random-seed', data: Buffer.alloc(512, 7) }), ['random-seed'])
  t.deepEqual(await rulesOf({ path: 'var/lib/systemd/credential.secret', data: 'x' }), ['random-seed'])
})

test('findSecrets stops after a hundred findings', async (t) => {
  const entries = Array.from({ length: 150 }, (_, index) => ({ path: `k${index}`, data: PKCS8 }))
  t.is((await scan(entries)).length, 100)
})
