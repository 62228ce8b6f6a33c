import { disksOf, guestOf } from '../../../../manager/store/tables/guests.ts'
import { refused, until } from '../../automation/scripted.ts'
import { running } from '../../claims/hosts.ts'
import { onEach } from '../../store/dialects.ts'
import { createArgs, DISK, GUEST, node, type Rig, rigAt, VG } from './rig.ts'

const WEB1 = { uuid: GUEST, name: 'web1' }
const A = { id: 'a', name: 'a' }
const DATA = { name: 'data', uuid: VG }
const GIB = 2 ** 30

const begin = async (rig: Rig, recipe: string, args: unknown, state: Parameters<typeof until>[2] = 'done'): Promise<string> => {
  const started = await rig.automations.start({ recipe, args, who: 'alice' })
  if (started.kind !== 'done') throw new Error(started.reason)
  await until(rig.automations, started.value.id, state)
  return (await rig.automations.show(started.value.id))?.reason ?? ''
}

const partsOf = async (rig: Rig) =>
  [...new Set((await rig.claims.of({ kind: 'guest', id: GUEST })).map(({ part }) => part))].sort((one, other) => (one < other ? -1 : 1))

const startArgs = (more: object = {}) => {
  const { spec: _spec, disks: _disks, power: _power, epoch: _epoch, who: _who, ...start } = createArgs() as Record<string, unknown>
  return { ...start, ...more }
}

onEach('a guest is created with its claims, its disk and its domain; stopped, it gives back what it needed to run', async (t, place) => {
  const rig = await rigAt(t, place, [node('a')])
  await begin(rig, 'create-guest', createArgs())
  t.deepEqual(rig.asked, ['make-disk a', 'start-guest a', 'collect a'])
  t.like(await guestOf(rig.store.db, GUEST), { name: 'web1', host: 'a', power: 'on', created_by: 'alice' })
  t.like((await disksOf(rig.store.db, GUEST))[0], { id: DISK, vg_uuid: VG, state: 'ready' })
  t.deepEqual(await partsOf(rig), [`disk ${DISK}`, 'memory', 'name', 'nic 00:16:3e:01:02:03', 'run'])

  await begin(rig, 'stop-guest', { guest: WEB1, host: A, how: 'clean', seconds: 10 })
  t.like(await guestOf(rig.store.db, GUEST), { power: 'off' })
  t.deepEqual(await partsOf(rig), [`disk ${DISK}`, 'name', 'nic 00:16:3e:01:02:03'])

  await begin(rig, 'destroy-guest', { guest: WEB1, host: A, disks: [{ disk: DISK, vg: { name: 'data', uuid: VG } }] })
  t.is(await guestOf(rig.store.db, GUEST), undefined)
  t.deepEqual([await partsOf(rig), await disksOf(rig.store.db)], [[], []])
})

for (const broken of ['make-disk', 'start-guest']) {
  onEach(`of a guest whose ${broken} fails nothing is left, neither rows nor claims`, async (t, place) => {
    const rig = await rigAt(t, place, [node('a')])
    rig.answer = ({ kind }) => (kind === broken ? refused('unable', 'the disk is full') : 'done')
    t.is(await begin(rig, 'create-guest', createArgs(), 'failed'), 'the disk is full')
    t.true(rig.asked.includes('remove-disk a'))
    t.is(rig.asked.includes('destroy-guest a'), broken === 'start-guest')
    t.is(await guestOf(rig.store.db, GUEST), undefined)
    t.deepEqual([await partsOf(rig), await disksOf(rig.store.db)], [[], []])
  })
}

onEach('a second guest of one name gets nothing, and the first keeps all', async (t, place) => {
  const rig = await rigAt(t, place, [node('a')])
  await begin(rig, 'create-guest', createArgs())
  const before = await partsOf(rig)
  const other = createArgs({}, 'web1', '6b1f0000-0000-4000-8000-000000000002')
  t.regex(await begin(rig, 'create-guest', other, 'failed'), /the name web1 is held by another guest/)
  t.deepEqual(await partsOf(rig), before)
  t.like(await guestOf(rig.store.db, GUEST), { name: 'web1' })
})

onEach('a guest does not start while a host that has gone silent may run it, until that is fenced', async (t, place) => {
  const ran = { guests: [running(1, { uuid: GUEST, name: 'web1' })] } as never
  const rig = await rigAt(t, place, [node('a')])
  await begin(rig, 'create-guest', createArgs({ power: 'off' }))
  rig.hosts.set('b', node('b', ran, 'lost'))
  const why = await begin(rig, 'start-guest', startArgs(), 'failed')
  t.regex(why, /whether b runs guest web1 is not known: it is lost/)
  t.false(rig.asked.includes('start-guest a'))
  t.deepEqual(await partsOf(rig), [`disk ${DISK}`, 'name', 'nic 00:16:3e:01:02:03'])
  rig.hosts.set('b', node('b', ran, 'fenced'))
  await begin(rig, 'start-guest', startArgs())
  t.true(rig.asked.includes('start-guest a'))
})

onEach('a start that is refused as the guest runs takes nothing from it', async (t, place) => {
  const rig = await rigAt(t, place, [node('a')])
  await begin(rig, 'create-guest', createArgs())
  rig.hosts.set('b', node('b', { guests: [running(7, { uuid: GUEST, name: 'web1' })] } as never))
  const before = await partsOf(rig)
  t.regex(await begin(rig, 'start-guest', startArgs(), 'failed'), /guest web1 is held by b, which runs it/)
  t.deepEqual(await partsOf(rig), before)
  t.like(await guestOf(rig.store.db, GUEST), { power: 'on' })
})

