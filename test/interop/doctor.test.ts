// The doctor's question to the DHCP servers of a wire, at our own server at its other end; as root, in network namespaces.
import test from 'ava'
import { namespacePair, talker } from './namespaces.ts'

const RACK = new URL('dhcp-rack.ts', import.meta.url)
const ASK = new URL('doctor-ask.ts', import.meta.url)
const asRoot = process.getuid?.() === 0 ? test : test.skip

asRoot('the doctor hears a server at the other end of the wire, and takes nothing of it', async (t) => {
  const { serverSpace, clientSpace } = await namespacePair(t, '10.77.0.1/24')
  const server = talker(t, serverSpace, RACK, 'serve', 's0')
  await server.next('server', ({ kind }) => kind === 'ready')
  const heard = await talker(t, clientSpace, ASK, 'c0').next('answer', () => true)
  const { kind, value } = heard as unknown as { kind: string; value: { offers: { server: string; address: string }[]; waited: number } }
  t.is(kind, 'read')
  t.deepEqual([...new Set(value.offers.map((one) => `${one.server} ${one.address}`))], ['10.77.0.1 10.77.0.100'])
  const exchanges = server.lines.filter((line) => line.kind === 'exchange')
  t.deepEqual([...new Set(exchanges.map(({ message, answer }) => `${message} ${answer}`))], ['DISCOVER offer'])
})

asRoot('a server on this machine itself does not hear the question, and a wire without one is silent', async (t) => {
  const { serverSpace } = await namespacePair(t, '10.77.0.1/24')
  const server = talker(t, serverSpace, RACK, 'serve', 's0')
  await server.next('server', ({ kind }) => kind === 'ready')
  const heard = await talker(t, serverSpace, ASK, 's0').next('answer', () => true)
  t.deepEqual(heard, { kind: 'read', value: { offers: [], waited: 4000 } })
  t.deepEqual(
    server.lines.filter((line) => line.kind === 'exchange'),
    [],
  )
})

asRoot('an interface that is not there could not be asked by', async (t) => {
  const { clientSpace } = await namespacePair(t, '10.77.0.1/24')
  t.like(await talker(t, clientSpace, ASK, 'nowhere').next('answer', () => true), { kind: 'unread' })
})
