import test from 'ava'
import { bootServer } from './peers.ts'

test('monitoring is told that the server is there, whether it serves, and its counts, by GET alone', async (t) => {
  const { url } = await bootServer(t, {}, { self: { isReady: () => false, metrics: async () => 'hostless_ready 0\n' } })
  t.is(await (await fetch(`${url}/health/live`)).text(), 'alive\n')
  const ready = await fetch(`${url}/health/ready`)
  t.is(ready.status, 503)
  t.is(ready.headers.get('content-type'), 'application/problem+json; charset=utf-8')
  t.is(await (await fetch(`${url}/metrics`)).text(), 'hostless_ready 0\n')
  t.is((await fetch(`${url}/metrics`, { method: 'POST' })).status, 405)
})
