// Guests from what hosts tell: what is made, what was believed where they disagree, and what is only listed. All of it pure.
import test from 'ava'
import fc from 'fast-check'
import { DISK, domain, GUEST, host, lv, MIB, of, record } from './told.ts'

test('a guest that runs is as its VG remembers it, with the disk that its LV tags name, and its network', (t) => {
  const { guests, networks, disagree, unknown } = of([host('a', { guests: [domain()], lvs: [lv('a')], records: [record('a')] })])
  t.deepEqual([disagree, unknown], [[], []])
  t.like(guests[0], { uuid: GUEST, name: 'web1', host: 'a', power: 'on', created: 5, createdBy: 'ada', by: 'record' })
  t.like(guests[0]?.spec, { notes: 'ä\n', memory: 256 * MIB, uuid: GUEST })
  t.like(guests[0]?.disks[0], { disk: DISK, vdev: 'xvda', host: 'a', generation: 1, state: 'ready', access: 'read-write', space: 'thick' })
  t.deepEqual(networks, [{ name: 'blue', bridge: 'xenbr0', bridges: {}, vlan: 7, mtu: undefined }])
})

test('which CPU a guest was given is as its VG remembers it; what only its domain tells is not known to have less than its host', (t) => {
  const cpu = { words: [7], leaves: {} }
  const told = [host('a', { guests: [domain()], lvs: [lv('a')], records: [record('a', { cpu })] })]
  t.deepEqual(of(told).guests[0]?.cpu, cpu)
  t.is(of([host('a', { guests: [domain()], lvs: [lv('a')] })]).guests[0]?.cpu, undefined)
})

test('how it stands is how its domain does: no domain is off, a crashed one was brought to run', (t) => {
  for (const [state, power] of [
    ['paused', 'paused'],
    ['crashed', 'on'],
    ['shutdown', 'off'],
    ['running', 'on'],
  ] as const) {
    const { guests } = of([host('a', { guests: [domain({ state })], lvs: [lv('a')], records: [record('a')] })])
    t.is(guests[0]?.power, power, state)
  }
  t.is(of([host('a', { lvs: [lv('a')], records: [record('a')] })]).guests[0]?.power, 'off')
})

test('what the database knows stays as it is', (t) => {
  const hosts = [host('a', { guests: [domain()], lvs: [lv('a')], records: [record('a')] })]
  t.deepEqual(of(hosts, { known: new Map([[GUEST, 'web1']]) }).guests, [])
})

test('a copy that is being made, is stale, or is tagged with what nobody here knows is never the disk of a guest', (t) => {
  for (const bad of [lv('b', { state: 'making', generation: 7 }), lv('b', { generation: 7, tags: ['hostless.copy=stale'] })]) {
    const { guests, disagree } = of([host('a', { lvs: [lv('a')], records: [record('a')] }), host('b', { lvs: [bad] })])
    t.like(guests[0]?.disks[0], { host: 'a', generation: 1 })
    t.regex(disagree.join(), /LV data\/disk-.* of node-b is another copy of a disk of web1, and is left alone/)
  }
  const alone = of([host('b', { lvs: [lv('b', { state: 'making' })], records: [record('b')] })])
  t.like(alone.guests[0]?.disks[0], { state: 'making' }, 'it does not start on it')
  t.regex(alone.unknown.join(), /disk xvda of web1 is not there: LV .*: it is making. web1 does not start without it/)
})

test('of two good copies the one in use counts, then the greater generation; two of one generation make no guest', (t) => {
  const records = [record('a')]
  const newer = of([host('a', { lvs: [lv('a')], records }), host('b', { lvs: [lv('b', { generation: 2 })] })])
  t.like(newer.guests[0], { host: 'b', disks: [{ host: 'b', generation: 2 }] as never })
  const used = of([host('a', { lvs: [lv('a')], records, guests: [domain()] }), host('b', { lvs: [lv('b', { generation: 2 })] })])
  t.like(used.guests[0]?.disks[0], { host: 'a' })
  t.regex(used.disagree.join(), /is in use, though LV .* of node-b has generation 2/)
  const same = of([host('a', { lvs: [lv('a')], records }), host('b', { lvs: [lv('b')] })])
  t.deepEqual(same.guests, [])
  t.regex(same.unknown.join(), /web1 .* is not made: of its disk xvda, .* both have generation 1. Look which one is right/)
})

test('a guest that runs on two hosts is told as conflicted, and with its disk open on both it is not made', (t) => {
  const both = of([
    host('a', { lvs: [lv('a')], records: [record('a')], guests: [domain()] }),
    host('b', { lvs: [lv('b')], guests: [domain()] }),
  ])
  t.deepEqual(both.guests, [])
  t.regex(both.unknown.join(), /are both in use/)
  const one = of([
    host('a', { lvs: [lv('a')], records: [record('a')], guests: [domain()] }),
    host('b', { guests: [domain({ disks: [] })] }),
  ])
  t.is(one.guests.length, 1)
  t.regex(one.disagree.join(), /web1 runs on node-a and node-b: it is conflicted/)
})

