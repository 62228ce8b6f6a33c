// On loopback only. What needs an interface of its own is in test/interop/dhcp.test.ts.
import dgram from 'node:dgram'
import { once } from 'node:events'
import test from 'ava'
import { SocketError } from '../../../appliance/wire/explain.ts'
import { openIcmpv6On } from '../../../appliance/wire/sockets/icmpv6.ts'
import { openUdpOn } from '../../../appliance/wire/sockets/udp.ts'

const isRoot = process.getuid?.() === 0
const rootTest = isRoot ? test : test.skip

rootTest('a UDP socket on an interface sends and receives, and is closed by close', async (t) => {
  const socket = await openUdpOn('lo', 0)
  const { port } = socket.address()
  const client = dgram.createSocket('udp4')
  client.send('question', port, '127.0.0.1')
  const [bytes, sender] = (await once(socket, 'message')) as [Buffer, dgram.RemoteInfo]
  t.is(bytes.toString(), 'question')
  socket.send('answer', sender.port, sender.address)
  const [answer] = (await once(client, 'message')) as [Buffer]
  t.is(answer.toString(), 'answer')
  client.close()
  socket.close()
  await once(socket, 'close')
})

rootTest('an interface that does not exist is said to be so', async (t) => {
  const error = await t.throwsAsync(openUdpOn('hl-none0', 0), { instanceOf: SocketError })
  t.is(error.failure, 'ENODEV')
  t.regex(error.message, /UDP port 0 on interface hl-none0: there is no such interface/)
})

test('an interface name that the kernel would cut is refused', async (t) => {
  await t.throwsAsync(openUdpOn('a-name-of-more-than-15', 0), { instanceOf: SocketError, message: /no such interface/ })
  await t.throwsAsync(openUdpOn('', 0), { instanceOf: SocketError, message: /no such interface/ })
})

rootTest('a port that another program holds alone is an error that names the program', async (t) => {
  const holder = dgram.createSocket('udp4')
  holder.bind(0, '0.0.0.0')
  await once(holder, 'listening')
  t.teardown(() => holder.close())
  const { port } = holder.address()
  const error = await t.throwsAsync(openUdpOn('lo', port), { instanceOf: SocketError })
  t.is(error.failure, 'EADDRINUSE')
  t.true(error.message.includes(`(pid ${process.pid})`), error.message)
})

rootTest('closing a raw socket ends the receive that waits, at once and for good', async (t) => {
  const group = Buffer.from('ff020000000000000000000000000002', 'hex')
  const socket = openIcmpv6On('lo', group, 133)
  const waiting = socket.receive()
  const begun = performance.now()
  socket.close()
  t.is(await waiting, undefined)
  t.true(performance.now() - begun < 900, 'it sat out its time limit')
  t.is(await socket.receive(), undefined)
  socket.close()
  socket.send(Buffer.alloc(16), group)
})

rootTest('a raw socket that never received can be closed', async (t) => {
  const socket = openIcmpv6On('lo', Buffer.from('ff020000000000000000000000000002', 'hex'), 133)
  socket.close()
  t.is(await socket.receive(), undefined)
})
