// Debian's own NFS clients against our server: libnfs (nfs-ls, nfs-cat, nfs-cp) on loopback, and in a
// namespace of its own rpcinfo, libnfs by way of portmap, and tshark, which decodes every reply.
import { readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { execa } from 'execa'
import { startServer, until } from '../appliance/nfs-server-lite/client.ts'
import { BIG_DIRECTORY, directory, EVERYTHING, regular, testExport } from '../appliance/nfs-server-lite/tree.ts'
import { commandFor } from '../program.ts'

const PATH = '/dom0/0123456789abcdef'
const END = 'end-of-the-capture'
/** Clients take whatever ports are free, and some of them tshark takes for another protocol's (48898, 873). */
const BY_CONTENT = ['-o', 'tcp.try_heuristic_first:TRUE', '-o', 'udp.try_heuristic_first:TRUE']

async function serve(t: ExecutionContext, root = EVERYTHING) {
  const server = await startServer([testExport(root)])
  t.teardown(() => server.close())
  return { ...server, url: (path: string) => `nfs://127.0.0.1${PATH}${path}?version=3&nfsport=${server.port}&mountport=${server.port}` }
}

async function scratch(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'hostless-nfs-'))
  t.teardown(() => rm(folder, { recursive: true }))
  return folder
}

/** nfs-ls prints `-rwxr-xr-x  2     0     0           12 name`, without setuid and sticky bits. */
const listed = (stdout: string) =>
  new Map(
    stdout
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .map(([mode, nlink, uid, gid, size, ...name]) => [name.join(' '), [mode, nlink, uid, gid, size].join(' ')]),
  )

test('nfs-ls shows type, mode, links, owner and size of everything, recursively', async (t) => {
  const { url } = await serve(t)
  const { stdout } = await execa('nfs-ls', ['-R', url('/')], { encoding: 'latin1' })
  const files = listed(stdout)
  t.is(files.get('etc/shadow'), '-rw-r----- 1 0 42 8')
  t.is(files.get('usr/bin/su'), '-rwxr-xr-x 2 0 0 12')
  t.is(files.get('huge'), '-rw-r--r-- 1 0 0 6597069766661')
  t.is(files.get('tmp'), 'drwxrwxrwx 2 0 0 4096')
  t.is(files.get('bin'), 'lrwxrwxrwx 1 0 0 7')
  t.is(files.get('dev/sda'), 'brw-rw---- 1 0 6 0')
  t.is(files.get('dev/null'), 'crw-rw-rw- 1 0 0 0')
  t.is(files.get('caf\xe9'), '-rw-r--r-- 1 0 0 6')
})

test('nfs-ls pages through a directory of 10,000 entries and shows each once', async (t) => {
  const { url } = await serve(t, BIG_DIRECTORY)
  const { stdout } = await execa('nfs-ls', [url('/big')])
  t.is(listed(stdout).size, 10_000)
})

test('nfs-cat prints a file in a directory of the export', async (t) => {
  const { url } = await serve(t)
  t.is((await execa('nfs-cat', [url('/etc/hostname')])).stdout, 'hostless')
})

test('nfs-cp copies 40 MB, byte for byte', async (t) => {
  const content = Buffer.alloc(40_000_003)
  for (let offset = 0; offset + 4 <= content.length; offset += 4) content.writeUInt32BE(Math.imul(offset, 2654435761) >>> 0, offset)
  const { url } = await serve(t, directory([['root.squashfs', regular(content)]]))
  const local = join(await scratch(t), 'copy')
  await execa('nfs-cp', [url('/root.squashfs'), local])
  t.true((await readFile(local)).equals(content))
})

test('nfs-cp to the server fails, for it is read-only', async (t) => {
  const { url } = await serve(t)
  const local = join(await scratch(t), 'file')
  await execa('dd', ['if=/dev/zero', `of=${local}`, 'count=1'])
  const { exitCode, stderr, stdout } = await execa('nfs-cp', [local, url('/new')], { reject: false })
  t.not(exitCode, 0)
  t.regex(stdout + stderr, /ROFS/)
})

