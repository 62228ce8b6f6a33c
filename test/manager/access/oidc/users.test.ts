// People of an issuer among the users, on both databases.

import { join } from 'node:path'
import type { Person } from '../../../../manager/access/oidc/person.ts'
import { backup } from '../../../../manager/store/backup/backup.ts'
import { restore } from '../../../../manager/store/backup/restore.ts'
import { keepAuthority, keepSiteSecret } from '../../../../manager/store/keys/authority.ts'
import { keepSealer } from '../../../../manager/store/keys/sealing.ts'
import { dataDirFor } from '../../site.ts'
import { onEach } from '../../store/dialects.ts'
import { accessAt, PASSWORD, value } from '../site.ts'

const ISSUER = 'https://login.example/realms/company'
const GRACE: Person = { issuer: ISSUER, subject: 'g', name: 'grace', role: 'admin', by: 'Company login' }
const DAY = 24 * 3600_000

onEach('they are found by issuer and subject; the same subject of another issuer is another person', async (t, place) => {
  const { access } = await accessAt(t, place)
  t.like(value(await access.arrive(GRACE)), { user: 'grace', isNew: true })
  t.like(value(await access.arrive({ ...GRACE, name: 'other', role: 'viewer' })), { user: 'grace', isNew: false })
  t.like(value(await access.arrive({ ...GRACE, subject: 'h', name: 'hopper', role: 'viewer' })), { user: 'hopper', isNew: true })
  t.like(await access.arrive({ ...GRACE, issuer: 'https://evil.example' }), { kind: 'refused', status: 409, code: 'name-taken' })
  t.like(value(await access.arrive({ ...GRACE, issuer: 'https://evil.example', name: 'mallory' })), { user: 'mallory', isNew: true })
  t.deepEqual(
    (await access.users()).map(({ name, role, issuer }) => [name, role, issuer]),
    [
      ['grace', 'viewer', ISSUER],
      ['hopper', 'viewer', ISSUER],
      ['mallory', 'admin', 'https://evil.example'],
    ],
  )
})

onEach(
  'one local admin stays, so that somebody comes in when the issuer is gone; and the first one can still be made',
  async (t, place) => {
    const { access } = await accessAt(t, place)
    value(await access.arrive(GRACE))
    const code = await access.firstAdminCode()
    t.regex(code ?? '', /^[\w-]{43}$/, 'there is no local user yet')
    value(await access.redeemFirstAdmin(code ?? '', 'alice', PASSWORD, '10.0.0.1'))
    t.is(await access.firstAdminCode(), undefined)
    for (const refused of [await access.removeUser('alice'), await access.changeUser('alice', { role: 'viewer' })])
      t.like(refused, {
        kind: 'refused',
        status: 409,
        reason: 'alice is the last local admin of the whole pool: make another local user one first',
      })
    value(await access.addUser('bob', PASSWORD, 'admin'))
    value(await access.removeUser('alice'))
    value(await access.removeUser('grace'))
  },
)

onEach('they have no password and nothing that is set here; their tokens hold for thirty days at most', async (t, place) => {
  const { access } = await accessAt(t, place)
  const { secret } = value(await access.arrive({ ...GRACE, groups: ['rack3'] }))
  t.like(await access.bySession(secret), { user: 'grace', role: 'admin', groups: ['rack3'], issuer: ISSUER })
  for (const asked of [
    access.changeUser('grace', { password: PASSWORD }),
    access.changeUser('grace', { role: 'viewer' }),
    access.changeUser('grace', { groups: null }),
    access.checkPassword('grace', '', '10.0.0.1'),
    access.beginSecondFactor('grace', '', '10.0.0.1'),
    access.endSecondFactor('grace', { password: '', code: '' }, '10.0.0.1'),
    access.resetSecondFactor('grace'),
  ])
    t.like(await asked, { kind: 'refused', status: 409, code: 'not-local' })
  for (const password of ['', PASSWORD, 'scrypt$16$8$1$$'])
    t.like(await access.logIn('grace', password, { label: 'x', days: 1 }, '10.0.0.1'), {
      kind: 'refused',
      status: 401,
      code: 'wrong-password',
    })
  const [long, short] = [
    value(await access.issueToken('grace', { label: 'x', days: 3650 })),
    value(await access.issueToken('grace', { label: 'x', days: 7 })),
  ]
  t.deepEqual(
    [long, short].map(({ created, expires }) => (expires - created) / DAY),
    [30, 7],
  )
  t.is(await access.dismiss(GRACE), 'grace')
  t.is(await access.dismiss(GRACE), undefined)
  t.is(await access.byToken(long.secret), undefined)
  t.is(await access.bySession(secret), undefined)
})

onEach(
  'a restore brings back nobody under the name of another: who has it now, local or of an issuer, was not who had it',
  async (t, place) => {
    await Promise.all([keepAuthority(place.dataDir), keepSiteSecret(place.dataDir)])
    const site = await accessAt(t, place, { sealer: await keepSealer(place.dataDir) })
    const { access } = site
    for (const name of ['alice', 'grace']) value(await access.addUser(name, PASSWORD, 'admin'))
    value(await access.arrive({ ...GRACE, name: 'lovelace', subject: 'l' }))
    value(await access.arrive({ ...GRACE, name: 'hopper', subject: 'h' }))
    const local = value(await access.issueToken('grace', { label: 'x', days: 300 }))
    const kept = value(await access.issueToken('hopper', { label: 'x', days: 30 }))
    const file = join(await dataDirFor(t), 'backup')
    await backup(place, file)
    value(await access.removeUser('grace'))
    value(await access.arrive({ ...GRACE, role: 'viewer' }))
    value(await access.arrive({ ...GRACE, name: 'hopper', subject: 'h', role: 'operator', groups: ['rack3'] }))
    value(await access.removeUser('lovelace'))
    value(await access.addUser('lovelace', PASSWORD, 'viewer'))
    await site.store.close()

    const { stays } = await restore(place, file, site.log.log)
    for (const what of ['user grace is removed', 'user lovelace is removed', 'user hopper may act on', 'user hopper has'])
      t.true(
        stays.some((line) => line.startsWith(what)),
        `${what} in ${stays.join('; ')}`,
      )
    const restored = await accessAt(t, place)
    t.deepEqual(
      (await restored.access.users()).map(({ name, role, groups, issuer }) => [name, role, groups, issuer]),
      [
        ['alice', 'admin', undefined, undefined],
        ['hopper', 'operator', ['rack3'], ISSUER],
      ],
    )
    t.is(await restored.access.byToken(local.secret), undefined)
    t.like(await restored.access.byToken(kept.secret), { user: 'hopper', role: 'operator' })
    t.like(value(await restored.access.arrive({ ...GRACE, subject: 'h' })), { user: 'hopper', isNew: false })
    await restored.store.close()
  },
)
