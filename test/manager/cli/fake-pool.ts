// The contract over the data of a test: what the fake manager answers. What no test of the command line asks for is missing.

import type { Host } from '../../../manager/contract/hosts.ts'
import { done, type Handlers, missing } from '../../../manager/doors/handlers/handlers.ts'
import type { Done, Refused } from '../../../manager/outcome.ts'
import { inventory } from '../../../manager/protocol/inventory.ts'
import { fakeAutomations } from '../fake-automations.ts'
import { fakeMeasures } from '../fake-measures.ts'
import { fakeStorage } from '../fake-storage.ts'
import { fakeTasks } from '../fake-tasks.ts'
import { fakeVmImages, IMAGES } from '../fake-vm-images.ts'
import { fakeVms } from '../fake-vms.ts'
import { shownIn } from '../hosts/conditions.ts'
import { EMPTY } from '../site.ts'
import type { PoolData } from './pool-data.ts'

export const SECRET = 'a-token-of-the-tests'
export const PASSWORD = 'correct horse battery'

const refused = (reason: string, status: 401 | 409 = 409): Refused => ({ kind: 'refused', status, reason })
const nothing = async () => missing('such thing in the pool of this test')

export function fakePool(pool: PoolData): Handlers {
  return {
    automations: fakeAutomations(pool.automations),
    tasks: fakeTasks(pool.tasks, pool.automations),
    storage: fakeStorage(pool),
    ...fakeMeasures(pool.measures),
    ...fakeVmImages(IMAGES),
    ...fakeVms(pool),
    ...hostsOf(pool),
    ...thingsOf(pool),
    ...accessOf(pool),
  }
}

function hostsOf(pool: PoolData): Pick<Handlers, 'hosts' | 'boots' | 'guests' | 'cpu' | 'placements'> {
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
    boots: { list: async () => done({ boots: pool.boots }), settings: nothing, set: nothing, appliances: nothing },
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
      list: async () => done({ alarms: pool.alarms }),
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

function accessOf(pool: PoolData): Pick<Handlers, 'access' | 'users' | 'tokens' | 'audit'> {
  const [first] = pool.tokens
  if (!first) throw new Error('the pool of a test has a token')
  return {
    access: {
      login: async ({ user, password }) =>
        user === 'ada' && password === PASSWORD ? done({ ...first, secret: SECRET }) : refused('wrong user or password', 401),
      firstAdmin: nothing,
      whoami: async (_input, { who: { user, role } }) => done({ user, role }),
    },
    users: {
      list: async () => done({ users: pool.users }),
      add: async ({ name, role }) => done({ name, role, created: 0 }),
      async change({ name, role }) {
        const user = pool.users.find((one) => one.name === name)
        return user ? done({ ...user, role: role ?? user.role }) : missing(`user ${name}`)
      },
      remove: async ({ name }) => (name === 'ada' ? refused('the last admin stays') : done(null)),
    },
    tokens: {
      list: async () => done({ tokens: pool.tokens }),
      issue: async ({ label }) => done({ ...first, label, secret: 'new-secret' }),
      revoke: async () => done(null),
    },
    audit: { list: async () => done(pool.audit) },
  }
}
