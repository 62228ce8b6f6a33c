// manager.oidc: what is refused, with what was found and what to write.
import test from 'ava'
import { parseConfig } from '../../../appliance/config.ts'
import { managerConfig } from '../../../manager/config.ts'

const OIDC = {
  issuer: 'https://login.example/realms/company',
  clientId: 'hostless',
  clientSecretFile: '/etc/hostless/oidc.secret',
  name: 'Company login',
  roles: { claim: 'groups', rules: [{ value: '/rack-admins', role: 'admin' }] },
}

function parsed(oidc: object) {
  const file = {
    network: { interface: 'eth1', address: '10.77.0.1/24' },
    dhcp: { mode: 'off' },
    manager: { listen: '10.77.0.1:8443', oidc },
  }
  return parseConfig(JSON.stringify(file), 'hostless.yaml', {})
}

function problemsOf(oidc: object): string {
  const read = parsed(oidc)
  return read.kind === 'refused'
    ? read.problems.map(({ key, found, expected }) => `${key}: found ${found}; expected ${expected}`).join('\n')
    : ''
}

test('what may be left out has its default, and all of it reaches the manager', (t) => {
  const read = parsed(OIDC)
  if (read.kind === 'refused') return t.fail(JSON.stringify(read.problems))
  const manager = managerConfig(read.config)
  t.deepEqual(manager.kind === 'config' ? manager.config.oidc : undefined, { ...OIDC, scopes: ['openid', 'profile', 'email'] })
})

for (const [what, change, expected] of [
  ['plain http', { issuer: 'http://login.example' }, /^manager\.oidc\.issuer: found "http:\/\/login\.example"; expected .*an https: URL/],
  ['http to a name that only looks like this machine', { issuer: 'http://127.evil.example' }, /manager\.oidc\.issuer/],
  ['an issuer with a query', { issuer: 'https://login.example/?x=1' }, /manager\.oidc\.issuer/],
  ['an issuer with a password', { issuer: 'https://a:b@login.example/' }, /manager\.oidc\.issuer/],
  ['no URL', { issuer: 'login.example' }, /manager\.oidc\.issuer/],
  ['a secret that is no path', { clientSecretFile: 'swordfish' }, /manager\.oidc\.clientSecretFile: .*expected an absolute path/],
  ['a name of two lines', { name: 'a\nb' }, /manager\.oidc\.name: .*what the button says/],
  ['a role that is none', { defaultRole: 'root' }, /manager\.oidc\.defaultRole: found "root"; expected viewer or operator or admin/],
  [
    'a group that is none',
    { roles: { claim: 'g', rules: [{ value: 'x', role: 'admin', groups: ['A B'] }] } },
    /rules\[0\]\.groups\[0\]: .*a group name/,
  ],
  [
    'an empty list of groups',
    { roles: { claim: 'g', rules: [{ value: 'x', role: 'admin', groups: [] }] } },
    /rules\[0\]\.groups: found an empty list/,
  ],
  ['rules that are none', { roles: { claim: 'g', rules: [] } }, /^manager\.oidc: found neither roles nor defaultRole; expected rules/],
  ['neither rules nor a default', { roles: undefined }, /^manager\.oidc: found neither roles nor defaultRole; expected rules/],
  ['a site with a path', { site: 'https://hostless.example/x' }, /manager\.oidc\.site: .*https:\/\/HOST:PORT/],
  ['a site without TLS', { site: 'http://hostless.example' }, /manager\.oidc\.site/],
  [
    'an unknown key',
    { clientSecret: 'x' },
    /manager\.oidc\.clientSecret: found an unknown key; expected one of issuer, clientId, clientSecretFile/,
  ],
] as const)
  test(`refused: ${what}`, (t) => {
    t.regex(problemsOf({ ...OIDC, ...change }), expected)
  })

test('this machine itself may be an issuer without TLS, as a test is', (t) => {
  for (const issuer of ['http://127.0.0.1:8080/realms/x', 'http://[::1]:8080']) t.is(problemsOf({ ...OIDC, issuer }), '', issuer)
})
