// A pool that is made up: the Operations of any number of hosts, changed by the test.
import type { Done, Operations } from '../../../manager/api/operations.ts'
import type { BootSettings, Host } from '../../../manager/api/schema-hosts.ts'
import type { Alarm, Cell, Matrix, PoolEvent } from '../../../manager/api/schema-pool.ts'
import { BOOTS, fakeCell, fakeHost, guestsOf, HISTORY, idOf, inventoryOf, THINGS } from './fake-hosts.ts'

export interface FakePool extends Operations {
  readonly calls: string[]
  /** Changes a host and tells of it. */
  become(id: string, change: Partial<Host>, event?: PoolEvent['kind']): void
  /** Reaches or does not reach a thing from now on. */
  plug(id: string, key: string, cell: Cell): void
  raise(alarm: Alarm): void
}

const STATE_AFTER = {
  approve: 'up',
  reject: 'rejected',
  maintain: 'maintenance',
  resume: 'up',
  fence: 'fenced',
  release: 'approved',
} as const
const NO_CELL: Cell = { reached: false, why: 'it has not reported yet' }

export function fakePool(
  count: number,
  { pending = 2, changed = () => ({}) }: { readonly pending?: number; readonly changed?: (index: number) => Partial<Host> } = {},
): FakePool {
  const hosts = new Map(
    Array.from({ length: count }, (_, index) => [idOf(index), { ...fakeHost(index, index < pending), ...changed(index) }] as const),
  )
  const cells = new Map(
    [...hosts.keys()].map(
      (id, index) => [id, new Map(THINGS.map((thing, column) => [thing.key, fakeCell(index, thing, column)]))] as const,
    ),
  )
  let alarms: Alarm[] = []
  const boots = new Map<string, BootSettings>()
  const listeners = new Set<(event: PoolEvent) => void>()
  const calls: string[] = []
  const tell = (event: PoolEvent) => {
    for (const listener of listeners) listener(event)
  }
  const find = (ref: string) => hosts.get(ref) ?? [...hosts.values()].find(({ name }) => name === ref)
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
  const counted = () => THINGS.map((thing) => ({ ...thing, hosts: [...cells.values()].filter((of) => of.get(thing.key)?.reached).length }))
  const changeOf = (ref: string, change: Partial<Host>): Done<Host> => {
    const host = find(ref)
    if (!host) return { kind: 'missing', reason: `no host is called ${ref}` }
    become(host.id, change)
    return { kind: 'done', value: { ...host, ...change } }
  }
  return {
    calls,
    become,
    plug(id, key, cell) {
      cells.get(id)?.set(key, cell)
      tell({ kind: 'inventory', host: id, sections: ['nics'] })
    },
    raise(alarm) {
      alarms = [...alarms, alarm]
      tell({ kind: 'alarm', alarm: alarm.key })
    },
    hosts: async () => [...hosts.values()],
    host: async (ref) => find(ref),
    inventory: async (ref) => (find(ref) ? inventoryOf(0) : undefined),
    history: async (ref, limit) => (find(ref) ? HISTORY.slice(0, limit) : undefined),
    boots: async (ref) => (find(ref) ? BOOTS : undefined),
    async changeHost(ref, change, who) {
      calls.push(`change ${ref} ${JSON.stringify(change)} by ${who}`)
      if (change.groups?.includes('Bad')) return { kind: 'refused', reason: 'a group is named with a-z 0-9 _ . -' }
      return changeOf(ref, Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)))
    },
    async actOnHost(ref, action, { proof }, who) {
      calls.push(`${action} ${ref} by ${who}${proof === undefined ? '' : `: ${proof}`}`)
      if (action === 'maintain' && (find(ref)?.guests ?? 0) > 0)
        return { kind: 'refused', reason: `${find(ref)?.guests} guests run on ${find(ref)?.name}: evacuate it first` }
      return changeOf(ref, { state: STATE_AFTER[action] })
    },
    bootSettings: async (ref) => (find(ref) ? (boots.get(ref) ?? {}) : undefined),
    async setBoot(ref, wanted, who) {
      boots.set(ref, wanted)
      calls.push(`${ref} boots ${JSON.stringify(wanted)} by ${who}`)
      return changeOf(ref, {})
    },
    appliances: async () => [],
    guests: async () => [...hosts.values()].slice(0, 3).flatMap((host, index) => guestsOf(host, index)),
    async matrix(): Promise<Matrix> {
      const list = [...hosts.values()]
      return {
        hosts: list.map(({ id, name, state }) => ({ id, name, state })),
        rows: counted().map((thing) => ({ ...thing, cells: list.map(({ id }) => cells.get(id)?.get(thing.key) ?? NO_CELL) })),
      }
    },
    reaches: async () => ({
      hosts: [...hosts.keys()],
      rows: counted().map((thing) => ({
        ...thing,
        reachers: new Set([...cells].flatMap(([id, of]) => (of.get(thing.key)?.reached ? [id] : []))),
      })),
    }),
    reachOf: async (ref) => {
      const host = find(ref)
      return host && counted().map((thing) => ({ ...thing, ...(cells.get(host.id)?.get(thing.key) ?? NO_CELL) }))
    },
    things: async () => counted(),
    async scan(key) {
      const detail = await this.thing(key)
      return detail ? { kind: 'done', value: detail } : { kind: 'missing', reason: `there is no thing ${key}` }
    },
    async thing(key) {
      const thing = counted().find((one) => one.key === key)
      return (
        thing && {
          ...thing,
          cells: [...hosts.values()].map(({ id, name }) => ({ host: id, name, ...(cells.get(id)?.get(key) ?? NO_CELL) })),
        }
      )
    },
    cell: async (key, ref) => cells.get(find(ref)?.id ?? '')?.get(key),
    localStorage: async () =>
      [...hosts.values()].map(({ id, name }) => ({
        host: id,
        name,
        disks: [{ name: 'sda', sizeBytes: 960 * 10 ** 9 }],
        vgs: [{ name: 'vg_local', sizeBytes: 900 * 10 ** 9, freeBytes: 300 * 10 ** 9 }],
      })),
    place: async () => ({ fits: [], refused: [] }),
    cpu: async () => {
      const list = [...hosts.values()]
      return {
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
      }
    },
    explainCpu: async (from, to, type) => {
      if (!find(from)) return { kind: 'missing', reason: `no host is called ${from}` }
      if (!find(to)) return { kind: 'missing', reason: `no host is called ${to}` }
      const compatible = find(from)?.cpuGroup === find(to)?.cpuGroup
      return {
        kind: 'done',
        value: {
          from,
          to,
          type,
          compatible,
          reasons: compatible ? [] : [`${to} lacks avx512f`],
          missing: compatible ? [] : [{ name: 'avx512f', word: '7b0', bit: 16 }],
        },
      }
    },
    alarms: async () => alarms,
    async clearAlarm(key, who) {
      calls.push(`clear ${key} by ${who}`)
      if (!alarms.some((alarm) => alarm.key === key)) return { kind: 'missing', reason: 'there is no such alarm' }
      alarms = alarms.filter((alarm) => alarm.key !== key)
      tell({ kind: 'alarm-cleared', alarm: key })
      return { kind: 'done', value: null }
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
