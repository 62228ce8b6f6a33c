// One's own password and tokens; for admins the users and the audit log.

import type { Refusal } from '../../../access/access.ts'
import { atLeast } from '../../../access/roles.ts'
import { password, ROLES, type Role, role, type Token, userName } from '../../../protocol/accounts.ts'
import { auditFailure } from '../failed-attempt.ts'
import { type Answer, action, badForm, type PageRoute, page, type Visitor } from '../route.ts'
import { moment } from '../views/words.ts'

const AUDIT_PAGE = 200
const LONGEST_LABEL = 64

export const ACCESS_ROUTES: readonly PageRoute[] = [
  page('viewer', '/account', async (visitor, { access, now }) => {
    const tokens = await access.tokens(visitor.who.user)
    return {
      kind: 'page',
      page: 'account',
      title: 'Account',
      view: { ...tokensView(tokens, now()), from: 'account', roles: rolesUpTo(visitor.who.role) },
    }
  }),
  action('viewer', '/account/password', async ({ who, form, peer }, { access }) => {
    const parsed = password.safeParse(form.get('password') ?? '')
    if (!parsed.success) return badForm(`The new password ${parsed.error.issues[0]?.message}.`)
    const current = await access.signIn(who.user, (form.get('current') ?? '').slice(0, 1024), peer)
    const what = `change the password of ${who.user}`
    if (current.kind === 'refused') {
      await auditFailure(access, { claimed: who.user, peer, what }, current)
      return { ...refusal(current), reason: `The password of now: ${current.reason}` }
    }
    await access.audit({ who: who.user, peer, what })
    const done = await access.changeUser(who.user, { password: parsed.data })
    return done.kind === 'done' ? { kind: 'signed-out' } : refusal(done)
  }),
  action('viewer', '/tokens', async ({ who, form, peer }, { access }) => {
    const label = (form.get('label') ?? '').trim()
    const days = Number(form.get('days') ?? '')
    const asked = role.safeParse(form.get('role'))
    if (label === '' || label.length > LONGEST_LABEL) return badForm(`A token has a label of 1 to ${LONGEST_LABEL} characters.`)
    if (!Number.isInteger(days) || days < 1 || days > 3650) return badForm('A token is good for 1 to 3650 days.')
    if (!asked.success || !atLeast(who.role, asked.data)) return badForm('A token has at most the role of its user.')
    await access.auditBounded({ who: who.user, peer, what: `issue token "${label}" as ${asked.data} for ${days} days` })
    const done = await access.issueToken(who.user, label, asked.data, days, who)
    return done.kind === 'done'
      ? { kind: 'told', page: 'token', title: 'New token', view: { label, secret: done.value.secret } }
      : refusal(done)
  }),
  action('viewer', '/tokens/revoke', async ({ who, form, peer }, { access }) => {
    const id = (form.get('id') ?? '').slice(0, 128)
    await access.auditBounded({ who: who.user, peer, what: `revoke token ${id}` })
    const done = await access.revokeToken(id, who)
    return done.kind === 'done'
      ? { kind: 'acted', said: 'The token is revoked.', path: form.get('from') === 'users' ? '/users' : '/account' }
      : refusal(done)
  }),
  page('admin', '/users', async ({ who }, { access, now }) => {
    const [users, tokens] = await Promise.all([access.users(), access.tokens()])
    const view = {
      users: users.map(({ name, role: of, created, lastSeen }) => ({
        name,
        isSelf: name === who.user,
        roles: ROLES.map((one) => ({ name: one, isChosen: one === of })),
        created: moment(created),
        lastSeen: lastUse(lastSeen),
      })),
      roles: ROLES.map((name) => ({ name, isChosen: name === 'viewer' })),
      ...tokensView(tokens, now()),
      from: 'users',
    }
    return { kind: 'page', page: 'users', title: 'Users', view }
  }),
  action('admin', '/users', async ({ who, form, peer }, { access }) => {
    const name = userName.safeParse(form.get('user') ?? '')
    const secret = password.safeParse(form.get('password') ?? '')
    const asked = role.safeParse(form.get('role'))
    if (!name.success) return badForm(`The name ${name.error.issues[0]?.message}.`)
    if (!secret.success) return badForm(`The password ${secret.error.issues[0]?.message}.`)
    if (!asked.success) return badForm(`A role is one of ${ROLES.join(', ')}.`)
    await access.audit({ who: who.user, peer, what: `add user ${name.data} as ${asked.data}` })
    return settled(await access.addUser(name.data, secret.data, asked.data), `${name.data} may come in as ${asked.data}.`)
  }),
  action('admin', '/users/:name/role', async ({ who, params, form, peer }, { access }) => {
    const name = params.name ?? ''
    const asked = role.safeParse(form.get('role'))
    if (!asked.success) return badForm(`A role is one of ${ROLES.join(', ')}.`)
    await access.audit({ who: who.user, peer, what: `make user ${name} ${asked.data}` })
    return settled(await access.changeUser(name, { role: asked.data }), `${name} is ${asked.data} now.`)
  }),
  action('admin', '/users/:name/password', async ({ who, params, form, peer }, { access }) => {
    const name = params.name ?? ''
    const secret = password.safeParse(form.get('password') ?? '')
    if (!secret.success) return badForm(`The password ${secret.error.issues[0]?.message}.`)
    await access.audit({ who: who.user, peer, what: `set the password of ${name}` })
    return settled(await access.changeUser(name, { password: secret.data }), `${name} has a new password; sessions and tokens have ended.`)
  }),
  action('admin', '/users/:name/remove', async ({ who, params, peer }, { access }) => {
    const name = params.name ?? ''
    await access.audit({ who: who.user, peer, what: `remove user ${name}` })
    return settled(await access.removeUser(name), `${name} is removed.`)
  }),
  page('admin', '/audit', async ({ query }: Visitor, { access }) => {
    const before = Number(query.get('before'))
    const { entries, intact, broken, keyedFrom } = await access.auditTrail(
      AUDIT_PAGE,
      Number.isInteger(before) && before > 0 ? before : undefined,
    )
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

function settled(done: { readonly kind: 'done' } | Refusal, said: string): Answer {
  return done.kind === 'done' ? { kind: 'acted', said, path: '/users' } : refusal(done)
}

function refusal({ status, reason, retryAfter }: Refusal): Extract<Answer, { readonly kind: 'refused' }> {
  return { kind: 'refused', status, reason, ...(retryAfter === undefined ? {} : { retryAfter }) }
}

function rolesUpTo(most: Role) {
  return ROLES.filter((one) => atLeast(most, one)).map((name) => ({ name, isChosen: name === most }))
}

function tokensView(tokens: readonly Token[], now: number) {
  return {
    tokens: tokens.map(({ id, user, label, role: of, expires, lastUsed }) => ({
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
