import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, createServer, type TLSSocket } from 'node:tls'
import test, { type ExecutionContext } from 'ava'
import { channelOver } from '../../../../images/agent/seeds/program/channel.ts'
import { newIdentity } from '../../../../images/agent/streams/relay/identity.ts'

async function ends(t: ExecutionContext): Promise<readonly [TLSSocket, TLSSocket]> {
  const { key } = newIdentity()
  const server = createServer({ key, cert: key })
  t.teardown(() => server.close())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const near = connect({ port, host: '127.0.0.1', rejectUnauthorized: false })
  const [far] = (await once(server, 'secureConnection')) as [TLSSocket]
  return [near, far]
}

test('who has heard the last word closes in order, whatever comes behind it', async (t) => {
  const [near, far] = await ends(t)
  const [source, target] = [channelOver(near), channelOver(far)]
  await source.send({ kind: 'done' })
  for await (const { kind } of target.messages) if (kind === 'done') break
  // While the target sees to its disk.
  await source.send({ kind: 'beat' })
  await source.send({ kind: 'beat' })
  while (far.bytesRead < near.bytesWritten) await new Promise((resolve) => setTimeout(resolve, 5))
  const [closing, ended] = [target.close(), once(far, 'end')]
  await source.close()
  await closing
  await ended
  t.true(far.readableEnded)
  t.true(far.destroyed && near.destroyed)
})
