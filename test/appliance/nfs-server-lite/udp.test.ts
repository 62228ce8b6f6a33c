import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import test, { type ExecutionContext } from 'ava'
import type { NfsServerOptions } from '../../../appliance/nfs-server-lite/server.ts'
import type { Export } from '../../../appliance/nfs-server-lite/vfs.ts'
import type { Cursor } from '../../../appliance/wire/cursor.ts'
import { Asker } from './caller.ts'
import { Client, startServer, until } from './client.ts'
import { directory, EVERYTHING, regular, testExport } from './tree.ts'
import {
  decodeReply,
  encodeCall,
  join,
  MOUNT,
  NFS,
  opaque,
  PORTMAP,
  ROOT,
  type RpcReply,
  readOpaque,
  readPostOpAttr,
  u32,
  u64,
} from './wire.ts'

const PATH = '/dom0/0123456789abcdef'
const NFSACL = 100227
const source = testExport(EVERYTHING)
const asker = new Asker([source])

async function serve(t: ExecutionContext, sources: readonly Export[] = [source], more: Partial<NfsServerOptions> = {}) {
  const server = await startServer(sources, more)
  t.teardown(() => server.close())
  return server
}

/** A client of UDP, which asks again until it is answered, as they all do. */
async function udpPeer(t: ExecutionContext, port: number) {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  t.teardown(() => new Promise<void>((resolve) => socket.close(() => resolve())))
  const packets: Buffer[] = []
  socket.on('message', (bytes) => packets.push(bytes))
  const send = (bytes: Buffer) => socket.send(bytes, port, '127.0.0.1')
  const call = async (proc: number, args: Buffer, xid: number, prog = NFS, vers = 3): Promise<RpcReply> => {
    const message = encodeCall({ xid, prog, vers, proc, auth: ROOT }, args)
    const answered = () => packets.find((bytes) => bytes.readUInt32BE(0) === xid)
    send(message)
    const again = setInterval(() => send(message), 500)
    await until(`a reply to ${xid}`, () => answered() !== undefined).finally(() => clearInterval(again))
    return decodeReply(answered() ?? Buffer.alloc(0))
  }
  return { send, call, packets }
}

function ok(reply: RpcReply): Cursor {
  if (reply.stat !== 'SUCCESS') throw new Error(reply.stat)
  return reply.result
}

function nfsOk(reply: RpcReply): Cursor {
  const result = ok(reply)
  const status = result.u32('status')
  if (status !== 0) throw new Error(`status ${status}`)
  return result
}

const readArgs = (path: string, offset: number, count: number) => join(asker.fh(path), u64(BigInt(offset)), u32(count))

test('MNT, GETATTR, GETACL and READ work over UDP on the port of TCP, and the mount is observed', async (t) => {
  const server = await serve(t)
  const { call } = await udpPeer(t, server.port)
  const mounted = nfsOk(await call(1, opaque(PATH), 1, MOUNT))
  const handle = readOpaque(mounted)
  nfsOk(await call(1, opaque(handle), 2))
  nfsOk(await call(1, join(opaque(handle), u32(1)), 3, NFSACL))
  const read = nfsOk(await call(6, readArgs('/etc/hostname', 0, 100), 4))
  readPostOpAttr(read)
  t.deepEqual([read.u32('count'), read.u32('eof')], [9, 1])
  t.is(readOpaque(read).toString(), 'hostless\n')
  t.deepEqual([...new Set(server.observed.map((one) => one.kind))], ['mounted'])
})

test('a large READ over UDP gives 8 KiB, and a file read so is the file', async (t) => {
  const server = await serve(t)
  const { call, packets } = await udpPeer(t, server.port)
  const expected = Buffer.alloc(3_000_001, 'abcdefghijk')
  const parts: Buffer[] = []
  for (let offset = 2_900_000, xid = 1; offset < expected.length; xid += 1) {
    const read = nfsOk(await call(6, readArgs('/page', offset, 1024 * 1024), xid))
    readPostOpAttr(read)
    const count = read.u32('count')
    t.true(count <= 8192 && count > 0)
    t.is(read.u32('eof'), offset + count === expected.length ? 1 : 0)
    parts.push(readOpaque(read))
    offset += count
  }
  t.true(Buffer.concat(parts).equals(expected.subarray(2_900_000)))
  t.true(packets.every(({ length }) => length < 8192 + 200))
})

test('FSINFO says what its transport carries', async (t) => {
  const server = await serve(t)
  const tcp = await Client.to(server.port)
  t.teardown(() => tcp.close())
  const { call } = await udpPeer(t, server.port)
  const sizes = (reply: RpcReply) => {
    const result = nfsOk(reply)
    readPostOpAttr(result)
    return ['rtmax', 'rtpref', 'rtmult', 'wtmax', 'wtpref', 'wtmult', 'dtpref'].map((field) => result.u32(field))
  }
  t.deepEqual(sizes(await call(19, asker.fh('/'), 1)), [8192, 8192, 4096, 8192, 8192, 4096, 8192])
  t.deepEqual(sizes(await tcp.call(19, asker.fh('/'), 1)), [1048576, 1048576, 4096, 32768, 32768, 4096, 65536])
})

