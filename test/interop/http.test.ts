// Real HTTP clients against the boot server on loopback: what they store must be what we serve.
// busybox wget is the client of our initramfs, curl resumes and probes as other boot loaders do.

import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { execa } from 'execa'
import type { FileObservation } from '../../appliance/http/boot-files.ts'
import type { BootReport } from '../../appliance/http/report.ts'
import { startHttpServer } from '../../appliance/http/server.ts'

const GENERATION = '0123456789abcdef'
const ATTEMPT = 'abcdefghijklmn27'
const content = randomBytes(24 * 1024 * 1024)

test('busybox wget loads a boot file and posts a report, as the initramfs does', async (t) => {
  const { url, local, reports, observations } = await serve(t)
  await execa('busybox', ['wget', '-q', '-O', local, `${url}/g/${GENERATION}/root.squashfs`])
  t.is(sha256(await readFile(local)), sha256(content))
  await execa('busybox', [
    'wget',
    '-q',
    '-O',
    '/dev/null',
    '--post-data',
    'stage=root\nstatus=done\nuptime=3.14\n',
    `${url}/report/${ATTEMPT}`,
  ])
  t.deepEqual(reports, [{ stage: 'root', status: 'done', uptime: 3.14, detail: {} }])
  t.is(observations[0]?.outcome, 'served')
})

test('busybox wget and curl resume a download where it broke off', async (t) => {
  const { url, local, observations } = await serve(t)
  for (const [command, ...args] of [
    ['busybox', 'wget', '-q', '-c', '-O', local],
    ['curl', '-sS', '-C', '-', '-o', local],
  ] as const) {
    await writeFile(local, content.subarray(0, 10_000_000))
    await execa(command, [...args, `${url}/g/${GENERATION}/root.squashfs`])
    t.is(sha256(await readFile(local)), sha256(content), command)
  }
  t.deepEqual(
    observations.map(({ outcome, bytes }) => [outcome, bytes]),
    [
      ['partial', content.length - 10_000_000],
      ['partial', content.length - 10_000_000],
    ],
  )
})

test('curl sees the headers that HEAD promises, over HTTP/1.0 and 1.1', async (t) => {
  const { url, local } = await serve(t)
  const { stdout } = await execa('curl', ['-sS', '-I', `${url}/g/${GENERATION}/root.squashfs`])
  t.regex(stdout, new RegExp(`content-length: ${content.length}`, 'i'))
  t.regex(stdout, /cache-control: .*immutable/i)
  await execa('curl', ['-sS', '--http1.0', '-o', local, `${url}/g/${GENERATION}/root.squashfs`])
  t.is(sha256(await readFile(local)), sha256(content))
})

test('eight clients at once each get the whole file', async (t) => {
  const { url, local } = await serve(t)
  const sums = await Promise.all(
    Array.from({ length: 8 }, async (_, index) => {
      await execa('curl', ['-sS', '-o', `${local}${index}`, `${url}/g/${GENERATION}/root.squashfs`])
      return sha256(await readFile(`${local}${index}`))
    }),
  )
  t.deepEqual([...new Set(sums)], [sha256(content)])
})

test('curl cannot climb out of the served files', async (t) => {
  const { url } = await serve(t)
  for (const path of [
    '/g/../../etc/passwd',
    `/g/${GENERATION}/../../../etc/passwd`,
    `/g/${GENERATION}/..%2f..%2fetc%2fpasswd`,
    '//etc/passwd',
  ]) {
    const { stdout } = await execa('curl', ['-sS', '--path-as-is', '-w', '%{http_code}', `${url}${path}`])
    t.regex(stdout, /404$/, path)
    t.notRegex(stdout, /root:/)
  }
})

async function serve(t: ExecutionContext) {
  const folder = await mkdtemp(join(tmpdir(), 'hostless-http-interop-'))
  const path = join(folder, 'root.squashfs')
  const handle = await open(path, 'w')
  await handle.writeFile(content)
  await handle.close()
  const observations: FileObservation[] = []
  const reports: BootReport[] = []
  const quiet = () => undefined
  const server = await startHttpServer({
    address: '127.0.0.1',
    port: 0,
    script: () => ({ kind: 'script', text: '#!ipxe\n' }),
    file: (generation, name) => (generation === GENERATION && name === 'root.squashfs' ? { path, size: content.length } : undefined),
    loader: quiet,
    xenConfig: quiet,
    manager: () => ({ kind: 'none', reason: 'there is none in this test' }),
    self: { isReady: () => true, metrics: async () => '' },
    join: () => ({ kind: 'refusal', reason: 'nobody joins here' }),
    report: (_attempt, report) => {
      reports.push(report)
      return { kind: 'accepted' }
    },
    onFile: (observation) => void observations.push(observation),
    log: { debug: quiet, info: quiet, warn: (fields) => t.log(fields), error: (fields) => t.log(fields) },
  })
  t.teardown(async () => {
    await server.close()
    await rm(folder, { recursive: true })
  })
  return { url: `http://127.0.0.1:${server.port}`, local: join(folder, 'local'), observations, reports }
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
