// Users and tokens that are limited to groups.
import { onEach } from '../store/dialects.ts'
import { accessAt, PASSWORD, sessionOf, value } from './site.ts'

const PEER = '10.0.0.1'

onEach('who is limited to groups is known with them by cookie and token, and what an admin changes acts at once', async (t, place) => {
  const { access } = await accessAt(t, place)
  value(await access.addUser('ada', PASSWORD, 'admin'))
  t.deepEqual(value(await access.addUser('otto', PASSWORD, 'operator', ['rack3', 'lab'])).groups, ['rack3', 'lab'])
  const cookie = await sessionOf(access, 'otto')
  const token = value(await access.logIn('otto', PASSWORD, { label: 'cli', days: 1 }, PEER))
  t.deepEqual(token.groups, ['rack3', 'lab'])
  const known = async () => [(await access.bySession(cookie))?.groups, (await access.byToken(token.secret))?.groups]
  t.deepEqual(await known(), [
    ['rack3', 'lab'],
    ['rack3', 'lab'],
  ])
  t.deepEqual(value(await access.changeUser('otto', { groups: ['rack4'] })).groups, ['rack4'])
  t.deepEqual(await known(), [['rack4'], ['rack4']])
  t.deepEqual(
    (await access.users()).map(({ name, groups }) => [name, groups]),
    [
      ['ada', undefined],
      ['otto', ['rack4']],
    ],
  )
  t.is(value(await access.changeUser('otto', { role: 'viewer' })).groups?.[0], 'rack4', 'what is left out stays')
  t.is(value(await access.changeUser('otto', { groups: null })).groups, undefined)
  t.deepEqual(await known(), [undefined, undefined])
})

onEach('a token acts on no more than its user, and what is made with it on no more than it', async (t, place) => {
  const { access } = await accessAt(t, place)
  value(await access.addUser('otto', PASSWORD, 'operator', ['rack3', 'lab']))
  t.like(await access.issueToken('otto', { label: 'x', groups: ['rack4'], days: 1 }), { kind: 'refused', status: 403 })
  t.like(await access.issueToken('otto', { label: 'x', groups: ['rack3', 'rack4'], days: 1 }), { kind: 'refused', status: 403 })
  const token = value(await access.issueToken('otto', { label: 'ci', groups: ['lab'], days: 9 }))
  const by = await access.byToken(token.secret)
  t.deepEqual(by?.groups, ['lab'])
  t.like(await access.issueToken('otto', { label: 'y', groups: ['rack3'], days: 1 }, by), { kind: 'refused', status: 403 })
  const child = value(await access.issueToken('otto', { label: 'child', days: 1 }, by))
  t.deepEqual((await access.byToken(child.secret))?.groups, ['lab'])
  value(await access.changeUser('otto', { groups: ['rack3'] }))
  t.deepEqual((await access.byToken(token.secret))?.groups, [], 'what both leave is nothing, and not all')
  value(await access.changeUser('otto', { groups: null }))
  t.deepEqual((await access.byToken(child.secret))?.groups, ['lab'])
})

onEach('one admin of the whole pool stays, and one who is limited revokes no token of others', async (t, place) => {
  const { access } = await accessAt(t, place)
  value(await access.addUser('ada', PASSWORD, 'admin'))
  value(await access.addUser('rack', PASSWORD, 'admin', ['rack3']))
  t.like(await access.changeUser('ada', { groups: ['rack3'] }), { kind: 'refused', status: 409 })
  t.like(await access.changeUser('ada', { role: 'operator' }), { kind: 'refused', status: 409 })
  t.like(await access.removeUser('ada'), { kind: 'refused', status: 409 })
  t.is(value(await access.changeUser('ada', { groups: null })).role, 'admin')
  const token = value(await access.issueToken('ada', { label: 'x', days: 1 }))
  const rack = await access.bySession(await sessionOf(access, 'rack'))
  if (!rack) return t.fail()
  t.like(await access.revokeToken(token.id, rack), { kind: 'refused', status: 403 })
  value(await access.changeUser('rack', { groups: null }))
  t.is((await access.removeUser('ada')).kind, 'done')
})
