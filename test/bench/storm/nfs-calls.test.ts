// NFS calls out of frames as they were captured, over retransmissions, frames in the wrong order, and a second connection.
import test from 'ava'
import { encodeCall, join, marked, NFS, opaque, ROOT, u32, u64 } from '../../appliance/nfs-server-lite/wire.ts'
import { encodeNfsCall, nfsCallsIn } from './nfs-calls.ts'
import { tcpStreamsTo } from './tcp-streams.ts'

const PORT = 2049
const SYN = 2
const ACK = 16

/** `from`: the client's port. */
function frame(from: number, sequence: number, payload: Buffer, flags = ACK, to = PORT): Buffer {
  const ethernet = Buffer.alloc(14)
  ethernet.writeUInt16BE(0x0800, 12)
  const ip = Buffer.alloc(20)
  ip.writeUInt8(0x45, 0)
  ip.writeUInt16BE(40 + payload.length, 2)
  ip.writeUInt8(6, 9)
  ip.set([10, 77, 0, 21], 12)
  ip.set([10, 77, 0, 1], 16)
  const tcp = Buffer.alloc(20)
  tcp.writeUInt16BE(from, 0)
  tcp.writeUInt16BE(to, 2)
  tcp.writeUInt32BE(sequence >>> 0, 4)
  tcp.writeUInt8(5 << 4, 12)
  tcp.writeUInt8(flags, 13)
  // Behind it Ethernet's padding, of short ones.
  return Buffer.concat([ethernet, ip, tcp, payload, Buffer.alloc(Math.max(0, 6 - payload.length))])
}

const NOTHING = Buffer.alloc(0)

test('each end of each connection has said its bytes once, in their order', (t) => {
  const last = 2 ** 32 - 3
  const frames = [
    frame(900, last - 1, NOTHING, SYN),
    frame(900, 1, Buffer.from('efgh')),
    frame(901, 50, NOTHING, SYN),
    frame(900, last, Buffer.from('abcd')),
    frame(900, last, Buffer.from('abcd')),
    frame(901, 51, Buffer.from('other')),
    frame(900, 1, Buffer.from('efgh')),
    frame(900, 7, Buffer.from('behind a hole')),
    frame(902, 9, Buffer.from('began before the capture')),
    frame(903, 1, Buffer.from('of another port'), ACK, 80),
  ]
  t.deepEqual(
    tcpStreamsTo(PORT, frames).map(({ bytes }) => bytes.toString()),
    ['abcdefgh', 'other'],
  )
})

test('a port that is used again begins anew', (t) => {
  const frames = [
    ...[frame(900, 10, NOTHING, SYN), frame(900, 11, Buffer.from('first'))],
    ...[frame(900, 5000, NOTHING, SYN), frame(900, 5001, Buffer.from('second'))],
  ]
  t.deepEqual(
    tcpStreamsTo(PORT, frames).map(({ bytes }) => bytes.toString()),
    ['first', 'second'],
  )
})

test('calls are told by the paths of their handles, and made of a server with other handles', (t) => {
  const [dir, file] = [Buffer.from('0d0d', 'hex'), Buffer.from('0f0f', 'hex')]
  const nfs = (proc: number, args: Buffer, prog = NFS) => marked(encodeCall({ prog, vers: 3, proc, auth: ROOT }, args))
  const sent = Buffer.concat([
    nfs(0, NOTHING),
    nfs(19, opaque(dir)),
    nfs(3, join(opaque(dir), opaque('sh'))),
    nfs(4, join(opaque(file), u32(31))),
    nfs(6, join(opaque(file), u64(65_536n), u32(4096))),
    nfs(17, join(opaque(dir), u64(7n), u64(1n), u32(512, 4096))),
    nfs(1, opaque(Buffer.from('aaaa', 'hex'))),
    nfs(1, opaque(dir), 100_227),
  ])
  const frames = [
    frame(900, 0, NOTHING, SYN),
    ...[0, 100, 200].map((at, index) => frame(900, 1 + at, sent.subarray(at, index === 2 ? undefined : at + 100))),
  ]
  const paths = new Map([
    [dir.toString('hex'), '/bin'],
    [file.toString('hex'), '/bin/sh'],
  ])
  const { calls, others } = nfsCallsIn(frames, PORT, paths)
  t.deepEqual(calls, [
    { kind: 'about', proc: 'FSINFO', path: '/bin' },
    { kind: 'lookup', path: '/bin', name: 'sh' },
    { kind: 'access', path: '/bin/sh', wanted: 31 },
    { kind: 'read', path: '/bin/sh', offset: 65_536, bytes: 4096 },
    { kind: 'list', path: '/bin' },
  ])
  t.is(others, 3)
  const theirs = new Map([['/bin', Buffer.from('0102030405060708', 'hex')]])
  const [, lookup] = calls
  if (!lookup) return t.fail()
  t.true(encodeNfsCall(lookup, theirs).includes(opaque(theirs.get('/bin') ?? NOTHING)))
  t.throws(() => encodeNfsCall({ kind: 'list', path: '/sbin' }, theirs), { message: 'the server has no /sbin' })
})
