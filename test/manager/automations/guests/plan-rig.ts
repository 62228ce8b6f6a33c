// What people ask of guests, as the doors do: a plan, then its recipe, over the rig's hosts. Every host that is up takes a guest.
import type { FoundImage, PlanDeps, Planned } from '../../../../manager/automations/guests/plans/plan.ts'
import { OneByOne } from '../../../../manager/automations/migrate/one-by-one.ts'
import { GuestBook } from '../../../../manager/guests/book.ts'
import type { Ground, Places, Wanted, Where } from '../../../../manager/guests/where.ts'
import { type HostCondition, stateOf } from '../../../../manager/protocol/host.ts'
import type { SeedSpec } from '../../../../manager/vm-images/seed.ts'
import { until } from '../../automation/scripted.ts'
import { uuidOf } from '../../claims/hosts.ts'
import type { Rig } from './rig.ts'

export const IMAGE = 'd'.repeat(64)

export interface Planner {
  readonly deps: PlanDeps
  /** As they were made. */
  readonly seeds: SeedSpec[]
  /** The reason, of what is refused or fails. */
  begin(planned: Promise<Planned<unknown>>, state?: Parameters<typeof until>[2]): Promise<string>
}

/** Each host has room for so many more. */
function groundOf(hosts: Rig['hosts'], room: number): Ground {
  const [full, there] = [new Set<string>(), new Map<string, number>()]
  const put = (host: string): void => {
    there.set(host, (there.get(host) ?? 0) + 1)
    if (there.get(host) === room) full.add(host)
  }
  const rooms = () =>
    [...hosts.values()].map(({ id }) => ({
      id,
      guests: room - (there.get(id) ?? 0),
      memoryBytes: 2 ** 40,
      vcpus: 1000,
      vgs: new Map([['data', 2 ** 40]]),
    }))
  return { places: placesBut(hosts, full), put, rooms }
}

function placesBut(hosts: Rig['hosts'], full: ReadonlySet<string>): Ground['places'] {
  return async ({ among, moving }) => {
    const all = [...hosts.values()].filter(({ id }) => !among || among.has(id))
    const told = all.map(({ id, name, ...host }) => ({
      host: id,
      name,
      code: id === moving?.from ? ('runs-there' as const) : codeOf(host, full.has(id)),
    }))
    return {
      fits: told.flatMap(({ code, ...one }) => (code ? [] : [one])),
      refused: told.flatMap(({ code, ...one }) => (code ? [{ ...one, codes: [code], reasons: [`${one.name} ${REASONS[code]}`] }] : [])),
    }
  }
}

const REASONS = { state: 'is not up', memory: 'is full', 'runs-there': 'has it already' }

function codeOf(host: HostCondition, isFull: boolean): 'state' | 'memory' | undefined {
  if (stateOf(host) !== 'up') return 'state'
  return isFull ? 'memory' : undefined
}

/** A class, as the real one: a copy of its members has none of its methods. */
class EveryHost implements Pick<Where, 'places' | 'ground' | 'cpuOn'> {
  readonly #hosts: Rig['hosts']
  readonly #room: number

  constructor(hosts: Rig['hosts'], room: number) {
    this.#hosts = hosts
    this.#room = room
  }

  places(wanted: Wanted): Promise<Places> {
    return placesBut(this.#hosts, new Set())(wanted)
  }

  async ground(): Promise<Ground> {
    return groundOf(this.#hosts, this.#room)
  }

  async cpuOn(): Promise<undefined> {
    return undefined
  }
}

const KERNEL = { id: '6'.repeat(64), name: 'debian', kind: 'kernel', sizeBytes: 100, present: true } as const
/** By what refers to them; `none` is there for nobody, and everything else is an image of a disk. */
export const KERNELS: Readonly<Record<string, FoundImage>> = {
  debian: { ...KERNEL, initrd: { id: '7'.repeat(64), sizeBytes: 200 } },
  lone: { ...KERNEL, name: 'lone' },
  gone: { ...KERNEL, name: 'gone', present: false },
  [KERNEL.id]: KERNEL,
}

export function plannerOn(rig: Rig, room = 1): Planner {
  const { store, hosts, automations } = rig
  const view = (id: string) => {
    const known = hosts.get(id)
    return known && { ...known, inventory: {} }
  }
  const pool = {
    hosts: () => [...hosts.keys()].map(view),
    host: view,
    knownInventory: (id: string) => hosts.get(id)?.inventory,
    learn: async () => undefined,
  } as never
  const seeds: SeedSpec[] = []
  let ids = 0x1000
  const network = { name: 'lan', bridge: 'xenbr0', bridges: {}, vlan: undefined, mtu: undefined, created: 0, createdBy: 'alice' }
  const deps: PlanDeps = {
    moves: new OneByOne(),
    ...{ store, pool, epoch: 1, now: () => 1000, newUuid: () => uuidOf(ids++) },
    book: new GuestBook({ store, pool, now: Date.now }),
    where: new EveryHost(hosts, room),
    networks: { list: async () => [network] },
    images: {
      find: async (ref) => {
        const kernel = KERNELS[ref]
        if (ref === 'none') return { kind: 'missing', reason: 'there is no image "none"' }
        return { kind: 'done', value: kernel ?? { id: IMAGE, name: ref, kind: 'disk', sizeBytes: 2 ** 20, present: true } }
      },
      makeSeed: async (seed) => {
        seeds.push(seed)
        return { kind: 'done', value: { id: '5'.repeat(64), sizeBytes: 376_832 } }
      },
    },
  }
  return {
    ...{ deps, seeds },
    async begin(planned, state = 'done') {
      const plan = await planned
      if (plan.kind !== 'done') return plan.reason
      const started = await automations.start({ ...plan.value, who: 'alice' })
      if (started.kind !== 'done') return started.reason
      await until(automations, started.value.id, state)
      return (await automations.show(started.value.id))?.reason ?? ''
    },
  }
}
