import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { execa } from 'execa'
import { findSecrets } from '../../images/secrets.ts'
import { memorySource, ROOT, temporaryFolder } from './fake-image.ts'
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

test('findSecrets finds a PEM key in JSON, in a variable and in a program, whatever escapes its line ends', async (t) => {
  const json = JSON.stringify({ type: 'service_account', private_key: PKCS8 })
  for (const data of [
    json,
    JSON.stringify({ inner: json }),
    json.replaceAll('/', '\\/'),
    `KEY="${RSA.replaceAll('\n', '\\n')}"\n`,
    `KEY='${RSA.trim().replaceAll('\n', ' ')}'\n`,
    RSA.split('\n')
      .map((line) => `"${line}\\n" +`)
      .join('\n'),
    `tls:\n  key: |\n    ${RSA.replaceAll('\n', '\n    ')}`,
  ]) {
    t.deepEqual(await rulesOf({ path: 'opt/app/config', data }), ['private-key'], data.slice(0, 60))
  }
  t.deepEqual(await rulesOf({ path: 'opt/app/config', data: JSON.stringify({ certificate: CERTIFICATE, key: PUBLIC }) }), [])
})

test('findSecrets finds a key in base64 in JSON and YAML, as PEM or as DER, and passes what is public', async (t) => {
  const [pem, bytes] = [Buffer.from(RSA).toString('base64'), der(KEYS.ec.privateKey, 'pkcs8').toString('base64')]
  for (const data of [JSON.stringify({ key: pem }), `user:\n  client-key-data: ${pem}\n`, JSON.stringify({ PrivateKey: bytes })]) {
    t.deepEqual(await rulesOf({ path: 'opt/app/config', data }), ['private-key'], data.slice(0, 60))
  }
  const spki = KEYS.ec.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')
  const known = JSON.stringify({ certificate: Buffer.from(CERTIFICATE).toString('base64'), key: spki, name: 'MIIEvQIBADAN' })
  t.deepEqual(await rulesOf({ path: 'opt/app/config', data: known }), [])
})

const KEYS = {
  rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ec: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ed25519: generateKeyPairSync('ed25519'),
  dsa: generateKeyPairSync('dsa', { modulusLength: 1024, divisorLength: 160 }),
}
const der = (key: KeyObject, type: 'pkcs8' | 'pkcs1' | 'sec1') => key.export({ type, format: 'der' }) as Buffer

test('findSecrets finds keys in DER, with a passphrase too, and takes public keys for what they are', async (t) => {
  const sealed = KEYS.rsa.privateKey.export({ type: 'pkcs8', format: 'der', cipher: 'aes-256-cbc', passphrase: 'x' })
  const found = await scan(
    [
      der(KEYS.rsa.privateKey, 'pkcs8'),
      der(KEYS.ed25519.privateKey, 'pkcs8'),
      der(KEYS.rsa.privateKey, 'pkcs1'),
      der(KEYS.ec.privateKey, 'sec1'),
      der(KEYS.dsa.privateKey, 'pkcs8'),
      sealed,
    ].map((data, index) => ({ path: `opt/app/${index}.bin`, data })),
  )
  t.deepEqual(
    found.map(({ seen }) => seen),
    [
      'a PKCS#8 key in DER',
      'a PKCS#8 key in DER',
      'an RSA key in DER',
      'an EC key in DER',
      'a PKCS#8 key in DER',
      'a PKCS#8 key with a passphrase, in DER',
    ],
  )
  const spki = (key: KeyObject) => key.export({ type: 'spki', format: 'der' })
  const clean = [
    spki(KEYS.rsa.publicKey),
    spki(KEYS.ec.publicKey),
    spki(KEYS.dsa.publicKey),
    KEYS.rsa.publicKey.export({ type: 'pkcs1', format: 'der' }),
    Buffer.concat([der(KEYS.rsa.privateKey, 'pkcs8').subarray(0, 40), randomBytes(400)]),
    randomBytes(600),
    Buffer.from([0x30]),
  ]
  t.deepEqual(await scan(clean.map((data, index) => ({ path: `opt/app/${index}`, data }))), [])
})

