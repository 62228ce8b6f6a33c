import test from 'ava'
import { fakePool } from './fake-pool.ts'
import { ask, startPages } from './page-server.ts'

test('what is nowhere is a page for a browser, with or without a session, and a problem for a program', async (t) => {
  const server = await startPages(fakePool(1))
  t.teardown(() => server.close())
  const { cookie } = await server.session('viewer')
  const accept = 'text/html,application/xhtml+xml,*/*;q=0.8'
  for (const headers of [{ accept }, { accept, cookie }]) {
    const { status, text: body } = await ask(server, '/<b>nope', { headers })
    t.is(status, 404)
    t.regex(body, /There is no page \/%3Cb%3Enope\.|There is no page \/&lt;b&gt;nope\./)
    t.regex(body, /<html lang="en">/)
    t.is(body.includes('aria-label="Pages"'), 'cookie' in headers)
  }
  const program = await ask(server, '/nope', { headers: { accept: '*/*' } })
  t.is(program.status, 404)
  t.is(JSON.parse(program.text).detail, 'there is nothing here')
})
