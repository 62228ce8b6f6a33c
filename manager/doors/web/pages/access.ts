// One's own password and tokens; for admins the users and the audit log.
import { atLeast } from '../../../access/roles.ts'
import { audit, tokens, users } from '../../../contract/access.ts'
import { password, ROLES, type Role, type Token } from '../../../protocol/accounts.ts'
import { auditFailure } from '../failed-attempt.ts'
import { type Answer, acted, action, actOn, badForm, field, type PageRoute, page, refusal, toldOf } from '../route.ts'
import { moment } from '../views/words.ts'

const AUDIT_PAGE = 200

export const ACCESS_ROUTES: readonly PageRoute[] = [
  page('viewer', '/account', async ({ ask, who }, { now }) => {
    const own = toldOf(await ask(tokens.list, {})).tokens.filter(({ user }) => user === who.user)
    return {
      kind: 'page',
      page: 'account',
      title: 'Account',
      view: { ...tokensView(own, now()), from: 'account', roles: rolesUpTo(who.role) },
    }
  }),
  action('viewer', '/account/password', async ({ who, ask, form, peer }, { access }) => {
    const parsed = password.safeParse(form.get('password') ?? '')
    if (!parsed.success) return badForm(`The new password ${parsed.error.issues[0]?.message}.`)
    const current = await access.signIn(who.user, (form.get('current') ?? '').slice(0, 1024), peer)
    if (current.kind === 'refused') {
      await auditFailure(access, { claimed: who.user, peer, what: `set the password of ${who.user}` }, current)
      return { ...refusal(current), reason: `The password of now: ${current.reason}` }
    }
    const done = await ask(users.change, { name: who.user, password: parsed.data })
    return done.kind === 'done' ? { kind: 'signed-out' } : refusal(done)
  }),
  actOn(tokens.issue, '/tokens', {
    fields: ({ form }) => ({ label: field(form, 'label'), days: Number(form.get('days') ?? ''), role: form.get('role') ?? '' }),
    done: ({ label, secret }) => ({ kind: 'told', page: 'token', title: 'New token', view: { label, secret } }),
  }),
  actOn(tokens.revoke, '/tokens/revoke', {
    fields: ({ form }) => ({ id: form.get('id') ?? '' }),
    done: (_none, { form }) => acted('The token is revoked.', form.get('from') === 'users' ? '/users' : '/account'),
  }),
  page('admin', '/users', async ({ ask, who }, { now }) => {
    const [all, given] = await Promise.all([ask(users.list, {}), ask(tokens.list, {})])
    const view = {
      users: toldOf(all).users.map(({ name, role: of, created, lastSeen }) => ({
        name,
        isSelf: name === who.user,
        roles: ROLES.map((one) => ({ name: one, isChosen: one === of })),
        created: moment(created),
        lastSeen: lastUse(lastSeen),
      })),
      roles: ROLES.map((name) => ({ name, isChosen: name === 'viewer' })),
      ...tokensView(toldOf(given).tokens, now()),
      from: 'users',
    }
    return { kind: 'page', page: 'users', title: 'Users', view }
  }),
  actOn(users.add, '/users', {
    fields: ({ form }) => ({ name: form.get('user') ?? '', password: form.get('password') ?? '', role: form.get('role') ?? '' }),
    done: ({ name, role }) => onUsers(`${name} may come in as ${role}.`),
  }),
  actOn(users.change, '/users/:name/role', {
    fields: ({ params: { name }, form }) => ({ name, role: form.get('role') ?? '' }),
    done: ({ name, role }) => onUsers(`${name} is ${role} now.`),
  }),
  actOn(users.change, '/users/:name/password', {
    fields: ({ params: { name }, form }) => ({ name, password: form.get('password') ?? '' }),
    done: ({ name }) => onUsers(`${name} has a new password; sessions and tokens have ended.`),
  }),
  actOn(users.remove, '/users/:name/remove', {
    fields: ({ params: { name } }) => ({ name }),
    done: (_none, { params: { name } }) => onUsers(`${name} is removed.`),
  }),
  page('admin', '/audit', async ({ query, ask }) => {
    const before = Number(query.get('before'))
    const asked = { limit: AUDIT_PAGE, ...(Number.isInteger(before) && before > 0 ? { before } : {}) }
    const { entries, intact, broken, keyedFrom } = toldOf(await ask(audit.list, asked))
    const oldest = entries.at(-1)?.seq
    const view = {
      intact,
      broken: broken === undefined ? '' : `Entry ${broken} does not follow from the one before: somebody has changed the log.`,
      plain: keyedFrom === undefined ? '' : `Entries before ${keyedFrom} were written before the log had a key.`,
      entries: entries.map(({ seq, at, who, peer, what, hash }) => ({ seq, at: moment(at), who, peer, what, hash: hash.slice(0, 12) })),
      older: oldest !== undefined && oldest > 1 && entries.length === AUDIT_PAGE ? `/audit?before=${oldest}` : '',
    }
    return { kind: 'page', page: 'audit', title: 'Audit', view }
  }),
]

const onUsers = (said: string): Answer => acted(said, '/users')

function rolesUpTo(most: Role) {
  return ROLES.filter((one) => atLeast(most, one)).map((name) => ({ name, isChosen: name === most }))
}

function tokensView(given: readonly Token[], now: number) {
  return {
    tokens: given.map(({ id, user, label, role: of, expires, lastUsed }) => ({
      id,
      user,
      label,
      role: of,
      expires: moment(expires),
      isExpired: expires <= now,
      lastUsed: lastUse(lastUsed),
    })),
  }
}

const lastUse = (at: number | undefined) => (at === undefined ? { iso: '', text: 'never' } : moment(at))
