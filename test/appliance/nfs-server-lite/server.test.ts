import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import type { NfsServerOptions } from '../../../appliance/nfs-server-lite/server.ts'
import { TCP_LIMITS } from '../../../appliance/nfs-server-lite/tcp/server.ts'
import type { Export } from '../../../appliance/nfs-server-lite/vfs.ts'
import { Asker } from './caller.ts'
import { Client, startServer, until } from './client.ts'
import { EVERYTHING, testExport } from './tree.ts'
import {
  decodeReply,
  encodeCall,
  join,
  MOUNT,
  marked,
  NFS,
  opaque,
  PORTMAP,
  type RpcReply,
  readOpaque,
  readPostOpAttr,
  u32,
  u64,
} from './wire.ts'

const PATH = '/dom0/0123456789abcdef'
const source = testExport(EVERYTHING)
const asker = new Asker([source])

async function serve(t: ExecutionContext, sources: readonly Export[] = [source], more: Partial<NfsServerOptions> = {}) {
  const server = await startServer(sources, more)
  t.teardown(() => server.close())
  return server
}

async function connected(t: ExecutionContext, port: number) {
  const client = await Client.to(port)
  t.teardown(() => client.close())
  return client
}

function ok(reply: RpcReply) {
  if (reply.stat !== 'SUCCESS') throw new Error(reply.stat)
  return reply.result
}

const readArgs = (path: string, offset: number, count: number) => join(asker.fh(path), u64(BigInt(offset)), u32(count))

function readData(reply: RpcReply): Buffer {
  const result = ok(reply)
  if (result.u32('status') !== 0 || !readPostOpAttr(result)) throw new Error('READ failed')
  result.u32('count')
  result.u32('eof')
  return readOpaque(result)
}

test('MNT, GETATTR and READ work over one TCP connection, and are seen', async (t) => {
  const server = await serve(t, [source], { now: () => 1234 })
  const client = await connected(t, server.port)
  const mounted = ok(await client.call(1, opaque(`${PATH}/`), 1, MOUNT))
  t.is(mounted.u32('status'), 0)
  const handle = readOpaque(mounted)
  t.is(ok(await client.call(1, opaque(handle), 2)).u32('status'), 0)
  t.is(readData(await client.call(6, readArgs('/etc/hostname', 0, 100), 3)).toString(), 'hostless\n')
  t.deepEqual(server.mounts(), [{ clientAddress: '127.0.0.1', path: PATH }])
  t.deepEqual([...server.clients()], [[source.generation, [{ clientAddress: '127.0.0.1', at: 1234 }]]])
  t.deepEqual(server.observed, [{ kind: 'mounted', path: PATH, generation: source.generation, clientAddress: '127.0.0.1' }])
  await client.call(3, opaque(PATH), 4, MOUNT)
  t.deepEqual(server.mounts(), [])
})

test('a refused mount is observed with a printable path, and nobody is seen', async (t) => {
  const server = await serve(t, [source], { mayRead: () => false })
  const client = await connected(t, server.port)
  await client.call(1, opaque('/no\n\x1b'), 1, MOUNT)
  await client.call(1, opaque(PATH), 2, MOUNT)
  await client.call(1, asker.fh('/'), 3)
  t.deepEqual(
    server.observed.map((one) => (one.kind === 'refused' ? `${one.path} ${one.reason}` : one.kind)),
    ['/no\\x0a\\x1b MNT3ERR_NOENT', `${PATH} MNT3ERR_ACCES`],
  )
  t.is(server.clients().size, 0)
})

test('a restart goes unnoticed: handles of one server are served by the next, which knows nothing', async (t) => {
  const first = await serve(t)
  const client = await connected(t, first.port)
  const handle = readOpaque(skipStatus(ok(await client.call(3, join(asker.fh('/etc'), opaque('hostname')), 1))))
  await first.close()
  await until('the old connection ends', () => client.closed)
  const second = await serve(t, [testExport(EVERYTHING)], { port: first.port })
  const again = await connected(t, second.port)
  t.is(readData(await again.call(6, join(opaque(handle), u64(0n), u32(4)))).toString(), 'host')
})

function skipStatus(result: ReturnType<typeof ok>) {
  if (result.u32('status') !== 0) throw new Error('failed')
  return result
}