test('without a record a guest that runs is made from its domain, and what that does not tell is listed', (t) => {
  const { guests, networks, unknown } = of([host('a', { guests: [domain()], lvs: [lv('a')] })])
  t.like(guests[0], { name: 'web1', by: 'domain', power: 'on', disks: [{ vdev: 'xvda', state: 'ready' }] as never })
  t.like(guests[0]?.spec, { memory: 128 * MIB, maxMemory: 256 * MIB, vcpus: 1, maxVcpus: 2, nics: [{ network: 'xenbr0' }] as never })
  t.deepEqual(
    networks.map(({ name }) => name),
    ['xenbr0'],
  )
  t.regex(
    unknown.join(),
    /guest web1: no VG remembers it, so its notes, tags, groups, restart policy, start order and xl settings are not known/,
  )
  const named = of([host('a', { guests: [domain()], lvs: [lv('a')] })], {
    networks: [{ name: 'lan', bridge: 'xenbr0', bridges: {}, vlan: undefined, mtu: undefined, created: 0, createdBy: '' }],
  })
  t.deepEqual([named.networks, named.guests[0]?.spec.nics[0]?.network], [[], 'lan'])
})

test('what nothing tells is listed, and made of no guess', (t) => {
  const stopped = of([host('a', { lvs: [lv('a')] })])
  t.deepEqual(stopped.guests, [])
  t.regex(stopped.unknown.join(), /guest 6b1f.*: nothing tells its name or its size; its disks stay: LV data\/disk-/)
  const foreign = of([host('a', { guests: [domain({ disks: [] })] })])
  t.deepEqual(foreign.guests, [])
  t.regex(foreign.unknown.join(), /domain web1 .* was not made by hostless: it stays unmanaged/)
  const lost = of([host('a', { records: [record('a')] })])
  t.deepEqual(lost.guests, [])
  t.regex(lost.unknown.join(), /none of its disks is on a host that was read/)
  t.regex(of([host('a', { damaged: ['VG data, place 3: both copies'] })]).unknown.join(), /a record on node-a: VG data, place 3/)
  const odd = of([host('a', { lvs: [lv('a', { name: 'disk-x' })] })])
  t.regex(odd.unknown.join(), /LV data\/disk-x of node-a is called as a disk of a guest, and its tags do not say whose/)
  const bad = of([host('a', { lvs: [lv('a')], records: [record('a', { spec: '{"name":"web1"}' })] })])
  t.regex(bad.unknown.join(), /what is remembered of web1 on node-a is not understood: memory is no size/)
})

test('of two records the greater epoch is right, then the later one; two guests of one name are told', (t) => {
  const renamed = (name: string, epoch: number, written: number) => record('a', { name, epoch, written })
  const hosts = [host('a', { lvs: [lv('a')], records: [renamed('old', 1, 99), renamed('new', 2, 1), renamed('mid', 2, 0)] })]
  t.deepEqual(
    of(hosts).guests.map(({ name }) => name),
    ['new'],
  )
  const taken = of(hosts, { known: new Map([['x', 'new']]) })
  t.deepEqual(
    taken.guests.map(({ name, spec }) => [name, spec.name]),
    [['new-6b1f0000', 'new-6b1f0000']],
  )
  t.regex(taken.disagree.join(), /two guests are called new/)
})

test('whatever hosts tell: no guest is made twice, none with a disk that is not ready as if it were, and nothing goes unsaid', (t) => {
  const lvs = fc.array(
    fc.record({
      on: fc.constantFrom('a' as const, 'b' as const),
      generation: fc.nat(3),
      state: fc.constantFrom('making' as const, 'ready' as const),
    }),
    { maxLength: 2 },
  )
  const places = fc.subarray(['a', 'b'] as const)
  fc.assert(
    fc.property(lvs, places, places, (copies, runsOn, rememberedOn) => {
      const unique = [...new Map(copies.map((one) => [one.on, one])).values()]
      const hosts = (['a', 'b'] as const).map((id) =>
        host(id, {
          lvs: unique.filter(({ on }) => on === id).map(({ on, ...given }) => lv(on, given)),
          guests: runsOn.includes(id) ? [domain()] : [],
          records: rememberedOn.includes(id) ? [record(id)] : [],
        }),
      )
      const { guests, disagree, unknown } = of(hosts)
      t.true(guests.length <= 1)
      const traces = unique.length + runsOn.length + rememberedOn.length
      if (traces > 0 && guests.length === 0) t.true(unknown.length > 0)
      for (const disk of guests.flatMap((one) => one.disks)) {
        const copy = unique.find(({ on }) => on === disk.host)
        const inUse = runsOn.some((on) => on === disk.host)
        if (disk.state === 'ready') t.true(copy !== undefined && (copy.state === 'ready' || inUse))
        const better = unique.find((one) => one.on !== disk.host && one.state === 'ready' && one.generation > disk.generation)
        if (disk.state === 'ready' && better) t.true(inUse && disagree.length > 0)
      }
      if (runsOn.length === 2 && guests.length === 1) t.regex(disagree.join(), /conflicted/)
    }),
  )
})
