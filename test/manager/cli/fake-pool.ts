// The contract over the data of a test: what the fake manager answers. What no test of the command line asks for is missing.

import type { Host } from '../../../manager/contract/hosts.ts'
import { done, type Handlers, missing } from '../../../manager/doors/handlers/handlers.ts'
import type { Done, Refused } from '../../../manager/outcome.ts'
import { inventory } from '../../../manager/protocol/inventory.ts'
import { namesMade } from '../../../manager/protocol/name-pattern.ts'
import { SEVERITIES } from '../../../manager/protocol/notifications.ts'
import { fakeAutomations } from '../fake-automations.ts'
import { fakeMeasures } from '../fake-measures.ts'
import { fakeNotifications } from '../fake-notifications.ts'
import { fakeStorage } from '../fake-storage.ts'
import { fakeTasks } from '../fake-tasks.ts'
import { fakeVmImages, IMAGES } from '../fake-vm-images.ts'
import { fakeVms } from '../fake-vms.ts'
import { shownIn } from '../hosts/conditions.ts'
import { EMPTY } from '../site.ts'
import type { PoolData } from './pool-data.ts'

export const SECRET = 'a-token-of-the-tests'
export const PASSWORD = 'correct horse battery'
/** Of ada's second factor. */
export const CODE = '123456'

const refused = (reason: string, status: 401 | 409 = 409): Refused => ({ kind: 'refused', status, reason })
const nothing = async () => missing('such thing in the pool of this test')

export function fakePool(pool: PoolData): Handlers {
  return {
    automations: fakeAutomations(pool.automations),
    tasks: fakeTasks(pool.tasks, pool.automations),
    storage: fakeStorage(pool),
    notifications: fakeNotifications(),
    ...fakeMeasures(pool.measures),
    ...fakeVmImages(IMAGES),
    ...fakeVms(pool),
    ...hostsOf(pool),
    ...thingsOf(pool),
    ...accessOf(pool),
  }
}

function hostsOf(pool: PoolData): Pick<Handlers, 'hosts' | 'boots' | 'captures' | 'checklist' | 'guests' | 'cpu' | 'placements'> {
  const indexOf = (ref: string) => pool.hosts.findIndex(({ id, name }) => id === ref || name === ref)
  const find = (ref: string) => pool.hosts[indexOf(ref)]
  const change = async (ref: string, changed: (host: Host) => Partial<Host> | Refused): Promise<Done<Host>> => {
    const host = find(ref)
    if (!host) return missing(`host ${ref}`)
    const next = changed(host)
    if ('kind' in next) return next
    const made = { ...host, ...next }
    pool.hosts.splice(indexOf(ref), 1, made)
    return done(made)
  }
  return {
    hosts: {
      async list({ limit, after }) {
        const from = after === undefined ? 0 : indexOf(after) + 1
        const hosts = pool.hosts.slice(from, from + limit)
        return done({ hosts, ...(from + limit < pool.hosts.length ? { next: hosts.at(-1)?.name ?? '' } : {}) })
      },
      show: async ({ ref }) => change(ref, () => ({})),
      inventory: async ({ ref }) => done(inventory.parse(pool.inventories[find(ref)?.id ?? ''] ?? EMPTY)),
      history: async ({ limit }) => done({ entries: pool.history.slice(0, limit) }),
      change: ({ ref, name, groups, notes }) =>
        change(ref, (was) => ({ name: name ?? was.name, groups: groups ?? was.groups, notes: notes ?? was.notes })),
      approve: ({ ref }) =>
        change(ref, ({ name, state }) =>
          state === 'pending' ? shownIn('approved') : refused(`${name} is ${state}: only pending hosts are approved`),
        ),
      async admit({ hosts, names, groups }) {
        const made = names === undefined ? undefined : namesMade(names, hosts.length)
        if (made?.kind === 'refused') return { kind: 'refused', status: 400, reason: made.reason }
        const answer: { admitted: { ref: string; name: string }[]; refused: { ref: string; name: string; reason: string }[] } = {
          admitted: [],
          refused: [],
        }
        for (const [at, { ref }] of hosts.entries()) {
          const { name = ref, state = 'lost' } = find(ref) ?? {}
          const now = made?.names[at] ?? name
          const outcome = await change(ref, (was) =>
            state === 'pending'
              ? { ...shownIn('approved'), name: now, groups: [...was.groups, ...groups] }
              : refused(`${name} is ${state}: only pending hosts are approved`),
          )
          if (outcome.kind === 'done') answer.admitted.push({ ref, name: now })
          else answer.refused.push({ ref, name, reason: outcome.kind === 'refused' ? outcome.reason : 'gone' })
        }
        return done(answer)
      },
      reject: ({ ref }) => change(ref, () => shownIn('rejected')),
      cordon: ({ ref, reason }) =>
        change(ref, ({ service }) => ({
          service: service === 'maintenance' ? service : ('cordoned' as const),
          cordon: { reason, who: 'user ada', at: 1_700_000_000_000 },
        })),
      uncordon: ({ ref }) => change(ref, () => ({ service: 'in' as const, cordon: undefined })),
      maintain: nothing,
      resume: nothing,
      fence: ({ ref }) => change(ref, () => shownIn('fenced')),
      release: nothing,
    },
    boots: {
      newest: async () => done({ boots: pool.boots }),
      images: nothing,
      list: async () => done({ boots: pool.boots }),
      settings: nothing,
      set: nothing,
      once: ({ ref, what }) =>
        change(ref, ({ once: _, ...host }) =>
          host.trust === 'rejected'
            ? { kind: 'refused', code: 'rejected', reason: `an admin has rejected ${host.name}` }
            : { once: what === 'none' ? undefined : { what, who: 'user ada', at: 1_700_000_000_000, until: 1_700_086_400_000 } },
        ),
      appliances: nothing,
    },
    captures: { list: async () => done({ captures: [], orders: [] }), order: nothing, fetch: nothing },
    checklist: { show: nothing },
    guests: { list: async () => done({ guests: pool.guests }) },
    cpu: { show: async () => done(pool.cpu), explain: async ({ type }) => done({ ...pool.explanation, type }) },
    placements: { find: async () => done(pool.placement) },
  }
}