test('READDIR and READDIRPLUS over UDP give pages that fit, and every entry once', async (t) => {
  const files = Array.from({ length: 700 }, (_, index) => [`${'n'.repeat(60)}${index}`, regular('')] as const)
  const many = testExport(directory([['many', directory(files)]]))
  const server = await serve(t, [many])
  const { call, packets } = await udpPeer(t, server.port)
  const handle = new Asker([many]).fh('/many')
  for (const [proc, limits] of [
    [16, u32(0xffff_ffff)],
    [17, u32(0xffff_ffff, 0xffff_ffff)],
  ] as const) {
    const names = new Set<string>()
    let cookie = 0n
    for (let page = 1, eof = false; !eof; page += 1) {
      const result = nfsOk(await call(proc, join(handle, u64(cookie), u64(0n), limits), proc * 1000 + page))
      readPostOpAttr(result)
      result.u64('cookieverf')
      while (result.u32('entry') === 1) {
        result.u64('fileid')
        names.add(readOpaque(result).toString())
        cookie = result.u64('cookie')
        if (proc === 17) {
          readPostOpAttr(result)
          if (result.u32('handle follows') === 1) readOpaque(result)
        }
      }
      eof = result.u32('eof') === 1
    }
    t.is(names.size, 702)
  }
  t.true(packets.every(({ length }) => length < 8192 + 100))
})

test('retransmissions are answered alike, garbage and replies get no answer, and the server goes on', async (t) => {
  const dropped: string[] = []
  const server = await serve(t, [source], { onDropped: (client, reason) => dropped.push(`${client} ${reason}`) })
  const { call, send, packets } = await udpPeer(t, server.port)
  for (const bytes of [Buffer.alloc(0), Buffer.from('noise'), Buffer.alloc(60_000, 255), u32(7, 1, 0, 0, 0, 0)]) send(bytes)
  const message = encodeCall({ xid: 9, prog: MOUNT, vers: 3, proc: 1, auth: ROOT }, opaque(PATH))
  for (let count = 0; count < 5; count += 1) send(message)
  await call(0, Buffer.alloc(0), 10)
  await until('the answers', () => packets.length >= 6)
  const mounts = packets.filter((bytes) => bytes.readUInt32BE(0) === 9)
  t.is(new Set(mounts.map((bytes) => bytes.toString('hex'))).size, 1)
  t.deepEqual(server.mounts(), [{ clientAddress: '127.0.0.1', path: PATH }])
  t.true(packets.every((bytes) => [9, 10].includes(bytes.readUInt32BE(0))))
  t.true(dropped.length >= 4 && dropped.every((each) => each.startsWith('127.0.0.1 ')), dropped.join())
})

test('reads that wait for the disk are bounded: the calls beyond are dropped, and answered when asked again', async (t) => {
  const waiting: (() => void)[] = []
  let slow = true
  const stalled: Export = {
    ...source,
    read: async (position, length) => {
      if (slow) await new Promise<void>((resolve) => waiting.push(resolve))
      return source.read(position, length)
    },
  }
  const server = await serve(t, [stalled])
  const { call, send } = await udpPeer(t, server.port)
  for (let xid = 100; xid < 300; xid += 1)
    send(encodeCall({ xid, prog: NFS, vers: 3, proc: 6, auth: ROOT }, readArgs('/etc/hostname', 0, 4)))
  await call(0, Buffer.alloc(0), 1)
  await until('a call is dropped', () => server.lines.some(({ fields }) => JSON.stringify(fields).includes('64 reads are under way')))
  t.is(waiting.length, 64)
  slow = false
  for (const release of waiting) release()
  nfsOk(await call(6, readArgs('/etc/hostname', 0, 4), 299))
})

test('who may read nothing is told nothing of others over UDP', async (t) => {
  const server = await serve(t, [source], { mayRead: () => false })
  const tcp = await Client.to(server.port)
  t.teardown(() => tcp.close())
  const { call } = await udpPeer(t, server.port)
  t.is(ok(await call(2, Buffer.alloc(0), 1, MOUNT)).remaining, 4)
  t.is(ok(await call(5, Buffer.alloc(0), 2, MOUNT)).remaining, 4)
})

test('portmap says that NFS, NFSACL and MOUNT are served over UDP, and only what is', async (t) => {
  const server = await serve(t, [source], { portmap: { port: 0 } })
  const { call } = await udpPeer(t, server.portmapPort ?? 0)
  for (const [index, prog] of [NFS, NFSACL, MOUNT].entries()) {
    t.is(ok(await call(3, u32(prog, 3, 17, 0), 10 + index, PORTMAP, 2)).u32('port'), server.port)
  }
  const taken = createSocket('udp4').bind(0, '127.0.0.1')
  await once(taken, 'listening')
  t.teardown(() => taken.close())
  const { port } = taken.address()
  const overTcp = await serve(t, [source], { port, portmap: { port: 0 } })
  const asking = await udpPeer(t, overTcp.portmapPort ?? 0)
  t.is(ok(await asking.call(3, u32(NFS, 3, 17, 0), 1, PORTMAP, 2)).u32('port'), 0)
  t.is(ok(await asking.call(3, u32(NFS, 3, 6, 0), 2, PORTMAP, 2)).u32('port'), port)
})
