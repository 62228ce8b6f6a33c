import { createSocket } from 'node:dgram'
import test from 'ava'
import { tftpError } from '../../../appliance/tftp/codec.ts'
import { fieldPackets } from './captures.ts'
import { download, eventually, memoryFile, rawPeer, rrq, testServer } from './peers.ts'
import { files, loader, script } from './served.ts'

test('the server sends a file, observes it and closes it', async (t) => {
  const { port, observations, counts } = await testServer(t, files)
  t.deepEqual(await download(t, port, rrq('\\g\\0123456789abcdef/xen')), loader)
  const observation = await eventually(() => observations[0], 'the observation')
  t.like(observation, { file: 'g/0123456789abcdef/xen', outcome: 'served', bytes: 70_000, reason: '' })
  t.is(observation.peer.address, '127.0.0.1')
  t.true(observation.milliseconds >= 0)
  await eventually(() => (counts.open === 0 ? true : undefined), 'the file closed')
})

test('the server answers options with an OACK from a port of the transfer’s own', async (t) => {
  const { port } = await testServer(t, files)
  const peer = await rawPeer(t)
  peer.send(port, rrq('snponly.efi', { tsize: 0, blksize: 1468, windowsize: 4, unknown: 1 }))
  const answer = await peer.next()
  t.not(answer.port, port)
  t.deepEqual(answer.packet, {
    kind: 'oack',
    options: [
      { name: 'tsize', value: '70000' },
      { name: 'blksize', value: '1468' },
      { name: 'windowsize', value: '4' },
    ],
  })
  peer.send(answer.port, { kind: 'ack', block: 0 })
  for (let block = 1; block <= 4; block += 1) t.like((await peer.next()).packet, { kind: 'data', block })
})

test('firmware that probes for the size and then loads is observed as probed, then served', async (t) => {
  const { port, observations } = await testServer(t, files)
  const peer = await rawPeer(t)
  peer.send(port, rrq('snponly.efi', { tsize: 0, blksize: 1468 }))
  peer.send((await peer.next()).port, tftpError(8, 'User aborted the transfer'))
  await eventually(() => observations[0], 'the probe')
  t.deepEqual(await download(t, port, rrq('snponly.efi')), loader)
  await eventually(() => observations[1], 'the transfer')
  t.deepEqual(
    observations.map(({ outcome }) => outcome),
    ['probed', 'served'],
  )
})

test('refusals are ERROR 1 and 2 that name no path, modes other than octet and netascii ERROR 4, writes ERROR 2', async (t) => {
  const { port, observations } = await testServer(t, files)
  const peer = await rawPeer(t)
  const cases = [
    [rrq('missing.efi'), 1, 'file not found'],
    [rrq('../../etc/shadow'), 2, 'access violation'],
    [rrq('....//etc/shadow'), 2, 'access violation'],
    [rrq('/etc/shadow'), 1, 'file not found'],
    [rrq('boot.ipxe', {}, 'mail'), 4, 'unknown mode'],
    [rrq('snponly.efi', {}, 'netascii'), 0, 'use octet (binary) mode'],
    [{ ...rrq('boot.ipxe'), kind: 'wrq' } as ReturnType<typeof rrq>, 2, 'read only'],
  ] as const
  for (const [request, code, message] of cases) {
    peer.send(port, request)
    t.deepEqual((await peer.next()).packet, tftpError(code, message))
  }
  t.deepEqual(
    observations.map(({ outcome, file }) => `${outcome} ${file}`),
    [
      'not-found missing.efi',
      'not-found ../../etc/shadow',
      'not-found ....//etc/shadow',
      'not-found etc/shadow',
      'failed boot.ipxe',
      'failed snponly.efi',
    ],
  )
})

test('what the field sends is served: NULs behind the request, a value without its NUL, the name with a tail, an ACK of 29 bytes', async (t) => {
  const [ack, ...requests] = fieldPackets()
  const content = Buffer.from('a loader of one block')
  const { port, observations } = await testServer(t, { 'undionly.kpxe': content })
  const named = (name: string) => Buffer.from(`\0\x01${name}\0octet\0`, 'latin1')
  const others = [
    Buffer.from('\0\x01undionly.kpxe\0octet'),
    Buffer.from('\0\x01undionly.kpxe\0OCTET\0blksize\0'),
    Buffer.from('\0\x01undionly.kpxe\0Octet\0BLKSIZE'),
    named('undionly.kpxe\xff'),
    named('\\\\undionly.kpxe\xff\xff\x01'),
  ]
  for (const request of [...requests, ...others]) {
    const peer = await rawPeer(t)
    peer.send(port, request)
    let answer = await peer.next()
    if (answer.packet.kind === 'oack') {
      peer.send(answer.port, { kind: 'ack', block: 0 })
      answer = await peer.next()
    }
    t.deepEqual(answer.packet, { kind: 'data', block: 1, data: content }, request.toString('latin1'))
    peer.send(answer.port, ack ?? Buffer.alloc(0))
  }
  await eventually(() => (observations.length === requests.length + others.length ? true : undefined), 'the ends')
  t.true(observations.every(({ file, outcome, reason }) => file === 'undionly.kpxe' && outcome === 'served' && reason === ''))
})