test('findSecrets finds a PKCS#12 store with a key, and passes certificates in DER and a store of nothing else', async (t) => {
  const folder = await temporaryFolder(t)
  const at = (name: string) => join(folder, name)
  await writeFile(at('key.pem'), KEYS.ec.privateKey.export({ type: 'pkcs8', format: 'pem' }))
  await execa('openssl', ['req', '-x509', '-key', at('key.pem'), '-subj', '/CN=x', '-out', at('cert.pem')])
  await execa('openssl', ['x509', '-in', at('cert.pem'), '-outform', 'DER', '-out', at('cert.der')])
  const store = ['pkcs12', '-export', '-in', at('cert.pem'), '-passout', 'pass:x']
  await execa('openssl', [...store, '-inkey', at('key.pem'), '-out', at('with-key')])
  await execa('openssl', [...store, '-nokeys', '-out', at('without')])
  t.deepEqual(
    (await scan([{ path: 'opt/store', data: await readFile(at('with-key')) }])).map(({ seen }) => seen),
    ['a PKCS#12 store with a key'],
  )
  t.deepEqual(
    await rulesOf(
      { path: 'etc/ssl/certs/java/cacerts', data: await readFile(at('without')) },
      { path: 'usr/share/ca/cert.crt', data: await readFile(at('cert.der')) },
    ),
    [],
  )
})

test('findSecrets tells a Java key store from a store of certificates', async (t) => {
  const text = (value: string) => Buffer.concat([Buffer.of(0, value.length), Buffer.from(value)])
  const word = (value: number) => Buffer.from(value.toString(16).padStart(8, '0'), 'hex')
  const entry = (tag: number) => Buffer.concat([word(tag), text('alias'), Buffer.alloc(8), text('X.509'), word(9), Buffer.alloc(9, 1)])
  const store = (...tags: readonly number[]) =>
    Buffer.concat([word(0xfeedfeed), word(2), word(tags.length), ...tags.map(entry), Buffer.alloc(20)])
  t.deepEqual(await rulesOf({ path: 'etc/ssl/certs/java/cacerts', data: store(2, 2, 2) }), [])
  t.deepEqual(await rulesOf({ path: 'opt/app/keystore', data: store(2, 2, 1) }), ['private-key'])
})

const WIREGUARD = generateKeyPairSync('x25519').privateKey.export({ type: 'pkcs8', format: 'der' }).subarray(-32).toString('base64')
const SECRET_TEXTS: readonly (readonly [path: string, data: string])[] = [
  ['etc/wireguard/wg0.conf', `[Interface]\nPrivateKey = ${WIREGUARD}\n`],
  ['etc/systemd/network/wg.netdev', `[WireGuard]\nPrivateKey=${WIREGUARD}\n`],
  ['etc/wireguard/privatekey', `${WIREGUARD}\n`],
  ['root/wg-key', `${WIREGUARD}\n`],
  ['etc/app/vpn.json', JSON.stringify({ private_key: WIREGUARD })],
  ['etc/config/network', `config interface wg0\n\toption private_key '${WIREGUARD}'\n`],
  ['etc/netplan/60.yaml', `tunnels:\n  wg0:\n    mode: wireguard\n    key: ${WIREGUARD}\n`],
  ['etc/netplan/61.yaml', `    keys:\n      private: "${WIREGUARD}"\n`],
  ['etc/tgt/conf.d/a.conf', '<target iqn.x>\n  incominguser me hunter2hunter2\n</target>\n'],
  ['etc/rtslib-fb-target/saveconfig.json', '{"chap_userid":"me","chap_password":"hunter2hunter2"}'],
  ['etc/iscsi/iscsid.conf', 'node.session.auth.authmethod = CHAP\nnode.session.auth.password = hunter2\n'],
  ['etc/iscsi/iscsid.conf', ' discovery.sendtargets.auth.password_in=hunter2\n'],
  ['etc/iscsi/nodes/iqn.x/10.0.0.1,3260,1/default', 'node.session.auth.password = hunter2\n'],
  ['etc/ipsec.secrets', '# keys\n10.0.0.1 10.0.0.2 : PSK "hunter2"\n'],
  ['etc/swanctl/swanctl.conf', 'secrets {\n  ike-1 {\n    secret = hunter2\n'],
  ['etc/wpa_supplicant/wpa_supplicant.conf', 'network={\n\tssid="x"\n\tpsk="hunter22"\n}\n'],
  ['etc/network/interfaces', 'iface wlan0 inet dhcp\n  wpa-psk hunter22\n'],
  ['etc/NetworkManager/system-connections/x.nmconnection', '[wifi-security]\npsk=hunter22\n'],
  ['etc/netplan/50.yaml', 'wifis:\n  wlan0:\n    access-points:\n      x:\n        password: "hunter22"\n'],
  ['root/.pgpass', 'localhost:5432:*:me:hunter2\n'],
  ['root/.netrc', 'machine example.org login me password hunter2\n'],
  ['etc/apt/auth.conf.d/x.conf', 'machine example.org\nlogin me\npassword hunter2\n'],
  ['root/.my.cnf', '[client]\npassword = hunter2\n'],
  ['etc/samba/credentials', 'username=me\npassword=hunter2\n'],
  ['etc/ppp/chap-secrets', '# client server secret\nme * hunter2 *\n'],
  ['etc/nslcd.conf', 'binddn cn=me\nbindpw hunter2\n'],
  ['etc/drbd.d/global_common.conf', 'net {\n  shared-secret "hunter2";\n}\n'],
  ['etc/bind/named.conf.local', 'key "rndc-key" {\n\talgorithm hmac-sha256;\n\tsecret "c2VjcmV0IHNlY3JldCBzZWNyZXQ=";\n};\n'],
  ['root/.docker/config.json', '{"auths":{"x":{"auth":"bWU6aHVudGVyMg=="}}}'],
  ['root/.git-credentials', 'https://me:hunter2@example.org\n'],
  ['srv/jwk.json', JSON.stringify(KEYS.ec.privateKey.export({ format: 'jwk' }))],
  ['srv/jwks.json', JSON.stringify({ keys: [KEYS.rsa.privateKey.export({ format: 'jwk' })] }, undefined, 2)],
  ['srv/key.ppk', 'PuTTY-User-Key-File-2: ssh-rsa\nEncryption: none\nPublic-Lines: 1\nAAAA\nPrivate-Lines: 1\nAAAA\n'],
]

