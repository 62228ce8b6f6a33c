import test from 'ava'
import fc from 'fast-check'
import { arbitrate } from '../../../manager/claims/arbitrate.ts'
import type { Claim } from '../../../manager/claims/claim.ts'
import { inExtents } from '../../../manager/claims/rooms.ts'
import { readHostCpu } from '../../../manager/cpu/host.ts'
import { type PlacementHost, type PlacementNeeds, placementHost, type Want } from '../../../manager/placement/picture.ts'
import { placeAll, rank } from '../../../manager/placement/place.ts'
import { type HostState, stateOf } from '../../../manager/protocol/host.ts'
import { guest, host as knownHost, running, uuidOf } from '../claims/hosts.ts'
import { lvmUuid } from '../connectivity/inventories.ts'
import { hostIn } from '../hosts/conditions.ts'
import { CPU, GIB, host, needs, picture, room, rules, unread, vg } from './pictures.ts'

const aGiB = (most: number) => fc.integer({ min: 0, max: most * 4 }).map((quarters) => quarters * (GIB / 4))

const hostOf = (name: string) =>
  fc
    .record({
      memory: fc.oneof(
        { weight: 8, arbitrary: aGiB(16).map((used) => room(16 * GIB, used)) },
        { weight: 1, arbitrary: fc.constant(unread) },
      ),
      dom0: aGiB(1).map((used) => room(GIB, used)),
      disk: aGiB(20),
      state: fc.constantFrom<HostState>('up', 'up', 'up', 'lost', 'maintenance'),
      cordon: fc.constantFrom(undefined, undefined, 'why not'),
      threads: fc.constantFrom(2, 8, undefined),
      rack: fc.constantFrom('rack1', 'rack2', 'rack3'),
      siblings: fc.constantFrom(0, 0, 1),
    })
    .map(({ memory, dom0, disk, state, cordon, threads, rack, siblings }) =>
      host(name, {
        ...hostIn(state),
        ...{ memory, dom0, cordon, threads, groups: [rack], siblings: new Map([['web', siblings]]) },
        vgs: new Map([['data', vg(20 * GIB, disk)]]),
      }),
    )
const hosts = fc.integer({ min: 1, max: 8 }).chain((count) => fc.tuple(...Array.from({ length: count }, (_, index) => hostOf(`h${index}`))))
const kinds = fc.array(
  fc
    .record({
      memoryBytes: aGiB(8),
      dom0Bytes: fc.constantFrom(0, GIB / 4),
      vcpus: fc.constantFrom(1, 2, 4),
      disks: fc.array(aGiB(6), { maxLength: 2 }),
      network: fc.constantFrom('lan', undefined),
      apart: fc.constantFrom(undefined, { group: 'web', strength: 'must' } as const, { group: 'web', strength: 'should' } as const),
    })
    .map(({ memoryBytes, dom0Bytes, vcpus, disks, network, apart }) =>
      needs({
        ...{ memoryBytes, dom0Bytes, vcpus, space: disks.map((bytes) => ({ vg: 'data', bytes })) },
        ...{ networks: network === undefined ? [] : [network], ...(apart ? { apart } : {}) },
      }),
    ),
  { minLength: 1, maxLength: 3 },
)
const wants = kinds.chain((all) =>
  fc
    .array(fc.nat(all.length - 1), { maxLength: 20 })
    .map((chosen) => chosen.map((kind, index): Want => ({ id: `g${index}`, needs: all[kind] ?? needs() }))),
)
const by = fc.record({
  strategy: fc.constantFrom('spread', 'pack'),
  headroom: fc.constantFrom('keep', 'ignore'),
  spread: fc.constantFrom('rack', 'none'),
} as const)
const cases = fc.record({ hosts, wants, by: by.map((given) => rules({ ...given, vcpusPerThread: 1, mostGuests: 6 })) })

const reached = { lan: ['h0', 'h1', 'h2', 'h5'] }
const freeOf = (one: PlacementHost['memory']): number => (one.kind === 'room' ? one.free : -1)
const spaceOf = ({ space }: PlacementNeeds): number => space.reduce((sum, { bytes }) => sum + inExtents(bytes, { extentBytes: 4 << 20 }), 0)