test('a generation that is published while the server runs can be mounted, one that is gone is STALE', async (t) => {
  let sources: readonly Export[] = []
  const server = await serve(t, [], {
    exports: () => ({ byPath: (path) => (path === PATH ? sources[0] : undefined), byGeneration: () => sources[0], list: () => sources }),
  })
  const client = await connected(t, server.port)
  t.is(ok(await client.call(1, opaque(PATH), 1, MOUNT)).u32('status'), 2)
  sources = [source]
  t.is(ok(await client.call(1, opaque(PATH), 2, MOUNT)).u32('status'), 0)
  t.is(ok(await client.call(1, asker.fh('/'), 3)).u32('status'), 0)
  sources = []
  t.is(ok(await client.call(1, asker.fh('/'), 4)).u32('status'), 70)
})

test('calls are pipelined: a slow read does not hold up the calls behind it', async (t) => {
  let release = () => {}
  const slow: Export = {
    ...source,
    read: async (position, length) => {
      await new Promise<void>((resolve) => {
        release = resolve
      })
      return source.read(position, length)
    },
  }
  const server = await serve(t, [slow])
  const client = await connected(t, server.port)
  client.send(6, readArgs('/etc/hostname', 0, 5), 1)
  for (let xid = 2; xid < 500; xid++) client.send(1, asker.fh('/etc/hostname'), xid)
  await client.reply(499)
  t.false(client.replies.some(({ xid }) => xid === 1))
  release()
  t.is(readData(await client.reply(1)).toString(), 'hostl')
})

test('large reads, one after the other and many at once, give the right bytes', async (t) => {
  const server = await serve(t)
  const client = await connected(t, server.port)
  for (let index = 0; index < 30; index++) client.send(6, readArgs('/page', index * 100_000, 1024 * 1024), index)
  for (let index = 0; index < 30; index++) {
    const expected = Buffer.alloc(3_000_001, 'abcdefghijk').subarray(index * 100_000, index * 100_000 + 1024 * 1024)
    t.true(readData(await client.reply(index)).equals(expected), `read ${index}`)
  }
  t.false(client.half)
})

test('a client that reads none of its replies makes the server read and hold little, and others are served', async (t) => {
  const counted = testExport(EVERYTHING)
  const server = await serve(t, [counted])
  const greedy = await connected(t, server.port)
  greedy.socket.pause()
  for (let xid = 0; xid < 200; xid++) greedy.send(6, readArgs('/page', 0, 1024 * 1024), xid)
  const other = await connected(t, server.port)
  for (let xid = 0; xid < 50; xid++) t.is(readData(await other.call(6, readArgs('/etc/hostname', 0, 4), xid)).toString(), 'host')
  const megabytes = counted.reads.filter(([, length]) => length === 1024 * 1024).length
  t.true(megabytes < 20, `${megabytes} reads of 1 MiB for replies that nobody takes`)
  greedy.socket.resume()
  await greedy.reply(199)
  t.is(greedy.replies.length, 200)
})

test('a fragmented call is served, byte by byte too', async (t) => {
  const server = await serve(t)
  const client = await connected(t, server.port)
  const call = encodeCall({ xid: 9, prog: NFS, vers: 3, proc: 1 }, asker.fh('/'))
  client.socket.write(join(u32(10), call.subarray(0, 10), u32(0), u32(0x8000_0000 + call.length - 10), call.subarray(10)))
  t.is((await client.reply(9)).stat, 'SUCCESS')
  for (const byte of marked(encodeCall({ xid: 10, prog: NFS, vers: 3, proc: 1 }, asker.fh('/')))) client.socket.write(Buffer.from([byte]))
  t.is((await client.reply(10)).stat, 'SUCCESS')
})

test('half a record and then silence is closed after its bound, and said so', async (t) => {
  const server = await serve(t, [source], { limits: { halfRecordMs: 30 } })
  const silent = await connected(t, server.port)
  const patient = await connected(t, server.port)
  silent.socket.write(Buffer.from([0x80, 0, 0]))
  await until('the connection is closed', () => silent.closed)
  t.true(server.lines.some(({ fields }) => JSON.stringify(fields).includes('half a record')))
  t.is((await patient.call(0, Buffer.alloc(0))).stat, 'SUCCESS')
})

