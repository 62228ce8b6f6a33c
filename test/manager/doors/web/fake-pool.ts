// A pool that is made up: the handlers of the contract over any number of hosts, changed by the test.

import type { AutomationDetail } from '../../../../manager/contract/automations.ts'
import type { BootSettings } from '../../../../manager/contract/boots.ts'
import type { AwayGuest } from '../../../../manager/contract/evacuations.ts'
import type { PoolEvent } from '../../../../manager/contract/events.ts'
import type { Host, HostAction } from '../../../../manager/contract/hosts.ts'
import type { Last, Measures } from '../../../../manager/contract/measures.ts'
import type { MigrationPlan, Move } from '../../../../manager/contract/migrations.ts'
import type { Network } from '../../../../manager/contract/networks.ts'
import type { Cell, Matrix, Thing } from '../../../../manager/contract/things.ts'
import type { VmDetail, VmPlaces } from '../../../../manager/contract/vms.ts'
import { checklistOf } from '../../../../manager/doors/answers/checklist.ts'
import type { Reaches } from '../../../../manager/doors/answers/matrix-answer.ts'
import type { PoolEvents } from '../../../../manager/doors/events.ts'
import { alarmHandlers } from '../../../../manager/doors/handlers/alarms.ts'
import { type Caller, done, found, type Handlers, missing } from '../../../../manager/doors/handlers/handlers.ts'
import { managerHandlers } from '../../../../manager/doors/handlers/manager.ts'
import type { Done } from '../../../../manager/outcome.ts'
import { namesMade } from '../../../../manager/protocol/name-pattern.ts'
import type { StoredAlarm } from '../../../../manager/store/tables/alarms.ts'
import type { Task } from '../../../../manager/tasks/task.ts'
import { fakeAutomations } from '../../fake-automations.ts'
import { fakeMeasures, nothingOf } from '../../fake-measures.ts'
import { fakeNotifications } from '../../fake-notifications.ts'
import { fakeStorage } from '../../fake-storage.ts'
import { fakeTasks } from '../../fake-tasks.ts'
import { fakeVmImages, IMAGES } from '../../fake-vm-images.ts'
import { fakeVms } from '../../fake-vms.ts'
import { shownIn } from '../../hosts/conditions.ts'
import { fakeConnections } from './fake-connections.ts'
import { BOOTS, fakeHost, guestsOf, HISTORY, idOf, inventoryOf } from './fake-hosts.ts'
import { fakeThings } from './fake-things.ts'

/** Access is the real one: see page-server.ts. */
const refusedRebuild = { kind: 'refused', reason: 'this pool is made up' } as const

export type PoolHandlers = Omit<Handlers, 'access' | 'users' | 'secondFactor' | 'tokens' | 'audit'>

export interface FakePool extends PoolEvents {
  readonly handlers: PoolHandlers
  readonly reaches: () => Promise<Reaches>
  readonly matrix: () => Matrix
  /** By id or name. */
  readonly host: (ref: string) => Host | undefined
  readonly hosts: () => readonly Host[]
  /** As the audit names a host. */
  readonly nameOf: (ref: string) => string

  readonly calls: string[]
  /** The test may write to it. */
  readonly automations: AutomationDetail[]
  readonly tasks: Task[]
  tell(event: PoolEvent): void
  readonly vms: VmDetail[]
  readonly networks: Network[]
  readonly moves: Move[]
  readonly away: AwayGuest[]
  /** By guests to their consoles, by name. */
  readonly said: Map<string, string>
  /** Of every guest's move. */
  readonly plan: Partial<MigrationPlan>
  /** What every host and guest has used. */
  measures: (last: Last) => Measures
  /** Where every guest can start. */
  places: VmPlaces
  /** Changes a host and tells of it. */
  become(id: string, change: Partial<Host>, event?: PoolEvent['kind']): void
  /** Reaches or does not reach a thing from now on. */
  plug(id: string, key: string, cell: Cell): void
  raise(alarm: StoredAlarm): void
}

const STATE_AFTER = {
  approve: 'up',
  cordon: 'up',
  uncordon: 'up',
  reject: 'rejected',
  maintain: 'maintenance',
  resume: 'up',
  fence: 'fenced',
  release: 'approved',
} as const
interface Said {
  readonly ref: string
  readonly proof?: string
  readonly reason?: string
}