for (const [path, data] of SECRET_TEXTS) {
  test(`findSecrets finds the secret in ${path}: ${data.slice(0, 24).replaceAll('\n', ' ')}`, async (t) => {
    const findings = await scan([{ path, data }])
    t.is(findings.length, 1)
    t.notRegex(JSON.stringify(findings), /hunter2/)
    if (!/json$|privatekey$|wg-key$/.test(path)) t.deepEqual(await rulesOf({ path, data: data.replace(/^/gm, '# ') }), [], 'commented out')
  })
}

test('findSecrets passes what distributions ship: comments, examples, empty and public values', async (t) => {
  const files: readonly TinyEntry[] = [
    [
      'etc/iscsi/iscsid.conf',
      '# To set a CHAP password:\n#node.session.auth.password = password\n#discovery.sendtargets.auth.password = password\n',
    ],
    ['etc/iscsi/nodes/x', 'node.session.auth.password = <empty>\nnode.session.auth.username = <empty>\n'],
    ['etc/wireguard/wg0.conf', `[Peer]\nPublicKey = ${WIREGUARD}\n#PrivateKey = ${WIREGUARD}\n`],
    ['etc/wireguard/publickey', `${WIREGUARD}\n`],
    ['etc/ipsec.secrets', '# : PSK "x"\ninclude /var/lib/strongswan/ipsec.secrets.inc\n'],
    ['etc/wpa_supplicant/functions.sh', '\tpsk "$1"\n'],
    ['etc/ppp/pap-secrets', '#\t*\tpassword\n*\thostname\t""\t*\nguest\thostname\t"*"\t-\n'],
    ['etc/mysql/debian.cnf', '[client]\nuser = root\npassword = \n'],
    ['etc/nslcd.conf', '#bindpw secret\n'],
    ['etc/bind/named.conf', '// secret "c2VjcmV0IHNlY3JldCBzZWNyZXQ=";\ninclude "/etc/bind/rndc.key";\n'],
    ['srv/jwk.json', JSON.stringify(KEYS.ec.publicKey.export({ format: 'jwk' }))],
    ['usr/share/doc/wireguard/example.conf', `PrivateKey = ${WIREGUARD}\n`],
    ['etc/login.defs', 'PASS_MAX_DAYS 99999\n'],
  ].map(([path = '', data = '']) => ({ path, data }))
  t.deepEqual(await scan(files), [])
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