test('libnfs is told when an export does not exist', async (t) => {
  const { url } = await serve(t)
  const { exitCode, stdout, stderr } = await execa('nfs-ls', [url('/').replace('0123456789abcdef', '0000000000000000')], { reject: false })
  t.not(exitCode, 0)
  t.regex(stdout + stderr, /NOENT/)
})

const inRack = process.getuid?.() === 0 ? test.serial : test.serial.skip

inRack(
  'in a namespace: tshark decodes a reply of every procedure without a malformed mark, rpcinfo and libnfs find their way by portmap',
  async (t) => {
    const namespace = `hl-nfs-${process.pid}`
    await execa('ip', ['netns', 'add', namespace])
    t.teardown(() => execa('ip', ['netns', 'del', namespace]))
    const within = (...command: string[]) => execa('ip', ['netns', 'exec', namespace, ...command])
    await within('ip', 'link', 'set', 'lo', 'up')
    const capture = join(await scratch(t), 'lo.pcap')
    const dumpcap = within('dumpcap', '-q', '-i', 'lo', '-w', capture)
    let captured = ''
    dumpcap.stderr.on('data', (text) => {
      captured += String(text)
    })
    await until('dumpcap captures', () => captured.includes('File:'))
    const rack = within(...commandFor(new URL('nfs-rack.ts', import.meta.url)))
    // What ends it before its own end is the failure that the test tells of.
    rack.catch(() => undefined)
    t.teardown(() => rack.kill())
    let said = ''
    rack.stdout.on('data', (text) => {
      said += String(text)
    })
    await until('the rack is ready', () => said.includes('ready'))

    const ports = (await within('rpcinfo', '-p', '127.0.0.1')).stdout
      .split('\n')
      .map((line) => line.trim().split(/\s+/).slice(0, 4).join(' '))
    for (const line of [
      '100003 3 tcp 2049',
      '100005 3 tcp 2049',
      '100003 3 udp 2049',
      '100005 3 udp 2049',
      '100000 2 tcp 111',
      '100000 2 udp 111',
    ])
      t.true(ports.includes(line), line)
    t.regex((await within('rpcinfo', '-t', '127.0.0.1', 'nfs', '3')).stdout, /ready and waiting/)
    for (const program of ['nfs', 'mountd', '100227']) {
      t.regex((await within('rpcinfo', '-u', '127.0.0.1', program, '3')).stdout, /ready and waiting/, `${program} over UDP`)
    }
    t.is((await within('nfs-cat', `nfs://127.0.0.1${PATH}/etc/hostname?version=3`)).stdout, 'hostless')
    t.regex((await within('showmount', '-e', '127.0.0.1')).stdout, new RegExp(`${PATH} `))

    rack.stdin.end()
    await rack
    // dumpcap gets packets in blocks: what it has not written when it is ended is lost.
    await within('bash', '-c', `printf ${END} > /dev/udp/127.0.0.1/9`)
    await until('the capture is whole', () => readFileSync(capture).includes(END))
    dumpcap.kill('SIGINT')
    await dumpcap.catch(() => {})
    const tshark = async (filter: string, ...fields: string[]) =>
      (
        await execa('tshark', [...BY_CONTENT, '-r', capture, '-Y', filter, '-T', 'fields', ...fields.flatMap((field) => ['-e', field])])
      ).stdout
        .split('\n')
        .filter((line) => line !== '')
    t.deepEqual(await tshark('_ws.malformed || _ws.short || rpc.fragment.error', 'frame.number', '_ws.col.Info'), [])
    const replies = new Set((await tshark('rpc.msgtyp == 1', 'rpc.program', 'rpc.procedure')).map((line) => line.replace('\t', ' ')))
    const expected = [
      ...range(22).map((proc) => `100003 ${proc}`),
      ...range(6).map((proc) => `100005 ${proc}`),
      ...range(5).map((proc) => `100000 ${proc}`),
    ]
    t.deepEqual(
      expected.filter((reply) => !replies.has(reply)),
      [],
    )
    t.true((await tshark('nfs.status == 30 && rpc.msgtyp == 1', 'frame.number')).length >= 11)
  },
)

const range = (length: number) => Array.from({ length }, (_, index) => index)