test('bombs, endless empty fragments and non-calls close their connection; the server goes on', async (t) => {
  const server = await serve(t)
  for (const bytes of [
    Buffer.from('7fffffff', 'hex'),
    Buffer.from('ffffffff', 'hex'),
    Buffer.alloc(8192),
    marked(Buffer.alloc(0)),
    marked(u32(1, 1)),
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
  ]) {
    const hostile = await connected(t, server.port)
    hostile.socket.write(bytes)
    await until(`closed after ${bytes.subarray(0, 4).toString('hex')}`, () => hostile.closed)
  }
  t.is((await (await connected(t, server.port)).call(0, Buffer.alloc(0))).stat, 'SUCCESS')
})

test('one address holds so many connections; the longest silent one makes room', async (t) => {
  const server = await serve(t, [source], { limits: { connectionsPerAddress: 3 } })
  const clients = [await connected(t, server.port), await connected(t, server.port), await connected(t, server.port)]
  for (const client of clients) await client.call(0, Buffer.alloc(0))
  const newcomer = await connected(t, server.port)
  t.is((await newcomer.call(0, Buffer.alloc(0))).stat, 'SUCCESS')
  await until('one is closed', () => clients.filter((client) => client.closed).length === 1)
})

test('what a peer can make the server log is limited', async (t) => {
  const server = await serve(t)
  const client = await connected(t, server.port)
  for (let xid = 0; xid < 300; xid++) client.send(1, Buffer.from([1]), xid)
  await client.reply(299)
  t.true(server.lines.length < 40, `${server.lines.length} lines`)
  const [garbage] = server.lines.filter(({ message }) => message === 'GARBAGE_ARGS')
  t.like(garbage?.fields, { peer: '127.0.0.1', call: 'NFS 3 GETATTR xid 0x0 uid 0' })
})

test('a failing disk is NFS3ERR_IO and an error in the log, never the end', async (t) => {
  const broken: Export = {
    ...source,
    read: () => {
      throw new Error('EIO')
    },
  }
  const server = await serve(t, [broken])
  const client = await connected(t, server.port)
  t.is(ok(await client.call(6, readArgs('/etc/hostname', 0, 4))).u32('status'), 5)
  t.true(server.lines.some(({ level, message }) => level === 'error' && message === 'root.tar cannot be read'))
})

test('portmap answers GETPORT over UDP and TCP with the port of NFS and MOUNT', async (t) => {
  const server = await serve(t, [source], { portmap: { port: await freePort() } })
  const port = server.portmapPort ?? 0
  t.true(port > 0)
  const tcp = await connected(t, port)
  t.is(ok(await tcp.call(3, u32(MOUNT, 3, 6, 0), 1, PORTMAP, 2)).u32('port'), server.port)
  const udp = createSocket('udp4')
  t.teardown(() => udp.close())
  udp.send(Buffer.from('noise'), port, '127.0.0.1')
  udp.send(encodeCall({ xid: 5, prog: PORTMAP, vers: 2, proc: 3 }, u32(NFS, 3, 6, 0)), port, '127.0.0.1')
  const [packet] = (await once(udp, 'message')) as [Buffer]
  t.is(ok(decodeReply(packet)).u32('port'), server.port)
  t.deepEqual(await tcp.call(0, Buffer.alloc(0), 2, NFS), { xid: 2, stat: 'PROG_UNAVAIL' })
})

test('portmap is skipped with a warning when its port is taken over TCP or UDP, and NFS is served', async (t) => {
  const tcp = createServer().listen(0, '127.0.0.1')
  await once(tcp, 'listening')
  t.teardown(() => tcp.close())
  const udp = createSocket('udp4').bind(0, '127.0.0.1')
  await once(udp, 'listening')
  t.teardown(() => udp.close())
  const bound = tcp.address()
  const taken = [typeof bound === 'object' && bound ? bound.port : 0, udp.address().port]
  for (const port of taken) {
    const server = await serve(t, [source], { portmap: { port } })
    t.is(server.portmapPort, undefined)
    const warning = server.lines.find(({ level }) => level === 'warn')
    t.regex(warning?.message ?? '', /rpcbind.*dom0 images do not need it/)
    t.is((await (await connected(t, server.port)).call(0, Buffer.alloc(0))).stat, 'SUCCESS')
  }
})

test('a port that is taken is an error of the start', async (t) => {
  const server = await serve(t)
  await t.throwsAsync(startServer([source], { port: server.port }), { code: 'EADDRINUSE' })
})

test('the limits leave room for a WRITE of the size that FSINFO gives', (t) => {
  t.true(TCP_LIMITS.recordBytes > 32 * 1024 + 1024)
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const bound = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof bound === 'object' && bound ? bound.port : 0
}
