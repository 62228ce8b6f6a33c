// Real TFTP clients, Debian's and the npm package tftp, against our server on loopback: what they store must be what we serve.

import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { execa } from 'execa'
import { bindAddress, startTftpServer, type TftpObservation } from '../../appliance/tftp/server.ts'

interface Package {
  createClient(options: { readonly host: string; readonly port: number; readonly windowSize: number }): {
    get(file: string, local: string, done: (error?: Error) => void): void
  }
}
const { createClient }: Package = createRequire(import.meta.url)('tftp')
const MEGABYTE = 1024 * 1024
const files: Readonly<Record<string, Buffer>> = {
  empty: Buffer.alloc(0),
  'one-block': randomBytes(512),
  'exact-multiple': randomBytes(1428 * 512),
  'boot/snponly.efi': randomBytes(285_123),
  'script.ipxe': Buffer.from('#!ipxe\necho one\necho two\n'),
  /** 81,920 blocks of 512 bytes: the block number rolls over. */
  'forty-megabytes': randomBytes(40 * MEGABYTE),
}

type Client = (port: number, file: string, local: string) => readonly [command: string, ...args: string[]]
const host = '127.0.0.1'
const tftpHpa: Client = (port, file, local) => ['tftp', '-m', 'binary', host, String(port), '-c', 'get', file, local]
const atftp =
  (...options: readonly string[]): Client =>
  (port, file, local) => ['atftp', ...options.flatMap((option) => ['--option', option]), '-g', '-r', file, '-l', local, host, String(port)]
const busybox =
  (blksize: number): Client =>
  (port, file, local) => ['busybox', 'tftp', '-b', String(blksize), '-g', '-r', file, '-l', local, host, String(port)]
const curl =
  (...options: readonly string[]): Client =>
  (port, file, local) => ['curl', '-sS', ...options, '-o', local, `tftp://${host}:${port}/${file}`]

const clients: Readonly<Record<string, Client>> = {
  'tftp-hpa': tftpHpa,
  atftp: atftp(),
  'atftp with blksize 1428': atftp('blksize 1428'),
  'atftp with windowsize 8 and tsize': atftp('blksize 1428', 'windowsize 8', 'tsize'),
  'atftp with blocks of 64 bytes': atftp('blksize 64'),
  'busybox with blksize 512': busybox(512),
  'busybox with blksize 1428': busybox(1428),
  'busybox with blksize 65464, which is clamped': busybox(65464),
  curl: curl(),
  'curl with blksize 1428': curl('--tftp-blksize', '1428'),
  'curl without options': curl('--tftp-no-options'),
}

for (const [name, client] of Object.entries(clients)) {
  // curl 7.88 takes the tsize=0 of an empty file for a malformed OACK; without options it loads it.
  const empty = name.startsWith('curl') && name !== 'curl without options' ? [] : ['empty']
  const wanted = [...empty, 'one-block', 'exact-multiple', 'boot/snponly.efi']
  // One after the other: busybox asks again after 50 ms, and soon gives up where ten others keep the server's thread busy.
  test.serial(`${name} loads ${wanted.join(', ')}`, async (t) => {
    const { port, observations, folder } = await serve(t)
    for (const file of wanted) t.is(await fetched(client, port, file, folder), sha256(files[file]), file)
    t.deepEqual(
      observations.map(({ file, outcome, bytes }) => ({ file, outcome, bytes })),
      wanted.map((file) => ({ file, outcome: 'served', bytes: files[file]?.length })),
    )
  })
}

for (const name of ['tftp-hpa', 'atftp', 'busybox with blksize 512', 'curl without options']) {
  test.serial(`${name} loads 40 MB in blocks of 512 bytes, over the rollover of the block number`, async (t) => {
    const { port, folder } = await serve(t)
    t.is(await fetched(clients[name] ?? curl(), port, 'forty-megabytes', folder), sha256(files['forty-megabytes']))
  })
}

test.serial('the npm package tftp loads in windows of 1 and of 4 blocks', async (t) => {
  const { port, folder } = await serve(t)
  for (const windowSize of [1, 4]) {
    const client = createClient({ host, port, windowSize })
    for (const file of ['one-block', 'exact-multiple', 'boot/snponly.efi']) {
      const local = join(folder, String(windowSize))
      await promisify<string, string, void>(client.get.bind(client))(file, local)
      t.is(sha256(await readFile(local)), sha256(files[file]), `${file} ${windowSize}`)
    }
    await t.throwsAsync(promisify<string, string, void>(client.get.bind(client))('missing', join(folder, 'missing')), {
      message: /not found/i,
    })
  }
})

test('tftp-hpa in netascii stores the text that we hold', async (t) => {
  const { port, folder } = await serve(t)
  const local = join(folder, 'script')
  await execa('tftp', ['-m', 'ascii', host, String(port), '-c', 'get', 'script.ipxe', local])
  t.deepEqual(await readFile(local), files['script.ipxe'])
})

test('every client says that a file is missing', async (t) => {
  const { port, folder, observations } = await serve(t)
  for (const client of [tftpHpa, atftp(), busybox(512), curl()]) {
    const [command, ...args] = client(port, 'missing', join(folder, 'missing'))
    const { stdout, stderr, exitCode } = await execa(command, args, { reject: false })
    if (command === 'curl') t.is(exitCode, 68, 'curl(1): "File not found on TFTP server", its text is masked by another')
    else t.regex(stdout + stderr, /not found/i, command)
  }
  t.true(observations.every(({ outcome }) => outcome === 'not-found'))
})

async function serve(t: ExecutionContext) {
  const observations: TftpObservation[] = []
  const quiet = () => undefined
  const server = await startTftpServer({
    port: 0,
    bind: bindAddress(host),
    open: async (path) => {
      const content = files[path]
      if (!content) return { kind: 'refusal', code: 'not-found', reason: 'not in the tree' }
      const read = async (position: number, length: number) => content.subarray(position, position + length)
      return { kind: 'file', size: content.length, read, close: quiet }
    },
    onTransfer: (observation) => void observations.push(observation),
    log: { debug: quiet, info: quiet, warn: (fields) => t.log(fields), error: (fields) => t.log(fields) },
  })
  const folder = await mkdtemp(join(tmpdir(), 'hostless-tftp-'))
  t.teardown(async () => {
    await server.close()
    await rm(folder, { recursive: true })
  })
  return { port: server.port, observations, folder }
}

async function fetched(client: Client, port: number, file: string, folder: string): Promise<string> {
  const local = join(folder, file.replaceAll('/', '-'))
  const [command, ...args] = client(port, file, local)
  await execa(command, args, { timeout: 100_000 })
  return sha256(await readFile(local))
}

function sha256(content: Buffer | undefined): string {
  return content ? createHash('sha256').update(content).digest('hex') : 'no such file'
}