function thingsOf(pool: PoolData): Pick<Handlers, 'things' | 'alarms' | 'connections' | 'properties' | 'manager'> {
  return {
    things: {
      matrix: async () => done(pool.matrix),
      reaches: nothing,
      list: async () => done({ things: pool.matrix.rows }),
      async show({ key }) {
        const row = pool.matrix.rows.find((one) => one.key === key)
        if (!row) return missing(key)
        const cells = pool.matrix.hosts.flatMap(({ id, name }, at) =>
          row.cells.slice(at, at + 1).map((cell) => ({ ...cell, host: id, name })),
        )
        return done({ ...row, cells })
      },
      cell: nothing,
      of: nothing,
      scan: nothing,
      local: async () => done({ hosts: pool.localStorage }),
    },
    alarms: {
      async list({ which, severity, kind }) {
        const chosen = pool.alarms.filter(
          (alarm) =>
            (which === 'all' || (alarm.acknowledged !== undefined) === (which === 'acknowledged')) &&
            (severity === undefined || SEVERITIES.indexOf(alarm.severity) >= SEVERITIES.indexOf(severity)) &&
            (kind === undefined || alarm.kind === kind),
        )
        return done({ alarms: chosen })
      },
      async acknowledge({ keys, comment }, { who }) {
        const open = pool.alarms.filter(({ key, acknowledged }) => keys.includes(key) && !acknowledged)
        for (const alarm of open) {
          const acknowledged = { who: who.user, at: Date.UTC(2026, 10, 25), ...(comment ? { comment } : {}) }
          pool.alarms.splice(pool.alarms.indexOf(alarm), 1, { ...alarm, acknowledged })
        }
        const acknowledged = open.map(({ key }) => key)
        return done({ acknowledged, missing: keys.filter((key) => !acknowledged.includes(key)) })
      },
      async clear({ key }) {
        const at = pool.alarms.findIndex((alarm) => alarm.key === key)
        if (at < 0) return missing(`alarm ${key}`)
        pool.alarms.splice(at, 1)
        return done(null)
      },
    },
    connections: { list: nothing, add: nothing, remove: nothing },
    properties: { show: nothing, set: nothing },
    manager: {
      rebuild: async ({ mode }) => done({ ...REBUILT, done: mode === 'write' ? 'written' : 'preview' }),
      tasks: nothing,
      metrics: async () => done('hostless_hosts 7\n'),
      description: nothing,
    },
  }
}

