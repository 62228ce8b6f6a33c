// What claims say, and whose account a person has: pure.
import test from 'ava'
import { lacksClaims, nameIn, roleIn } from '../../../../manager/access/oidc/claims.ts'
import { whose } from '../../../../manager/access/oidc/whose.ts'

const by = { name: 'Company login' }

test('nameIn takes the preferred name, else a verified e-mail, in lower case and without its domain', (t) => {
  t.deepEqual(nameIn({ preferred_username: 'Grace.Hopper' }, by), { kind: 'name', name: 'grace.hopper' })
  t.deepEqual(nameIn({ preferred_username: 'Grace@EXAMPLE.org' }, by), { kind: 'name', name: 'grace' })
  t.deepEqual(nameIn({ email: 'ada@example.org', email_verified: true }, by), { kind: 'name', name: 'ada' })
  t.deepEqual(nameIn({ upn: 'ada', email: 'x@y' }, { ...by, userClaim: 'upn' }), { kind: 'name', name: 'ada' })
  for (const claims of [
    {},
    { email: 'ada@example.org' },
    { email: 'ada@example.org', email_verified: 'true' },
    { preferred_username: '' },
    { preferred_username: 7 },
    { preferred_username: ['ada'] },
    { preferred_username: '@example.org' },
    { preferred_username: '../root' },
    { preferred_username: 'a'.repeat(33) },
    { preferred_username: 'ada lovelace' },
    { preferred_username: 'ad\u0430' },
  ])
    t.is(nameIn(claims, by).kind, 'refused', JSON.stringify(claims))
  t.is(nameIn({ preferred_username: 'ada' }, { ...by, userClaim: 'email' }).kind, 'refused')
})

test('roleIn goes by the first rule that fits, of a list or a single value, by name or by dots, and else by the default', (t) => {
  const rules = [
    { value: 'ops', role: 'operator', groups: ['rack3'] },
    { value: 'admins', role: 'admin' },
  ] as const
  const roles = { claim: 'groups', rules }
  t.deepEqual(roleIn({ groups: ['admins', 'ops'] }, { roles }), { role: 'operator', groups: ['rack3'] })
  t.deepEqual(roleIn({ groups: 'admins' }, { roles }), { role: 'admin' })
  t.deepEqual(roleIn({ a: { b: ['admins'] } }, { roles: { claim: 'a.b', rules } }), { role: 'admin' })
  t.deepEqual(roleIn({ 'a.b': ['admins'], a: { b: ['ops'] } }, { roles: { claim: 'a.b', rules } }), { role: 'admin' })
  for (const claims of [
    {},
    { groups: [] },
    { groups: ['ADMINS'] },
    { groups: ['/admins'] },
    { groups: { admins: true } },
    { groups: null },
    { groups: [['admins']] },
  ]) {
    t.is(roleIn(claims, { roles }), undefined, JSON.stringify(claims))
    t.deepEqual(roleIn(claims, { roles, defaultRole: 'viewer' }), { role: 'viewer' })
  }
  for (const claim of ['__proto__', 'constructor', 'groups.length', 'a.__proto__'])
    t.is(roleIn({ groups: ['admins'], a: {} }, { roles: { claim, rules } }), undefined, claim)
})

test('lacksClaims: whether the userinfo is to be asked', (t) => {
  const roles = { claim: 'groups', rules: [] }
  t.false(lacksClaims({ preferred_username: 'a', groups: [] }, { roles }))
  t.true(lacksClaims({ preferred_username: 'a' }, { roles }))
  t.false(lacksClaims({ preferred_username: 'a' }, {}))
  t.true(lacksClaims({ sub: 'a' }, {}))
  t.true(lacksClaims({ preferred_username: 'a' }, { userClaim: 'upn' }))
})

test('whose: the identity counts, and a name that another has is refused with what to do', (t) => {
  const local = { name: 'grace' }
  const other = { name: 'grace', issuer: 'https://login.example' }
  t.deepEqual(whose('grace', undefined, undefined, 'X'), { kind: 'new', name: 'grace' })
  t.deepEqual(whose('grace', { name: 'hopper', issuer: 'https://login.example' }, local, 'X'), { kind: 'known', name: 'hopper' })
  for (const [namesake, said] of [
    [local, /local user grace/],
    [other, /another account of https:\/\/login\.example/],
  ] as const) {
    const refused = whose('grace', undefined, namesake, 'Company login')
    t.like(refused, { kind: 'refused', status: 409, code: 'name-taken' })
    t.regex(refused.kind === 'refused' ? refused.reason : '', said)
    t.regex(refused.kind === 'refused' ? refused.reason : '', /hostless user remove grace/)
  }
})
