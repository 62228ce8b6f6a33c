import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:dgram'
import test from 'ava'
import { encodeTftp, tftpError } from '../../../appliance/tftp/codec.ts'
import { bindAddress } from '../../../appliance/tftp/server.ts'
import { download, eventually, rawPeer, rrq, testServer } from './peers.ts'
import { files, loader, script } from './served.ts'

test('a request that cannot be read is answered with an ERROR no longer than 24 bytes, and told as dropped', async (t) => {
  const dropped: string[] = []
  const { port } = await testServer(t, files, { onDropped: ({ address }, reason) => dropped.push(`${address} ${reason}`) })
  const unreadable = ['\0\x01', '\0\x01snponly.efi', '\0\x01snponly.efi\0', '\0\x02x', `\0\x01${'a'.repeat(600)}\0octet\0`]
  for (const text of unreadable) {
    const peer = await rawPeer(t)
    peer.send(port, Buffer.from(text))
    const { packet } = await peer.next()
    t.deepEqual(packet, tftpError(4, 'malformed request'))
    t.true(encodeTftp(packet).length <= 24)
  }
  t.is(dropped.length, unreadable.length)
  t.true(
    dropped.every((each) => /^127\.0\.0\.1 (filename|mode|rrq) at byte/.test(each)),
    dropped.join(),
  )
})

test('an ERROR with bytes behind its text, or without a NUL, ends the transfer', async (t) => {
  for (const text of ['Disk full\0junk', 'Disk full', 'Disk full\0\0\0']) {
    const { port, observations } = await testServer(t, files)
    const peer = await rawPeer(t)
    peer.send(port, rrq('exact'))
    peer.send((await peer.next()).port, Buffer.from(`\0\x05\0\x03${text}`))
    t.like(await eventually(() => observations[0], 'the end'), { outcome: 'aborted', reason: 'the client sent ERROR 3: Disk full' })
  }
})

test('an ERROR that ends within its code ends the transfer', async (t) => {
  for (const bytes of [
    [0, 5],
    [0, 5, 0],
  ]) {
    const { port, observations } = await testServer(t, files)
    const peer = await rawPeer(t)
    peer.send(port, rrq('exact'))
    peer.send((await peer.next()).port, Buffer.from(bytes))
    t.like(await eventually(() => observations[0], 'the end'), { outcome: 'aborted' })
  }
})

test('a stranger gets ERROR 5 and changes nothing, a stranger’s ERROR gets no answer', async (t) => {
  const { port, observations } = await testServer(t, files)
  const [peer, stranger] = [await rawPeer(t), await rawPeer(t)]
  peer.send(port, rrq('exact'))
  const { port: tid } = await peer.next()
  stranger.send(tid, tftpError(0, 'stop'))
  stranger.send(tid, Buffer.from('garbage'))
  stranger.send(tid, { kind: 'ack', block: 1 })
  t.deepEqual((await stranger.next()).packet, tftpError(5, 'unknown transfer'))
  t.deepEqual([stranger.answers, peer.answers, observations], [[], [], []])
  for (const block of [1, 2, 3]) peer.send(tid, { kind: 'ack', block })
  t.is((await eventually(() => observations[0], 'the transfer')).outcome, 'served')
})

test('garbage of every kind leaves the server serving, and the log is not filled', async (t) => {
  const { port, lines } = await testServer(t, files)
  const peer = await rawPeer(t)
  const garbage = [Buffer.alloc(0), Buffer.alloc(1), Buffer.alloc(60_000, 1), Buffer.from('000100', 'hex'), Buffer.from('00040001', 'hex')]
  for (let count = 0; count < 400; count += 1) peer.send(port, garbage[count] ?? randomBytes(count % 64))
  t.deepEqual(await download(t, port, rrq('snponly.efi')), loader)
  t.true(lines.length > 0)
  t.true(lines.length <= 30, `${lines.length} lines`)
})

test('a flood of requests that nobody answers keeps no client out, and what it holds is bounded', async (t) => {
  const limits = { transfers: 20, transfersPerPeer: 10 }
  const { port, counts, observations } = await testServer(t, files, { limits })
  const flooders = await Promise.all(Array.from({ length: 60 }, (_, index) => rawPeer(t, `127.0.0.${2 + (index % 5)}`)))
  for (const flooder of flooders) flooder.send(port, rrq('snponly.efi', { tsize: 0 }))
  t.deepEqual(await download(t, port, rrq('snponly.efi'), '127.0.0.100'), loader)
  t.true(counts.open <= 20, `${counts.open} files open`)
  t.true(observations.some(({ reason }) => reason.includes('its place was needed')))
})

test('clients that answer keep their place: a request over the cap gets silence, so that firmware asks again', async (t) => {
  const { port, lines, observations } = await testServer(t, files, { limits: { transfersPerPeer: 1 } })
  const [peer, second] = [await rawPeer(t), await rawPeer(t)]
  peer.send(port, rrq('exact'))
  const { port: tid } = await peer.next()
  peer.send(tid, { kind: 'ack', block: 1 })
  await peer.next()
  second.send(port, rrq('exact'))
  await eventually(
    () => lines.find(({ fields }) => 'reason' in fields && fields.reason === '1 transfers to this address are in flight'),
    'the refusal',
  )
  peer.send(tid, { kind: 'ack', block: 2 })
  await peer.next()
  peer.send(tid, { kind: 'ack', block: 3 })
  await eventually(() => observations.find(({ outcome }) => outcome === 'served'), 'the end of the first transfer')
  second.send(port, rrq('exact'))
  t.like((await second.next()).packet, { kind: 'data', block: 1 })
})

test('a datagram from port 0, which nobody can answer, is ignored', async (t) => {
  const sockets: Socket[] = []
  const bind = async (port: number) => {
    const socket = await bindAddress('127.0.0.1')(port)
    sockets.push(socket)
    return socket
  }
  const { port } = await testServer(t, files, { bind })
  const from = { address: '127.0.0.1', family: 'IPv4', port: 0, size: 2 }
  t.notThrows(() => sockets[0]?.emit('message', Buffer.from('0002780078', 'hex'), from))
  t.notThrows(() => sockets[0]?.emit('message', Buffer.from('00027800780000', 'hex'), from))
  t.deepEqual(await download(t, port, rrq('boot.ipxe')), script)
})
