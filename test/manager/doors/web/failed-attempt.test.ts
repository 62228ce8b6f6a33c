// Attempts to come in that fail are in the audit log, as many as the limits let through, and what was typed is not.
import test from 'ava'
import { fakePool } from './fake-pool.ts'
import { ask, PASSWORD, type PageServer, post, startPages } from './page-server.ts'

const enter = (server: PageServer, path: string, fields: Readonly<Record<string, string>>) =>
  ask(server, path, {
    method: 'POST',
    headers: { origin: server.origin, 'sec-fetch-site': 'same-origin' },
    body: new URLSearchParams(fields).toString(),
  })
const audited = async (server: PageServer) => (await server.access.auditTrail(200)).entries.map(({ who, what }) => `${who}: ${what}`)

test('a sign-in that fails says of whom and why; a password in the field of the name is not written down', async (t) => {
  const server = await startPages(fakePool(2))
  t.teardown(() => server.close())
  await enter(server, '/signin', { user: 'vera', password: 'wrong password' })
  await enter(server, '/signin', { user: 'My Secret Pass!', password: '' })
  const lines = await audited(server)
  t.deepEqual(lines, [
    'nobody: sign in: refused (401): the name or the password is wrong',
    'vera: sign in: refused (401): the name or the password is wrong',
  ])
})

test('a flood of sign-ins is refused by the limit, and writes no more than the limit lets through', async (t) => {
  const server = await startPages(fakePool(2))
  t.teardown(() => server.close())
  const statuses: number[] = []
  for (let attempt = 0; attempt < 40; attempt += 1) statuses.push((await enter(server, '/signin', { user: 'vera', password: 'no' })).status)
  t.true(statuses.includes(429))
  t.is((await audited(server)).length, statuses.filter((status) => status === 401).length)
})

test('a wrong code of the first admin and a wrong current password are failures too', async (t) => {
  const empty = await startPages(fakePool(2), { users: 'none' })
  t.teardown(() => empty.close())
  await enter(empty, '/first-admin', { code: 'wrong', user: 'root', password: PASSWORD })
  t.regex((await audited(empty))[0] ?? '', /^root: become the first admin: refused \(403\): this code is wrong/)
  const server = await startPages(fakePool(2))
  t.teardown(() => server.close())
  await post(server, '/account/password', await server.session('viewer'), { current: 'wrong', password: 'another good one' })
  t.deepEqual(await audited(server), ['vera: set the password of vera: refused (401): the name or the password is wrong'])
})
