// What a client does over a connection that the manager, or a proxy before it, has closed as idle while a request was on its way.
import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { z } from 'zod'
import { apiClient } from '../../../../../manager/cli/engine/api/client.ts'
import { keepAuthority, newKey, newSerial } from '../../../../../manager/store/keys/authority.ts'
import { signServer } from '../../../../../manager/store/keys/certificate.ts'
import { dataDirFor } from '../../../site.ts'

/** Answers one request a connection, and cuts it at the second. */
async function cutting(t: ExecutionContext) {
  const authority = await keepAuthority(await dataDirFor(t))
  const key = newKey()
  const served = new Map<Socket, number>()
  const heard: string[] = []
  const server = createServer(
    { key, cert: await signServer(authority, key, '127.0.0.1', newSerial()) },
    (request: IncomingMessage, response) => {
      const before = served.get(request.socket) ?? 0
      served.set(request.socket, before + 1)
      if (before > 0) return void request.socket.destroy()
      heard.push(`${request.method} ${request.url}`)
      response.setHeader('content-type', 'application/json').end('"answer"')
    },
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const client = apiClient({
    url: new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}`),
    authority: authority.pem,
  })
  return { client, heard }
}

test('a look, and what has a key of its own, is asked again over a new connection; another act is not', async (t) => {
  const { client, heard } = await cutting(t)
  t.is(await client.ask('GET', '/first', z.string()), 'answer')
  t.is(await client.ask('GET', '/second', z.string()), 'answer')
  t.is(await client.ask('POST', '/third', z.string(), {}, { 'idempotency-key': 'k' }), 'answer')
  await t.throwsAsync(client.ask('POST', '/fourth', z.string(), {}), { message: /127\.0\.0\.1/ })
  t.deepEqual(heard, ['GET /api/v1/first', 'GET /api/v1/second', 'POST /api/v1/third'])
})