/** What is left of a host by plain sums. */
function left(one: PlacementHost, put: readonly PlacementNeeds[]) {
  const sum = (of: (each: PlacementNeeds) => number) => put.reduce((all, each) => all + of(each), 0)
  return {
    memory: freeOf(one.memory) - sum(({ memoryBytes }) => memoryBytes),
    dom0: freeOf(one.dom0) - sum(({ dom0Bytes }) => dom0Bytes),
    space: freeOf(one.vgs.get('data')?.room ?? unread) - sum(spaceOf),
    vcpus: (one.threads ?? -1) - one.vcpus - sum(({ vcpus }) => vcpus),
    guests: 6 - one.guests - put.length,
    web: (one.siblings.get('web') ?? 0) + put.filter(({ apart }) => apart?.group === 'web').length,
  }
}

test('no set of guests is ever placed beyond what there is, and who is refused would fit nowhere', (t) => {
  fc.assert(
    fc.property(cases, (given) => {
      const of = picture(given.hosts, reached)
      const { placed, refused } = placeAll(of, given.wants, given.by)
      const put = (id: string) => given.wants.flatMap((want) => (placed.get(want.id) === id ? [want.needs] : []))
      for (const one of given.hosts) {
        const there = put(one.id)
        const rest = left(one, there)
        if (there.length > 0 && Math.min(rest.memory, rest.dom0, rest.space, rest.vcpus, rest.guests) < 0) return false
        if (there.some(({ apart }) => apart?.strength === 'must') && rest.web > 1 && there.every(({ apart }) => apart?.strength === 'must'))
          return false
      }
      return refused.every(({ id }) => {
        const wanted = given.wants.find((want) => want.id === id)?.needs ?? needs()
        return given.hosts.every((one) => {
          const rest = left(one, [...put(one.id), wanted])
          const isFit =
            stateOf(one) === 'up' && one.cordon === undefined && (wanted.networks.length === 0 || reached.lan.includes(one.name))
          const hasRoom =
            Math.min(rest.memory, rest.vcpus, rest.guests) >= 0 &&
            (wanted.dom0Bytes === 0 || rest.dom0 >= 0) &&
            (wanted.space.length === 0 || rest.space >= 0)
          return !isFit || !hasRoom || wanted.vcpus > (one.threads ?? 0) || (wanted.apart?.strength === 'must' && rest.web > 1)
        })
      })
    }),
    { numRuns: 500 },
  )
  t.pass()
})

test('a host with a reason against it is never chosen, for one guest nor for a set', (t) => {
  fc.assert(
    fc.property(cases, (given) => {
      const of = picture(given.hosts, reached)
      const { placed, refused } = placeAll(of, given.wants, given.by)
      if (placed.size + refused.length !== given.wants.length) return false
      return given.wants.every(({ id, needs: wanted }) => {
        const chosen = placed.get(id)
        const verdict = rank(of, wanted, given.by).find((one) => one.host.id === chosen)
        return chosen === undefined || verdict?.kind === 'fits'
      })
    }),
    { numRuns: 300 },
  )
  t.pass()
})

test('in what order hosts and guests are given says nothing of where they go', (t) => {
  const shuffled = cases.chain((given) =>
    fc.record({
      given: fc.constant(given),
      hosts: fc.shuffledSubarray([...given.hosts], { minLength: given.hosts.length }),
      wants: fc.shuffledSubarray([...given.wants], { minLength: given.wants.length }),
    }),
  )
  fc.assert(
    fc.property(shuffled, ({ given, hosts: others, wants: asked }) => {
      const [one, other] = [
        placeAll(picture(given.hosts, reached), given.wants, given.by),
        placeAll(picture(others, reached), asked, given.by),
      ]
      const [first] = given.wants
      const orders = [given.hosts, others].map(
        (all) => first && rank(picture(all, reached), first.needs, given.by).map(({ host: { id } }) => id),
      )
      return (
        given.wants.every(({ id }) => one.placed.get(id) === other.placed.get(id)) &&
        JSON.stringify(orders[0]) === JSON.stringify(orders[1])
      )
    }),
    { numRuns: 300 },
  )
  t.pass()
})

