// What comes over the wire, byte by byte, as a browser asks for it.
import { request } from 'node:https'
import { gunzipSync } from 'node:zlib'
import test, { type ExecutionContext } from 'ava'
import { idOf, manyThings } from './fake-hosts.ts'
import { type FakePool, fakePool } from './fake-pool.ts'
import { type PageServer, post, type Session, startPages } from './page-server.ts'

interface Wire {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly bytes: Buffer
}

function wire({ port }: PageServer, path: string, headers: Readonly<Record<string, string>>): Promise<Wire> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, headers, agent: false, rejectUnauthorized: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject)
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, bytes: Buffer.concat(chunks) }))
    })
    asked.on('error', reject)
    asked.end()
  })
}

async function site(t: ExecutionContext, pool: FakePool) {
  const server = await startPages(pool)
  t.teardown(() => server.close())
  const session = await server.session('admin')
  const get = (path: string, headers: Readonly<Record<string, string>> = { 'accept-encoding': 'gzip, deflate, br' }) =>
    wire(server, path, { cookie: session.cookie, ...headers })
  return { server, session, get }
}

const TOKENS = /"[\w-]{100,}"|&quot;[\w-]{100,}&quot;/g
const tokenIn = (text: string): string => /name="csrf" value="([\w-]+)"/.exec(text)?.[1] ?? ''

test('the matrix of 1,000 hosts and 123 things is less than 300 kB on the wire, and the same page as without', async (t) => {
  const { get } = await site(t, fakePool(1000, { pending: 0, things: manyThings(123) }))
  const [packed, plain] = [await get('/'), await get('/', {})]
  t.is(packed.headers['content-encoding'], 'gzip')
  t.true(packed.bytes.length < 300_000, `${packed.bytes.length} bytes`)
  t.is(plain.headers['content-encoding'], undefined)
  for (const { headers } of [packed, plain]) t.regex(String(headers.vary), /Accept-Encoding/i)
  const text = gunzipSync(packed.bytes).toString()
  t.is(text.match(/<tr id="?h-/g)?.length, 1000)
  t.is(text.replace(TOKENS, ''), plain.bytes.toString().replace(TOKENS, ''))
})

test('the token of a page is another in each answer, and each of them counts', async (t) => {
  const pool = fakePool(4)
  const { server, session, get } = await site(t, pool)
  const tokens: string[] = []
  for (let times = 0; times < 3; times += 1) tokens.push(tokenIn(gunzipSync((await get('/pending')).bytes).toString()))
  t.is(new Set(tokens).size, 3)
  t.false(tokens.some((token) => token.includes(session.csrf)))
  const as = (csrf: string): Session => ({ ...session, csrf })
  for (const [at, token] of tokens.entries())
    t.is((await post(server, `/hosts/${idOf(at)}/cordon`, as(token), { reason: 'x' })).status, 303)
  const [first = ''] = tokens
  const other = `${first.startsWith('A') ? 'B' : 'A'}${first.slice(1)}`
  t.is((await post(server, `/hosts/${idOf(3)}/cordon`, as(other), { reason: 'x' })).status, 403)
})

test('what is told once in answer to a form is never packed; files are, and known ones are not sent again', async (t) => {
  const { server, session, get } = await site(t, fakePool(4))
  const told = await post(server, '/tokens', session, { label: 'cli', role: 'viewer', days: '1' }, { 'accept-encoding': 'gzip' })
  t.is(told.status, 200)
  t.is(told.headers['content-encoding'], undefined)
  const style = await get('/assets/page.css')
  t.is(style.headers['content-encoding'], 'gzip')
  const plain = await get('/assets/page.css', {})
  t.deepEqual(gunzipSync(style.bytes), plain.bytes)
  const again = await get('/assets/page.css', { 'accept-encoding': 'gzip', 'if-none-match': String(style.headers.etag) })
  t.deepEqual([again.status, again.bytes.length], [304, 0])
  t.is((await get('/assets/page.css', { 'accept-encoding': 'gzip;q=0, identity' })).headers['content-encoding'], undefined)
})