export function fakePool(
  count: number,
  {
    pending = 2,
    changed = () => ({}),
    things: shared,
  }: { readonly pending?: number; readonly changed?: (index: number) => Partial<Host>; readonly things?: readonly Thing[] } = {},
): FakePool {
  const hosts = new Map(
    Array.from({ length: count }, (_, index) => [idOf(index), { ...fakeHost(index, index < pending), ...changed(index) }] as const),
  )
  let alarms: readonly StoredAlarm[] = []
  let acknowledged: readonly StoredAlarm[] = []
  const boots = new Map<string, BootSettings>()
  const listeners = new Set<(event: PoolEvent) => void>()
  const calls: string[] = []
  const automations: AutomationDetail[] = []
  const tasks: Task[] = []
  const vms: VmDetail[] = []
  const networks: Network[] = []
  const moves: Move[] = []
  const away: AwayGuest[] = []
  const said = new Map<string, string>()
  const plan: Partial<MigrationPlan> = {}
  const tell = (event: PoolEvent) => {
    for (const listener of listeners) listener(event)
  }
  const find = (ref: string) => hosts.get(ref) ?? [...hosts.values()].find(({ name }) => name === ref)
  const things = fakeThings(hosts, find, shared)
  const become: FakePool['become'] = (id, change, kind = 'host') => {
    const before = hosts.get(id)
    if (!before) throw new Error(`there is no host ${id}`)
    const host = { ...before, ...change }
    hosts.set(id, host)
    tell(
      kind === 'sample'
        ? { kind, host: id }
        : kind === 'inventory'
          ? { kind, host: id, sections: [] }
          : { kind: 'host', host: id, name: host.name, state: host.state },
    )
  }
  const changeOf = (ref: string, change: Partial<Host>): Done<Host> => {
    const host = find(ref)
    if (!host) return { kind: 'missing', reason: `no host is called ${ref}` }
    become(host.id, change)
    return { kind: 'done', value: { ...host, ...change } }
  }
  const noHost = (ref: string) => missing(`host ${ref}`)
  const act =
    (action: HostAction) =>
    async ({ ref, ...told }: Said, { who }: Caller): Promise<Done<Host>> => {
      const said = told.proof ?? told.reason
      calls.push(`${action} ${ref} by ${who.user}${said === undefined ? '' : `: ${said}`}`)
      if (action === 'maintain' && (find(ref)?.guests ?? 0) > 0)
        return { kind: 'refused', reason: `${find(ref)?.guests} guests run on ${find(ref)?.name}: evacuate it first` }
      const cordon = told.reason === undefined ? undefined : { reason: told.reason, who: `user ${who.user}`, at: 0 }
      return changeOf(ref, { ...shownIn(STATE_AFTER[action]), cordon })
    }
  const handlers: PoolHandlers = {
    ...fakeConnections(calls),
    notifications: fakeNotifications(calls),
    automations: fakeAutomations(automations),
    ...fakeMeasures((last) => pool.measures(last)),
    tasks: fakeTasks(tasks, automations),
    storage: fakeStorage({ vgs: [], disks: [], automations, refusals: {} }),
    ...fakeVmImages(IMAGES),
    ...fakeVms({ vms, networks, automations, asked: calls, places: () => pool.places, said, plan, moves, away }),
    manager: managerHandlers({ tasks: () => [], metrics: async () => '', rebuilder: { rebuild: async () => refusedRebuild } }),
    hosts: {
      async list({ limit, after = '' }) {
        const behind = [...hosts.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)).filter(({ name }) => name > after)
        const page = behind.slice(0, limit)
        return done({ hosts: page, ...(behind.length > limit ? { next: page.at(-1)?.name ?? '' } : {}) })
      },
      show: async ({ ref }) => found(find(ref), `host ${ref}`),
      inventory: async ({ ref }) => (find(ref) ? done(await inventoryOf(0)) : noHost(ref)),
      history: async ({ ref, limit }) => (find(ref) ? done({ entries: HISTORY.slice(0, limit) }) : noHost(ref)),
      async change({ ref, ...change }, { who }) {
        calls.push(`change ${ref} ${JSON.stringify(change)} by ${who.user}`)
        if (change.groups?.includes('bad')) return { kind: 'refused', reason: 'this group is no good' }
        return changeOf(ref, Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)))
      },
      async admit({ hosts: machines, names, groups }, { who }) {
        calls.push(`admit ${machines.map(({ ref }) => ref).join(' ')} as ${names} in ${groups.join(' ')} by ${who.user}`)
        const made = names === undefined ? undefined : namesMade(names, machines.length)
        if (made?.kind === 'refused') return { kind: 'refused', status: 400, reason: made.reason }
        const admitted = machines.map(({ ref }, at) => ({ ref, name: made?.names[at] ?? ref }))
        for (const { ref, name } of admitted) become(ref, { ...shownIn('up'), name, groups: [...groups] })
        return done({ admitted, refused: [] })
      },
      approve: act('approve'),
      reject: act('reject'),
      cordon: act('cordon'),
      uncordon: act('uncordon'),
      maintain: act('maintain'),
      resume: act('resume'),
      fence: act('fence'),
      release: act('release'),
    },
    checklist: {
      show: async () => done(checklistOf({ findings: [], appliances: [], boots: [], hosts: [...hosts.values()], now: 0 })),
    },
    captures: {
      list: async () => done({ captures: [], orders: [] }),
      order: async ({ ref }) => (find(ref) ? done(null) : noHost(ref)),
      fetch: async () => missing('such capture'),
    },
    boots: {
      newest: async ({ limit }) => done({ boots: BOOTS.slice(0, limit).map((boot) => ({ ...boot, stages: [...boot.stages] })) }),
      images: async () => done({ images: [{ image: 'dom0', generation: 'a'.repeat(16), hosts: ['node0001'], others: 1, last: 0 }] }),
      list: async ({ ref }) => (find(ref) ? done({ boots: [...BOOTS] }) : noHost(ref)),
      settings: async ({ ref }) => (find(ref) ? done(boots.get(ref) ?? {}) : noHost(ref)),
      async set({ ref, ...wanted }, { who }) {
        boots.set(ref, { ...boots.get(ref), ...wanted })
        calls.push(`${ref} boots ${JSON.stringify(wanted)} by ${who.user}`)
        return changeOf(ref, {})
      },
      async once({ ref, what }, { who }) {
        calls.push(`${ref} boots ${what} once by ${who.user}`)
        return changeOf(ref, { once: what === 'none' ? undefined : { what, who: `user ${who.user}`, at: 0, until: 86_400_000 } })
      },
      appliances: async () => done({ appliances: [] }),
    },
    guests: { list: async () => done({ guests: [...hosts.values()].slice(0, 3).flatMap((host, index) => guestsOf(host, index)) }) },
    things: things.handlers,
    placements: { find: async () => done({ fits: [], refused: [] }) },
    cpu: {
      async show() {
        const list = [...hosts.values()]
        return done({
          levels: [
            {
              vendor: 'AuthenticAMD',
              features: ['sse4_2', 'avx', 'avx2', 'aes'],
              hosts: list.map(({ name }) => name),
              without: [],
              hindrances: [{ hosts: ['node0003'], features: ['nx'], text: 'NX/XD is off in the BIOS of node0003' }],
            },
          ],
          groups: [1, 2].map((number) => ({
            number,
            vendor: 'AuthenticAMD',
            hosts: list.filter(({ cpuGroup }) => cpuGroup === number).map(({ id, name }) => ({ id, name })),
          })),
          unknown: [],
        })
      },
      async explain({ from, to, type }) {
        if (!find(from)) return noHost(from)
        if (!find(to)) return noHost(to)
        const compatible = find(from)?.cpuGroup === find(to)?.cpuGroup
        const reasons = compatible ? [] : [`${to} lacks avx512f`]
        const lacks = compatible ? [] : [{ name: 'avx512f', word: '7b0', bit: 16 }]
        return done({ from, to, type, compatible, reasons, missing: lacks })
      },
    },
    alarms: alarmHandlers({
      alarms: async () => alarms,
      acknowledgedAlarms: async () => acknowledged,
      host: (id) => hosts.get(id),
      find: (ref) => find(ref),
      async clearAlarm(key, who, comment = '') {
        calls.push(`clear ${key} by ${who.replace('user ', '')}${comment && `: ${comment}`}`)
        const seenTo = alarms.find((alarm) => alarm.key === key)
        if (seenTo) acknowledged = [{ ...seenTo, acknowledged: { who, at: 1, ...(comment ? { comment } : {}) } }, ...acknowledged]
        const left = alarms.filter((alarm) => alarm.key !== key)
        const isOpen = left.length < alarms.length
        alarms = left
        if (isOpen) tell({ kind: 'alarm-cleared', alarm: key })
        return isOpen
      },
    }),
  }
  const pool: FakePool = {
    handlers,
    calls,
    automations,
    tasks,
    tell,
    vms,
    networks,
    moves,
    away,
    said,
    plan,
    measures: nothingOf,
    places: { fits: [], refused: [] },
    become,
    reaches: things.reaches,
    matrix: things.matrix,
    host: find,
    hosts: () => [...hosts.values()],
    nameOf(ref) {
      const host = find(ref)
      return host ? `${host.name} (${host.id})` : ref
    },
    plug(id, key, cell) {
      things.plug(id, key, cell)
      tell({ kind: 'inventory', host: id, sections: ['nics'] })
    },
    raise(alarm) {
      alarms = [...alarms, alarm]
      tell({ kind: 'alarm', alarm: alarm.key })
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
  return pool
}