/** One host is not read yet. */
const REBUILT = {
  guests: [
    {
      uuid: '6b1f0000-0000-4000-8000-000000000001',
      name: 'web1',
      host: 'node01',
      power: 'on' as const,
      disks: ['xvda data/disk-1'],
      by: 'record' as const,
    },
  ],
  networks: [{ name: 'lan', bridge: 'xenbr0' }],
  hosts: [],
  disagree: ['web1 runs as web0 on node01'],
  unknown: ['users, tokens and roles'],
  unread: [{ host: 'node02', why: 'it may only report: hostless host approve node02' }],
}

function accessOf(pool: PoolData): Pick<Handlers, 'access' | 'users' | 'secondFactor' | 'tokens' | 'audit'> {
  const [first] = pool.tokens
  if (!first) throw new Error('the pool of a test has a token')
  return {
    access: {
      async login({ user, password, code }) {
        if (user !== 'ada' || password !== PASSWORD) return refused('wrong user or password', 401)
        if (pool.factor.state !== 'on' || code === CODE) return done({ ...first, secret: SECRET })
        return code === undefined ? { ...refused('a code is needed, too', 401), code: 'second-factor' } : refused('the code is wrong', 401)
      },
      firstAdmin: nothing,
      whoami: async (_input, { who: { user, role, groups } }) =>
        done({
          ...{ user, role, ...(groups ? { groups: [...groups] } : {}) },
          by: { kind: 'token', id: 'k3tq', label: 'login on desk', expires: Date.UTC(2027, 0, 31) },
        }),
    },
    users: {
      list: async () => done({ users: pool.users }),
      add: async ({ name, role, groups }) => done({ name, role, ...(groups ? { groups } : {}), created: 0 }),
      async change({ name, role, groups }) {
        const at = pool.users.findIndex((one) => one.name === name)
        const user = pool.users[at]
        if (!user) return missing(`user ${name}`)
        const { groups: before, ...rest } = user
        const now = groups === undefined ? before : (groups ?? undefined)
        const changed = { ...rest, role: role ?? user.role, ...(now ? { groups: now } : {}) }
        if (groups !== undefined) pool.users.splice(at, 1, changed)
        return done(changed)
      },
      remove: async ({ name }) => (name === 'ada' ? refused('the last admin stays') : done(null)),
    },
    secondFactor: {
      show: async () => done(pool.factor),
      async begin({ password }) {
        if (password !== PASSWORD) return refused('the name or the password is wrong', 401)
        pool.factor = { state: 'begun', recoveryCodes: 0 }
        return done({ secret: 'JBSWY3DPEHPK3PXP', uri: 'otpauth://totp/hostless:ada?secret=JBSWY3DPEHPK3PXP' })
      },
      async confirm({ code }) {
        if (code !== CODE) return refused('the code is wrong', 401)
        pool.factor = { state: 'on', recoveryCodes: 2 }
        return done({ recoveryCodes: ['AAAA-BBBB-CCCC-DDDD', 'AAAA-BBBB-CCCC-EEEE'] })
      },
      async end({ password, code }) {
        if (password !== PASSWORD || code !== CODE) return refused('the code is wrong', 401)
        pool.factor = { state: 'off', recoveryCodes: 0 }
        return done(pool.factor)
      },
      reset: async () => done(null),
    },
    tokens: {
      list: async () => done({ tokens: pool.tokens }),
      issue: async ({ label }) => done({ ...first, label, secret: 'new-secret' }),
      revoke: async () => done(null),
    },
    audit: {
      async list(asked) {
        pool.auditAsked = asked
        return done(pool.audit)
      },
    },
  }
}