test('a text in netascii arrives with CR LF, and its tsize is that of the translation', async (t) => {
  const { port } = await testServer(t, files)
  t.is((await download(t, port, rrq('boot.ipxe', {}, 'NetASCII'))).toString(), '#!ipxe\r\necho hello\r\n')
  const peer = await rawPeer(t)
  peer.send(port, rrq('boot.ipxe', { tsize: 0 }, 'netascii'))
  t.deepEqual((await peer.next()).packet, { kind: 'oack', options: [{ name: 'tsize', value: String(script.length + 2) }] })
})

test('the same request from the same port starts again on the same transfer, another request replaces it', async (t) => {
  const { port, observations } = await testServer(t, files)
  const peer = await rawPeer(t)
  peer.send(port, rrq('exact'))
  const first = await peer.next()
  peer.send(first.port, { kind: 'ack', block: 1 })
  t.like((await peer.next()).packet, { kind: 'data', block: 2 })
  peer.send(port, rrq('exact'))
  const again = await peer.next()
  t.like(again, { port: first.port, packet: { kind: 'data', block: 1 } })
  peer.send(port, rrq('boot.ipxe'))
  t.like((await peer.next()).packet, { kind: 'data', block: 1, data: script })
  t.like(observations[0], { file: 'exact', outcome: 'aborted', reason: 'the client asked anew from the same port' })
})

test('an unanswered transfer is sent again and then given up', async (t) => {
  const { port, observations, counts } = await testServer(t, files)
  const peer = await rawPeer(t)
  peer.send(port, rrq('boot.ipxe', { timeout: 1 }))
  await eventually(() => observations[0], 'the end')
  t.like(observations[0], { outcome: 'failed', bytes: 0, reason: 'the client never answered' })
  t.deepEqual(
    peer.answers.map(({ packet }) => packet.kind),
    ['oack', 'oack', 'oack', 'oack'],
  )
  t.is(counts.open, 0)
})

test('files that cannot be opened, read or are shorter than promised end in ERROR 0 and the outcome failed', async (t) => {
  const broken = { ...memoryFile(loader), read: async () => Promise.reject(new Error('EIO /secret/path')) }
  const short = { ...memoryFile(loader), read: async () => Buffer.alloc(3) }
  const open = async (path: string) => {
    if (path === 'broken') return broken
    if (path === 'short') return short
    throw new Error('ENOENT /secret/path')
  }
  const { port, observations, lines } = await testServer(t, {}, { open })
  const peer = await rawPeer(t)
  for (const [name, message] of [
    ['broken', 'read error'],
    ['short', 'read error'],
    ['throws', 'server error'],
  ] as const) {
    peer.send(port, rrq(name))
    t.deepEqual((await peer.next()).packet, tftpError(0, message))
  }
  t.deepEqual(
    observations.map(({ outcome }) => outcome),
    ['failed', 'failed', 'failed'],
  )
  t.is(lines.filter(({ level }) => level === 'error').length, 3)
})

test('an observer that throws does not end the server', async (t) => {
  const onTransfer = () => {
    throw new Error('the database is locked')
  }
  const { port, lines } = await testServer(t, files, { onTransfer })
  t.deepEqual(await download(t, port, rrq('boot.ipxe')), script)
  await eventually(() => lines.find(({ level }) => level === 'error'), 'the error in the log')
  t.deepEqual(await download(t, port, rrq('boot.ipxe')), script)
})

test('close ends transfers under way and those whose file is still being opened', async (t) => {
  let opened: () => void = () => undefined
  let closed = 0
  const open = async (path: string) => {
    if (path === 'slow') await new Promise<void>((resolve) => (opened = resolve))
    return memoryFile(loader, () => {
      closed += 1
    })
  }
  const { server, port, observations } = await testServer(t, {}, { open })
  const [peer, slow] = [await rawPeer(t), await rawPeer(t)]
  slow.send(port, rrq('slow'))
  peer.send(port, rrq('fast'))
  await peer.next()
  await server.close()
  t.deepEqual(
    observations.map(({ outcome, reason }) => `${outcome}: ${reason}`),
    ['aborted: the server is closing', 'aborted: the server is closing'],
  )
  opened()
  await eventually(() => (closed === 2 ? true : undefined), 'both files closed')
  const next = createSocket('udp4')
  await new Promise<void>((resolve) => next.bind(port, '127.0.0.1', resolve))
  next.close()
})