test('a set that is placed is granted by claims, and takes of each host what its claims sum up to', (t) => {
  const UUID = lvmUuid('v')
  const known = ['a', 'b', 'c'].map((id, index) =>
    knownHost(id, {
      cpus: { threads: 8 },
      vgs: [{ uuid: UUID as never, name: 'data', sizeBytes: 40 * GIB, freeBytes: 40 * GIB }],
      guests: Array.from({ length: index }, (_, at) => running(1000 + at)),
    }),
  )
  const placementOf = (claims: readonly Claim[]) =>
    known.map((one) => {
      const spaces = new Map<string, readonly Claim[]>()
      for (const claim of claims) spaces.set(claim.space, [...(spaces.get(claim.space) ?? []), claim])
      // Each host has a VG of its own, whatever its UUID: claims are told apart by the host's letter before the LV's name.
      spaces.set(
        `vg:${UUID}`,
        claims.filter(({ space, item }) => space === `vg:${UUID}` && item.startsWith(`${one.id}-`)),
      )
      return placementHost({ host: one, groups: [], cordon: undefined, cpu: readHostCpu(one.id, CPU), claims: spaces, placed: [] })
    })
  const each = fc.record({ memoryBytes: fc.integer({ min: 0, max: 6 * GIB }), bytes: fc.integer({ min: 0, max: 15 * GIB }) })
  fc.assert(
    fc.property(fc.array(each, { maxLength: 15 }), (asked) => {
      const before = placementOf([])
      const all = asked.map(
        ({ memoryBytes, bytes }, index): Want => ({ id: `${index + 1}`, needs: needs({ memoryBytes, space: [{ vg: 'data', bytes }] }) }),
      )
      const { placed } = placeAll(picture(before), all, rules())
      let claims: readonly Claim[] = []
      for (const { id, needs: wanted } of all) {
        const on = placed.get(id)
        if (on === undefined) continue
        const [bytes] = wanted.space.map((disk) => disk.bytes)
        const asking = [
          { part: 'memory', kind: 'memory', host: on, bytes: wanted.memoryBytes },
          { part: 'disk', kind: 'space', host: on, vg: UUID, lv: `${on}-${id}`, bytes: bytes ?? 0 },
        ] as const
        const mine = claims.filter(({ space, item }) => space !== `vg:${UUID}` || item.startsWith(`${on}-`))
        const verdict = arbitrate(guest(Number(id)), asking, {
          hosts: new Map(known.map((one) => [one.id, one])),
          claims: mine,
          claimed: new Set(),
        })
        if (verdict.kind === 'refused') return false
        claims = [...claims, ...verdict.claims]
      }
      return placementOf(claims).every((after, index) => {
        const there = all.filter(({ id }) => placed.get(id) === after.id).map(({ needs: wanted }) => wanted)
        const was = before[index] ?? after
        const rest = left(was, there)
        return freeOf(after.memory) === rest.memory && freeOf(after.vgs.get('data')?.room ?? unread) === rest.space
      })
    }),
    { numRuns: 200 },
  )
  t.is(uuidOf(1), guest(1).id)
})

test('guests that a host reports and nobody has placed there count with their vCPUs, each once', (t) => {
  const one = knownHost('a', { cpus: { threads: 8 }, guests: [running(1, { vcpus: 2 }), running(2, { vcpus: 3 })] })
  const placed = [{ uuid: uuidOf(1), vcpus: 4, groups: ['web'] }]
  const made = placementHost({ host: one, groups: [], cordon: undefined, cpu: undefined, claims: new Map(), placed })
  t.like(made, { vcpus: 7, guests: 2, siblings: new Map([['web', 1]]), threads: 8 })
  const silent = placementHost({
    host: { ...one, inventory: undefined },
    groups: [],
    cordon: undefined,
    cpu: undefined,
    claims: new Map(),
    placed: [],
  })
  t.like(silent, { memory: { kind: 'unread', reason: 'it has not reported' }, unread: 'it has not reported' })
})
