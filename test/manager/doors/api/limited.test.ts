// The API over a running manager for who is limited to groups: they see the pool, and act on what is theirs.
import test from 'ava'
import { macOf, pushBoot, startTestAgent, until } from '../../site.ts'
import { PASSWORD, startApiSite } from './asking.ts'

test('an operator of a rack acts on its host, sees the other, and is told by name and code what is not theirs', async (t) => {
  t.timeout(90_000)
  const site = await startApiSite(t, { enrol: 'auto' })
  for (const index of [1, 2]) startTestAgent(t, async () => site.address, await pushBoot(site, macOf(index)), { macs: [macOf(index)] })
  const hosts = await until('two hosts', () => {
    const up = site.manager.pool.hosts().filter(({ state }) => state === 'up')
    return up.length === 2 && up
  })
  const [own, other] = hosts.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  if (!own || !other) return t.fail()
  const admin = site.as('admin')
  t.is((await admin('PATCH', `/hosts/${own.id}`, { groups: ['rack3'] })).status, 200)
  t.is((await admin('PATCH', `/hosts/${other.id}`, { groups: ['rack4'] })).status, 200)
  const added = await admin('POST', '/users', { name: 'rick', password: PASSWORD, role: 'operator', groups: ['rack3'] })
  t.is(added.status, 201)
  t.deepEqual(JSON.parse(added.text).groups, ['rack3'])
  const login = JSON.parse((await site.ask('POST', '/login', { body: { user: 'rick', password: PASSWORD, label: 'x' } })).text)
  const rick = (method: string, path: string, body?: unknown) =>
    site.ask(method, path, { token: login.secret, ...(body === undefined ? {} : { body }) })
  t.like(JSON.parse((await rick('GET', '/whoami')).text), { user: 'rick', role: 'operator', groups: ['rack3'] })
  t.is(JSON.parse((await rick('GET', '/hosts')).text).hosts.length, 2)
  t.is((await rick('GET', `/hosts/${other.id}/history`)).status, 200)

  t.is((await rick('POST', `/hosts/${own.id}/cordon`, {})).status, 200)
  const refused = async (method: string, path: string, body: unknown, about: RegExp) => {
    const asked = await rick(method, path, body)
    t.is(asked.status, 403, `${method} ${path}: ${asked.text}`)
    t.like(JSON.parse(asked.text), { code: 'outside-your-groups' })
    t.regex(JSON.parse(asked.text).detail, about)
    const [last] = (await site.manager.access.auditTrail(1)).entries
    t.is(last?.who, 'rick')
    t.regex(last?.what ?? '', /: refused \(403\): /)
  }
  await refused(
    'POST',
    `/hosts/${other.id}/cordon`,
    {},
    new RegExp(`^this acts on host ${other.name} \\(rack4\\): you may act on rack3 alone$`),
  )
  await refused('PATCH', `/hosts/${own.id}`, { groups: ['rack3', 'rack4'] }, /^in which groups a host is/)
  await refused('POST', '/bring-home', { refs: [own.id, other.id] }, /host .* \(rack4\)/)
  await refused('POST', '/vms', { spec: { name: 'web1', memory: '1G' }, hosts: [other.id] }, /host .* \(rack4\)/)
  await refused('POST', '/storage/vgs', { host: other.id, name: 'data', disks: 'empty' }, /host .* \(rack4\)/)
  await refused('POST', '/networks', { name: 'lan', bridge: 'xenbr0' }, /^this acts on the whole pool/)
  await refused('POST', '/connections', { kind: 'iscsi', portal: '10.0.0.1' }, /^this acts on the whole pool/)
  t.is(site.manager.pool.find(other.id)?.service, 'in')
  t.is((await rick('POST', '/hosts/nowhere/cordon', {})).status, 404)

  const narrow = await rick('POST', '/tokens', { label: 'y', groups: ['rack4'] })
  t.is(narrow.status, 403, narrow.text)
  t.is((await admin('PATCH', '/users/rick', { groups: ['rack4'] })).status, 200)
  t.is((await rick('POST', `/hosts/${other.id}/cordon`, {})).status, 200, 'at once, for the token that there is')
  t.is((await rick('POST', `/hosts/${own.id}/uncordon`, {})).status, 403)
})

test('a second factor is asked for over the API, and its secrets are told once', async (t) => {
  const site = await startApiSite(t)
  const operator = site.as('operator')
  t.deepEqual(JSON.parse((await operator('GET', '/second-factor')).text), { state: 'off', recoveryCodes: 0 })
  t.is((await operator('POST', '/second-factor', { password: 'not it, not it' })).status, 403)
  const begun = await operator('POST', '/second-factor', { password: PASSWORD })
  t.is(begun.status, 201)
  t.regex(JSON.parse(begun.text).uri, /^otpauth:\/\/totp\/hostless:operator\?secret=[A-Z2-7]{32}&issuer=hostless/)
  t.is((await operator('POST', '/second-factor/confirm', { code: '12' })).status, 403)
  t.is(JSON.parse((await operator('GET', '/second-factor')).text).state, 'begun')
  t.is((await site.as('viewer')('DELETE', '/users/operator/second-factor')).status, 403)
  t.is((await site.as('admin')('DELETE', '/users/operator/second-factor')).status, 204)
  t.is((await site.as('admin')('DELETE', '/users/operator/second-factor')).status, 409)
  const trail = JSON.stringify((await site.manager.access.auditTrail(100)).entries)
  t.regex(trail, /reset the second factor of operator/)
  t.false(trail.includes(JSON.parse(begun.text).secret))
})
