// One's own password and tokens; for admins the users and the audit log.
import { atLeast, mayOn } from '../../../access/roles.ts'
import { audit, tokens, users } from '../../../contract/access.ts'
import { type SecondFactor, secondFactor } from '../../../contract/second-factor.ts'
import { password, ROLES, type Role, type Token } from '../../../protocol/accounts.ts'
import { sayLimit } from '../../../protocol/group-limit.ts'
import { auditFailure } from '../failed-attempt.ts'
import { type Answer, acted, action, actOn, badForm, field, type PageRoute, page, refusal, toldOf } from '../route.ts'
import { moment } from '../views/words.ts'

const AUDIT_PAGE = 200

export const ACCESS_ROUTES: readonly PageRoute[] = [
  page('viewer', '/account', async ({ ask, who }, { now }) => {
    const factor = toldOf(await ask(secondFactor.show, {}))
    const own = toldOf(await ask(tokens.list, {})).tokens.filter(({ user }) => user === who.user)
    return {
      kind: 'page',
      page: 'account',
      title: 'Account',
      view: {
        ...tokensView(own, now()),
        from: 'account',
        roles: rolesUpTo(who.role),
        factor: factorView(factor),
        issuer: who.issuer ?? '',
        tokenDays: who.issuer === undefined ? 90 : 30,
        mostDays: who.issuer === undefined ? 3650 : 30,
      },
    }
  }),
  action('viewer', '/account/password', async ({ who, ask, form, peer }, { access }) => {
    const parsed = password.safeParse(form.get('password') ?? '')
    if (!parsed.success) return badForm(`The new password ${parsed.error.issues[0]?.message}.`)
    const current = await access.checkPassword(who.user, (form.get('current') ?? '').slice(0, 1024), peer)
    if (current.kind === 'refused') {
      await auditFailure(access, { claimed: who.user, peer, what: `set the password of ${who.user}` }, current)
      return { ...refusal(current), reason: `The password of now: ${current.reason}` }
    }
    const done = await ask(users.change, { name: who.user, password: parsed.data })
    return done.kind === 'done' ? { kind: 'signed-out' } : refusal(done)
  }),
  actOn(secondFactor.begin, '/account/second-factor', {
    fields: ({ form }) => ({ password: (form.get('password') ?? '').slice(0, 1024) }),
    done: ({ secret, uri }) => ({
      ...{ kind: 'told', page: 'second-factor', title: 'Second factor' },
      view: { secret: secret.replace(/(.{4})(?=.)/g, '$1 '), uri },
    }),
  }),
  actOn(secondFactor.confirm, '/account/second-factor/confirm', {
    fields: ({ form }) => ({ code: (form.get('code') ?? '').slice(0, 64) }),
    done: ({ recoveryCodes }) => ({ kind: 'told', page: 'recovery-codes', title: 'Second factor', view: { recoveryCodes } }),
  }),
  actOn(secondFactor.end, '/account/second-factor/end', {
    fields: ({ form }) => ({ password: (form.get('password') ?? '').slice(0, 1024), code: (form.get('code') ?? '').slice(0, 64) }),
    done: () => acted('Your second factor is asked for no more.', '/account'),
  }),
  actOn(secondFactor.reset, '/users/:name/second-factor', {
    fields: ({ params: { name } }) => ({ name }),
    done: (_none, { params: { name } }) => onUsers(`${name} signs in by the password alone now.`),
  }),
  actOn(tokens.issue, '/tokens', {
    fields: ({ form }) => ({
      label: field(form, 'label'),
      days: Number(form.get('days') ?? ''),
      role: form.get('role') ?? '',
      groups: groupsIn(form),
    }),
    done: ({ label, secret }) => ({ kind: 'told', page: 'token', title: 'New token', view: { label, secret } }),
  }),
  actOn(tokens.revoke, '/tokens/revoke', {
    fields: ({ form }) => ({ id: form.get('id') ?? '' }),
    done: (_none, { form }) => acted('The token is revoked.', form.get('from') === 'users' ? '/users' : '/account'),
  }),
  page('admin', '/users', async ({ ask, who }, { now }) => {
    const [all, given] = await Promise.all([ask(users.list, {}), ask(tokens.list, {})])
    const view = {
      mayChange: mayOn(who, 'admin'),
      users: toldOf(all).users.map(({ name, role: of, groups, secondFactor: has, issuer, created, lastSeen }) => ({
        name,
        issuer: issuer === undefined ? '' : hostIn(issuer),
        isSelf: name === who.user,
        role: of,
        groups: groups?.join(' ') ?? '',
        limit: sayLimit(groups),
        roles: ROLES.map((one) => ({ name: one, isChosen: one === of })),
        hasFactor: has === 'on',
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
    fields: ({ form }) => ({
      name: form.get('user') ?? '',
      password: form.get('password') ?? '',
      role: form.get('role') ?? '',
      groups: groupsIn(form),
    }),
    done: ({ name, role, groups }) => onUsers(`${name} may come in as ${role}, and act on ${sayLimit(groups)}.`),
  }),
  actOn(users.change, '/users/:name/role', {
    fields: ({ params: { name }, form }) => ({ name, role: form.get('role') ?? '', groups: groupsIn(form) ?? null }),
    done: ({ name, role, groups }) => onUsers(`${name} is ${role} now, and may act on ${sayLimit(groups)}.`),
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
    const { fields, chosen } = auditChoice(query)
    const asked = { limit: AUDIT_PAGE, ...(Number.isInteger(before) && before > 0 ? { before } : {}), ...chosen }
    const { entries, intact, broken, keyedFrom } = toldOf(await ask(audit.list, asked))
    const oldest = entries.at(-1)?.seq
    const older = new URLSearchParams([...Object.entries(fields).filter(([, value]) => value !== ''), ['before', String(oldest)]])
    const view = {
      ...fields,
      isChosen: Object.keys(chosen).length > 0,
      intact,
      broken: broken === undefined ? '' : `Entry ${broken} does not follow from the one before: somebody has changed the log.`,
      plain: keyedFrom === undefined ? '' : `Entries before ${keyedFrom} were written before the log had a key.`,
      entries: entries.map(({ seq, at, who, peer, what, hash }) => ({ seq, at: moment(at), who, peer, what, hash: hash.slice(0, 12) })),
      older: oldest !== undefined && oldest > 1 && entries.length === AUDIT_PAGE ? `/audit?${older}` : '',
    }
    return { kind: 'page', page: 'audit', title: 'Audit', view }
  }),
]

/** What of its URL is told in a column. */
function hostIn(issuer: string): string {
  return URL.canParse(issuer) ? new URL(issuer).host : issuer
}

/** Undefined where the field is left empty. */
function groupsIn(form: URLSearchParams): readonly string[] | undefined {
  const groups = field(form, 'groups')
    .split(/[\s,]+/)
    .filter(Boolean)
  return groups.length === 0 ? undefined : groups
}

function factorView({ state, recoveryCodes }: SecondFactor) {
  return { isOn: state === 'on', isBegun: state === 'begun', left: recoveryCodes === 1 ? '1 is left' : `${recoveryCodes} are left` }
}

const onUsers = (said: string): Answer => acted(said, '/users')

function rolesUpTo(most: Role) {
  return ROLES.filter((one) => atLeast(most, one)).map((name) => ({ name, isChosen: name === most }))
}

function tokensView(given: readonly Token[], now: number) {
  return {
    tokens: given.map(({ id, user, label, role: of, groups, expires, lastUsed }) => ({
      id,
      user,
      label,
      role: groups ? `${of} of ${sayLimit(groups)}` : of,
      expires: moment(expires),
      isExpired: expires <= now,
      lastUsed: lastUse(lastUsed),
    })),
  }
}

const lastUse = (at: number | undefined) => (at === undefined ? { iso: '', text: 'never' } : moment(at))

const DAY = 86_400_000

/** `fields`: as they were written; `to` is a day that is in it. What is no day leaves nothing out. */
function auditChoice(query: URLSearchParams) {
  const field = (name: string, most: number): string => (query.get(name) ?? '').trim().slice(0, most)
  const fields = { who: field('who', 64), about: field('about', 128), from: field('from', 10), to: field('to', 10) }
  const [from, to] = [fields.from, fields.to].map((day) => (/^\d{4}-\d\d-\d\d$/.test(day) ? Date.parse(`${day}T00:00Z`) : Number.NaN))
  const chosen = {
    ...(fields.who === '' ? {} : { who: fields.who }),
    ...(fields.about === '' ? {} : { about: fields.about }),
    ...(from !== undefined && from >= 0 ? { from } : {}),
    ...(to !== undefined && to >= 0 ? { until: to + DAY } : {}),
  }
  return { fields, chosen }
}
