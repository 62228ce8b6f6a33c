// Images of guests' disks, on their page.
import test from 'ava'
import { fakePool } from './fake-pool.ts'
import { ask, post, startPages } from './page-server.ts'

async function start(t: { teardown(end: () => Promise<void>): void }) {
  const server = await startPages(fakePool(2))
  t.teardown(() => server.close())
  return server
}

test('the page shows every image with its guests, what is wrong with it, and the command that does the same', async (t) => {
  const server = await start(t)
  const { cookie } = await server.session('viewer')
  const { text } = await ask(server, '/vm-images', { headers: { cookie } })
  t.regex(text, /debian13.*3\.0 GiB|debian13.*3 GiB/)
  t.regex(text, /web1, web2/)
  t.regex(text, /told bad">damaged: block 1 has changed/)
  t.regex(text, /for &lt;all&gt;/)
  t.regex(text, /cccccccccccc/, 'one without a name, by its id')
  t.regex(text, /hostless vm-image list/)
  t.notRegex(text, /action="\/vm-images/, 'a viewer finds no form')
})

test('an operator verifies and removes; what guests use has no such form, and is refused', async (t) => {
  const server = await start(t)
  const session = await server.session('operator')
  const { text } = await ask(server, '/vm-images', { headers: { cookie: session.cookie } })
  t.is(text.match(/action="\/vm-images\/verify"/g)?.length, 3)
  t.is(text.match(/action="\/vm-images\/remove"/g)?.length, 2)
  t.is((await post(server, '/vm-images/verify', session, { ref: 'old' })).headers.location, '/vm-images')
  t.is((await post(server, '/vm-images/remove', session, { ref: 'old' })).status, 303)
  const refused = await post(server, '/vm-images/remove', session, { ref: 'debian13' })
  t.is(refused.status, 409)
  t.regex(refused.text, /Image debian13 is what disks of web1, web2 are made of/)
  t.is((await post(server, '/vm-images/remove', session, { ref: '../x' })).status, 400)
  const trail = (await server.access.auditTrail(100)).entries.map(({ what }) => what)
  t.true(trail.includes('remove image old') && trail.includes('verify image old'), trail.join('\n'))
})
