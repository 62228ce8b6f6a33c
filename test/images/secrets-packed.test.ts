import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import test from 'ava'
import { execa } from 'execa'
import { findSecrets, type Unread } from '../../images/secrets.ts'
import { NotUnpacked } from '../../images/secrets-packed.ts'
import { unpackedBy } from '../../images/store/unpack.ts'
import { memorySource } from './fake-image.ts'
import { type TinyEntry, tinyTar } from './tiny-tar.ts'

async function scanned(entries: readonly TinyEntry[], unpack = unpackedBy) {
  const unread: Unread[] = []
  const findings = await findSecrets(memorySource(tinyTar(entries)), { unpack, onUnread: (one) => unread.push(one) })
  return { findings, unread }
}
const scan = async (entries: readonly TinyEntry[]) => (await scanned(entries)).findings
const rulesOf = async (...entries: TinyEntry[]) => (await scan(entries)).map(({ rule }) => rule)

const PKCS8 = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const RSA_DER = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs1', format: 'der' })
const CERTIFICATE = `-----BEGIN CERTIFICATE-----\n${'MIIBszCCAVmgAwIBAgIUQ0\n'.repeat(20)}-----END CERTIFICATE-----\n`

const TOOLS = {
  xz: ['xz', '-c', '-1'],
  lzma: ['xz', '-c', '-1', '--format=lzma'],
  zstd: ['zstd', '-c', '-q'],
  bzip2: ['bzip2', '-c', '-q'],
} as const

async function packed(format: keyof typeof TOOLS, content: string | Buffer): Promise<Buffer> {
  const [program, ...args] = TOOLS[format]
  const { stdout } = await execa(program, args, { input: content, encoding: 'buffer' })
  return Buffer.from(stdout)
}

test('findSecrets looks into gzipped files, within a bound, and a damaged one ends nothing', async (t) => {
  for (const data of [gzipSync(PKCS8), gzipSync(gzipSync(RSA_DER)), gzipSync(JSON.stringify({ key: PKCS8 }))]) {
    const [finding, ...others] = await scan([{ path: 'opt/backup.gz', data }])
    t.deepEqual([finding?.rule, others], ['private-key', []])
    t.regex(finding?.seen ?? '', /, packed with gzip$/)
  }
  const tail = gzipSync(Buffer.concat([randomBytes(3 << 20), Buffer.from(`\n${PKCS8}`)]))
  t.deepEqual(await rulesOf({ path: 'opt/tail.gz', data: tail }), ['private-key'])
  const bomb = gzipSync(Buffer.alloc(80 << 20))
  const broken = gzipSync(randomBytes(5000)).subarray(0, 3000)
  t.deepEqual(
    await rulesOf(
      { path: 'opt/bomb.gz', data: bomb },
      { path: 'opt/broken.gz', data: broken },
      { path: 'opt/no.gz', data: Buffer.from([0x1f, 0x8b, 8, 255, 255]) },
      { path: 'usr/share/doc/x/changelog.gz', data: gzipSync(PKCS8) },
      { path: 'opt/clean.gz', data: gzipSync(CERTIFICATE) },
    ),
    [],
  )
})

for (const format of ['xz', 'lzma', 'zstd', 'bzip2'] as const) {
  test(`findSecrets looks into what ${format} has packed, gzip in it too; a bomb, damage and bytes behind the bound are told of`, async (t) => {
    for (const content of [PKCS8, RSA_DER, gzipSync(PKCS8), `${'x'.repeat(5 << 20)}\n${PKCS8}`]) {
      const { findings, unread } = await scanned([{ path: 'opt/backup', data: await packed(format, content) }])
      t.deepEqual([findings.map(({ rule }) => rule), unread], [['private-key'], []])
      t.regex(findings[0]?.seen ?? '', new RegExp(`, packed with ${format}$`))
    }
    const whole = await packed(format, randomBytes(200_000))
    const { findings, unread } = await scanned([
      { path: 'opt/bomb', data: await packed(format, Buffer.alloc(80 << 20)) },
      { path: 'opt/broken', data: whole.subarray(0, 100_000) },
      { path: 'opt/clean', data: await packed(format, CERTIFICATE) },
      { path: 'usr/share/doc/x/changelog', data: await packed(format, PKCS8) },
    ])
    t.deepEqual(findings, [])
    t.deepEqual(
      unread.map(({ file }) => file),
      ['opt/bomb', 'opt/broken'],
    )
    t.regex(unread[0]?.reason ?? '', /only the first 64 MiB/)
    t.regex(unread[1]?.reason ?? '', /it is damaged/)
  })
}

test('of what is packed and cannot be unpacked here it is said, and of what is packed too often; kernel modules are programs', async (t) => {
  const xz = await packed('xz', PKCS8)
  const unpack: typeof unpackedBy = async function* () {
    yield Buffer.alloc(0)
    throw new NotUnpacked('xz is not installed here')
  }
  const entries = [
    { path: 'opt/a.xz', data: xz },
    { path: 'usr/lib/modules/6.12/kernel/b.ko.xz', data: xz },
    { path: 'opt/c', data: gzipSync(gzipSync(gzipSync(PKCS8))) },
  ]
  t.deepEqual(await scanned(entries, unpack), {
    findings: [],
    unread: [
      { file: 'opt/a.xz', reason: 'xz: xz is not installed here' },
      { file: 'opt/c', reason: 'gzip: packed more than twice' },
    ],
  })
  const untold: Unread[] = []
  t.deepEqual(await findSecrets(memorySource(tinyTar(entries.slice(0, 1))), { onUnread: (one) => untold.push(one) }), [])
  t.deepEqual(untold, [{ file: 'opt/a.xz', reason: 'xz: it cannot be unpacked here' }])
})