onEach('a start that is aborted leaves what a guest needs that was brought to run before', async (t, place) => {
  const rig = await rigAt(t, place, [node('a')])
  await begin(rig, 'create-guest', createArgs())
  const before = await partsOf(rig)
  rig.answer = ({ kind }) => (kind === 'destroy-guest' ? 'silence' : 'done')
  const started = await rig.automations.start({ recipe: 'start-guest', args: startArgs({ leftover: 'domain' }), who: 'bob' })
  if (started.kind !== 'done') return t.fail(started.reason)
  await until(rig.automations, started.value.id, 'running')
  await rig.automations.abort(started.value.id, 'bob')
  await until(rig.automations, started.value.id, 'aborted')
  t.like(await guestOf(rig.store.db, GUEST), { power: 'on' })
  t.deepEqual(await partsOf(rig), before, 'its agent may have started it again')
})

onEach('what was planned before the guest went to another host, or changed, begins nothing', async (t, place) => {
  const rig = await rigAt(t, place, [node('a'), node('b')])
  await begin(rig, 'create-guest', createArgs())
  const asked = rig.asked.length
  const b = { id: 'b', name: 'b' }
  const disk = { disk: DISK, vdev: 'xvda', access: 'read-write', generation: 2, sizeBytes: GIB, from: DATA, to: DATA }
  const over = { network: '10.0.0.0/24', from: '10.0.0.1', to: '10.0.0.2' }
  const move = { ...startArgs(), way: 'live', from: A, to: b, disks: [disk], over, maxPauseMs: 2000, keepMs: 0, epoch: 1 }
  const change = {
    guest: WEB1,
    live: 'no',
    said: [],
    before: '{}',
    wanted: '{}',
    added: [],
    grown: [],
    removed: [],
    newNics: [],
    goneNics: [],
  }
  const outdated: readonly (readonly [string, object, RegExp])[] = [
    ['start-guest', startArgs({ host: b }), /web1 has left b/],
    ['stop-guest', { guest: WEB1, host: b, how: 'clean', seconds: 10 }, /web1 has left b/],
    ['reboot-guest', { guest: WEB1, host: b, domid: 1 }, /web1 has left b/],
    ['pause-guest', { guest: WEB1, host: b }, /web1 has left b/],
    ['destroy-guest', { guest: WEB1, host: b, disks: [] }, /web1 has left b/],
    ['migrate-guest', { ...move, from: b, to: A }, /web1 has left b/],
    ['migrate-guest', move, /the disks of guest web1 have changed/],
    ['change-guest', { ...change, claims: [], epoch: 1 }, /web1 was changed/],
    ['stop-guest', { guest: { uuid: crypto.randomUUID(), name: 'web9' }, host: A, how: 'hard', seconds: 0 }, /web9 was destroyed/],
  ]
  for (const [recipe, args, reason] of outdated) {
    const started = await rig.automations.start({ recipe, args, who: 'bob' })
    t.like(started, { kind: 'refused', code: 'outdated' }, recipe)
    t.regex(started.kind === 'refused' ? started.reason : '', reason)
  }
  t.is(rig.asked.length, asked)
})

onEach('of two that act on one guest at once one is told who has it', async (t, place) => {
  const rig = await rigAt(t, place, [node('a')])
  await begin(rig, 'create-guest', createArgs({ power: 'off' }))
  rig.answer = ({ kind }) => (kind === 'start-guest' ? 'silence' : 'done')
  const args = startArgs()
  const [one, other] = await Promise.all([
    rig.automations.start({ recipe: 'start-guest', args, who: 'alice' }),
    rig.automations.start({ recipe: 'start-guest', args, who: 'bob' }),
  ])
  t.deepEqual([one.kind, other.kind].sort(), ['done', 'refused'])
  const refusal = one.kind === 'refused' ? one : other
  t.like(refusal, { code: 'locked' })
  t.regex(refusal.kind === 'refused' ? refusal.reason : '', /^guest web1 is held by automation \S+ \(start web1 on a, started by/)
})

onEach('a stop that the guest does not follow ends it when it was to be ended then', async (t, place) => {
  const rig = await rigAt(t, place, [node('a')])
  await begin(rig, 'create-guest', createArgs())
  rig.answer = ({ kind }) => (kind === 'stop-guest' ? refused('unable', 'it has not powered off') : 'done')
  t.is(await begin(rig, 'stop-guest', { guest: WEB1, host: A, how: 'clean', seconds: 1 }, 'failed'), 'it has not powered off')
  t.like(await guestOf(rig.store.db, GUEST), { power: 'on' })
  await begin(rig, 'stop-guest', { guest: WEB1, host: A, how: 'clean, then hard', seconds: 1 })
  t.like(await guestOf(rig.store.db, GUEST), { power: 'off' })
})

onEach('a disk of which the removal has failed is not ready: part of it may be gone', async (t, place) => {
  const rig = await rigAt(t, place, [node('a')])
  await begin(rig, 'create-guest', createArgs({ power: 'off' }))
  rig.answer = ({ kind }) => (kind === 'remove-disk' ? refused('unknown', 'it was stopped in the middle') : 'done')
  const args = { guest: WEB1, host: A, disks: [{ disk: DISK, vg: { name: 'data', uuid: VG } }] }
  await begin(rig, 'destroy-guest', args, 'failed')
  t.like((await disksOf(rig.store.db, GUEST))[0], { id: DISK, state: 'making' })
  t.true((await partsOf(rig)).includes(`disk ${DISK}`))
  rig.answer = () => 'done'
  await begin(rig, 'destroy-guest', args)
  t.deepEqual([await partsOf(rig), await disksOf(rig.store.db)], [[], []])
})
