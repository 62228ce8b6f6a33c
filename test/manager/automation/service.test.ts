import { z } from 'zod'
import type { Hooks } from '../../../manager/automation/ports.ts'
import { recipe } from '../../../manager/automation/recipe.ts'
import { ask, hook, inTurn, order, progress, type Steps, sleep, undoable } from '../../../manager/automation/steps.ts'
import { uuid } from '../../../manager/protocol/values.ts'
import { AUTOMATION_FAILED, noticesBehind } from '../../../manager/store/tables/notices.ts'
import { onEach, storeAt } from '../store/dialects.ts'
import { automationsOn, hosts, refused, until } from './scripted.ts'

const args = z.object({ guest: z.string() })

const moving = (version: number, run: (guest: string) => Steps<unknown>) =>
  recipe({
    ...{ name: 'move', version, phases: ['begin', 'hand over'], noReturn: 'hand over' },
    parse: (given) => args.parse(given),
    title: ({ guest }: z.output<typeof args>) => `move ${guest}`,
    locks: ({ guest }) => [{ key: `guest ${guest}`, name: `guest ${guest}`, access: 'exclusive' }],
    run: ({ guest }) => run(guest),
  })

function* move(guest: string): Steps {
  yield* progress('begin')
  const undo = { what: 'remove the copy', command: `hostless vm clean ${guest}`, requests: [order('h', { kind: 'remove' })] }
  yield* undoable(undo, ask('h', { kind: 'copy', guest }))
  yield* sleep(1)
  yield* ask('h', { kind: 'switch' })
  yield* progress('hand over')
  yield* ask('h', { kind: 'start' })
}

const MOVE = moving(1, move)
const start = (guest: string, who = 'alice') => ({ recipe: 'move', args: { guest }, who })

onEach('an automation is started, shown with its steps and undo, and ends; what it held is free', async (t, place) => {
  const store = await storeAt(t, place)
  const rack = hosts()
  const automations = await automationsOn(t, { store, recipes: [MOVE], hosts: rack })
  const started = await automations.start(start('web1'))
  if (started.kind !== 'done') return t.fail(started.reason)
  const { id } = started.value
  await until(automations, id, 'done')
  t.deepEqual(
    rack.asked.map(([asked, { kind }]) => [asked, kind]),
    [
      [`${id}/3`, 'copy'],
      [`${id}/5`, 'switch'],
      [`${id}/7`, 'start'],
    ],
  )
  const view = await automations.show(id)
  t.like(view, {
    title: 'move web1',
    who: 'alice',
    phase: 'hand over',
    noReturn: 'hand over',
    mayAbort: 'no: it has ended',
    turn: "nobody's: it has ended",
  })
  t.like(view?.undos, [{ what: 'remove the copy', command: 'hostless vm clean web1', state: 'not needed' }])
  t.deepEqual(
    view?.steps.map(({ what, state }) => `${what}: ${state}`),
    ['phase begin', 'copy on h', 'a pause of 0.001 s', 'switch on h', 'phase hand over', 'start on h'].map((what) => `${what}: done`),
  )
  t.is((await automations.start(start('web1'))).kind, 'done')
})

onEach('of two who move one guest one is told who does it; a key that comes again starts nothing, or is refused', async (t, place) => {
  const store = await storeAt(t, place)
  const rack = hosts()
  rack.answer = () => 'silence'
  const automations = await automationsOn(t, { store, recipes: [MOVE], hosts: rack })
  const [one, other] = await Promise.all([automations.start({ ...start('web1'), key: 'k' }), automations.start(start('web1', 'bob'))])
  t.is(one.kind, 'done')
  t.like(other, { kind: 'refused', code: 'locked' })
  t.regex(JSON.stringify(other), /guest web1 is held by automation \w+ \(move web1, started by alice\)/)
  t.like(await automations.start({ ...start('web1'), key: 'k' }), { value: { how: 'before' } })
  t.like(await automations.start({ ...start('web2'), key: 'k' }), { kind: 'refused', code: 'key-reused' })
  t.is((await automations.start({ ...start('web2', 'bob'), key: 'k' })).kind, 'done', "another's key is another one")
  t.is((await automations.start({ ...start('x'), recipe: 'y' })).kind, 'missing')
  t.is((await automations.start({ recipe: 'move', args: 5, who: 'alice' })).kind, 'refused')
})

onEach('one that is queued and aborted never starts; one that runs stops within 5 s, undoes, and frees its guest', async (t, place) => {
  const store = await storeAt(t, place)
  const rack = hosts()
  rack.answer = ({ kind }) => (kind === 'switch' ? 'silence' : 'done')
  const automations = await automationsOn(t, { store, recipes: [MOVE], hosts: rack, most: 1 })
  const [running, queued] = [await automations.start(start('web1')), await automations.start(start('web2'))]
  if (running.kind !== 'done' || queued.kind !== 'done') return t.fail()
  t.is((await automations.show(queued.value.id))?.turn, 'waits for a place: as many as may be are under way (1)')
  t.is((await automations.abort(queued.value.id, 'bob')).kind, 'done')
  t.like(await automations.show(queued.value.id), { state: 'aborted', reason: 'bob has aborted it before it began', steps: [] })
  while (!rack.asked.some(([, { kind }]) => kind === 'switch')) await new Promise(setImmediate)
  const at = Date.now()
  t.is((await automations.abort(running.value.id, 'bob')).kind, 'done')
  await until(automations, running.value.id, 'aborted')
  t.true(Date.now() - at < 5000)
  t.deepEqual(
    rack.asked.map(([, { kind }]) => kind),
    ['copy', 'switch', 'remove'],
  )
  t.like(await automations.abort(running.value.id, 'bob'), {
    kind: 'refused',
    reason: `automation ${running.value.id} has ended: it is aborted`,
  })
  t.is((await automations.start(start('web1'))).kind, 'done')
})

onEach('past its point of no return it is not aborted', async (t, place) => {
  const rack = hosts()
  rack.answer = ({ kind }) => (kind === 'start' ? 'silence' : 'done')
  const automations = await automationsOn(t, { store: await storeAt(t, place), recipes: [MOVE], hosts: rack })
  const started = await automations.start(start('web1'))
  if (started.kind !== 'done') return t.fail()
  while (!rack.asked.some(([, { kind }]) => kind === 'start')) await new Promise(setImmediate)
  t.like(await automations.abort(started.value.id, 'bob'), { kind: 'refused', code: 'no-return' })
  t.is((await automations.show(started.value.id))?.mayAbort, 'no: it is past its point of no return')
})

onEach(
  'a manager that comes after goes on where the one before was, under the same ids; the one before does nothing more',
  async (t, place) => {
    const store = await storeAt(t, place)
    const [before, afterwards] = [hosts(), hosts()]
    before.answer = ({ kind }) => (kind === 'switch' ? 'silence' : 'done')
    const first = await automationsOn(t, { store, recipes: [MOVE], hosts: before })
    const started = await first.start(start('web1'))
    if (started.kind !== 'done') return t.fail()
    const { id } = started.value
    while (before.asked.length < 2) await new Promise(setImmediate)
    const second = await automationsOn(t, { store, recipes: [MOVE], hosts: afterwards })
    await until(second, id, 'done')
    t.deepEqual(
      afterwards.asked.map(([asked]) => asked),
      [`${id}/5`, `${id}/7`],
    )
    t.regex(JSON.stringify(await first.start(start('web2'))), /a newer manager has started/)
    t.is(before.asked.length, 2)
  },
)

onEach('an undo that fails twice needs an operator, who is told the command, and may have done it by hand', async (t, place) => {
  const [store, rack] = [await storeAt(t, place), hosts()]
  rack.answer = ({ kind }) => (kind === 'copy' ? 'done' : refused('unable'))
  const automations = await automationsOn(t, { store, recipes: [MOVE], hosts: rack })
  const started = await automations.start(start('web1'))
  if (started.kind !== 'done') return t.fail()
  const { id } = started.value
  await until(automations, id, 'needs-operator')
  t.is((await automations.show(id))?.reason, 'could not remove the copy: it is broken. By hand: hostless vm clean web1')
  t.deepEqual(
    rack.asked.map(([, { kind }]) => kind),
    ['copy', 'switch', 'remove', 'remove'],
  )
  t.is(new Set(rack.asked.map(([asked]) => asked)).size, 4, 'each try of an undo is a step of its own')
  t.is((await automations.start(start('web1'))).kind, 'refused', 'it keeps its guest meanwhile')
  t.is((await automations.retryUndo(id, 'by hand')).kind, 'done')
  await until(automations, id, 'failed')
  const told = (await noticesBehind(store.db, 0)).filter(({ kind }) => kind === AUTOMATION_FAILED)
  t.deepEqual(
    told.map(({ subject, state }) => [subject, state]),
    [[id, 'failed']],
  )
  t.regex(told[0]?.text ?? '', /^automation \w+ \(move web1, asked for by alice\) has failed: ./)
  t.like((await automations.show(id))?.undos, [{ state: 'by hand' }])
})

onEach(
  'with a recipe of another version it waits for an operator: it goes on with that, stops at the step that differs, or is undone',
  async (t, place) => {
    const store = await storeAt(t, place)
    const rack = hosts()
    rack.answer = ({ kind }) => (kind === 'switch' ? 'silence' : 'done')
    const old = await automationsOn(t, { store, recipes: [MOVE], hosts: rack })
    const ids: string[] = []
    for (const guest of ['web1', 'web2']) {
      const started = await old.start(start(guest))
      if (started.kind === 'done') ids.push(started.value.id)
    }
    const [same = '', other = ''] = ids
    while (rack.asked.length < 4) await new Promise(setImmediate)
    old.close()
    rack.answer = () => 'done'
    function* changed(guest: string): Steps {
      if (guest === 'web2') yield* hook('before', 'move', {})
      yield* move(guest)
    }
    const young = await automationsOn(t, { store, recipes: [moving(2, changed)], hosts: rack })
    await until(young, same, 'needs-operator')
    t.regex((await young.show(same))?.reason ?? '', /begun with version 1 of the recipe move, this hostless has 2/)
    t.deepEqual((await young.open()).map(({ id }) => id).sort(), [...ids].sort())
    t.is((await young.resume(same, 'bob')).kind, 'done')
    await until(young, same, 'done')
    const said = 'step 1 was phase begin, is the hook before-move'
    await until(young, other, 'needs-operator')
    t.true((await young.show(other))?.reason?.startsWith(said), (await young.show(other))?.reason)
    t.is((await young.abort(other, 'bob')).kind, 'done')
    await until(young, other, 'aborted')
    t.is(rack.asked.at(-1)?.[1].kind, 'remove')
  },
)

onEach('a hook may start what its automation has locked, and nobody else past that lock', async (t, place) => {
  const rack = hosts()
  let isFree: () => void = () => undefined
  const hooks: Hooks = {
    run: () => ({ ended: new Promise((resolve) => (isFree = () => resolve({ kind: 'value', value: {} }))), kill: () => undefined }),
  }
  const hooked = moving(1, function* () {
    yield* hook('before', 'move', {})
  })
  const small = { ...MOVE, name: 'small' }
  const automations = await automationsOn(t, { store: await storeAt(t, place), recipes: [hooked, small], hosts: rack, hooks, most: 1 })
  const outer = await automations.start(start('web1'))
  if (outer.kind !== 'done') return t.fail()
  const { id } = outer.value
  t.like(await automations.start({ ...start('web1'), recipe: 'small' }), { kind: 'refused', code: 'locked' })
  while ((await automations.show(id))?.turn !== 'the hook before-move') await new Promise(setImmediate)
  const inner = await automations.start({ ...start('web1'), recipe: 'small', within: id })
  if (inner.kind !== 'done') return t.fail(inner.reason)
  await until(automations, inner.value.id, 'done')
  isFree()
  await until(automations, id, 'done')
  t.regex(JSON.stringify(await automations.start({ ...start('web1'), within: id })), /runs no hook/)
})

onEach('a host that has heard a newer manager ends this one', async (t, place) => {
  const rack = hosts()
  rack.answer = () => refused('stale-epoch', 'this is asked by a manager of epoch 1, after one of 2')
  const automations = await automationsOn(t, { store: await storeAt(t, place), recipes: [MOVE], hosts: rack })
  await automations.start(start('web1'))
  while (rack.asked.length === 0) await new Promise(setImmediate)
  await new Promise(setImmediate)
  t.regex(JSON.stringify(await automations.start(start('web2'))), /epoch 1, after one of 2/)
})

onEach('automations about a guest are those that were started with its UUID', async (t, place) => {
  const automations = await automationsOn(t, { store: await storeAt(t, place), recipes: [MOVE], hosts: hosts() })
  const [mine, other] = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002']
  for (const guest of [mine, other]) {
    const started = await automations.start(start(guest))
    if (started.kind !== 'done') return t.fail(started.reason)
    await until(automations, started.value.id, 'done')
  }
  t.deepEqual(
    (await automations.list(10, uuid.parse(mine))).map(({ title }) => title),
    [`move ${mine}`],
  )
  t.is((await automations.list(10)).length, 2)
})

const COPYING = moving(1, function* (guest) {
  const uses = [{ what: 'copies', of: 'pool', name: 'moves that copy' }]
  yield* inTurn(uses, () => ask('h', { kind: 'copy', guest }))
  yield* ask('h', { kind: 'switch', guest })
})

onEach('of those that wait for a turn one goes at a time, over a new manager, too; an aborted one never has its turn', async (t, place) => {
  const store = await storeAt(t, place)
  const settings = { store, recipes: [COPYING], mostOf: () => 1 }
  const rack = hosts()
  rack.answer = () => 'silence'
  const before = await automationsOn(t, { ...settings, hosts: rack })
  const ids: string[] = []
  for (const guest of ['web1', 'web2', 'web3']) {
    const begun = await before.start(start(guest))
    if (begun.kind !== 'done') return t.fail(begun.reason)
    ids.push(begun.value.id)
    while (before.waiting(begun.value.id) === undefined && rack.asked.length === 0) await new Promise(setImmediate)
  }
  const [one = '', two = '', three = ''] = ids
  while (before.waiting(three) === undefined) await new Promise(setImmediate)
  t.is(before.waiting(two), `its turn: 1 of at most 1 moves that copy are under way (${one}), it is next`)
  t.like(await before.show(three), { turn: `waits for its turn: 1 of at most 1 moves that copy are under way (${one}), 1 wait before it` })
  t.is(before.howManyWait(), 2)
  t.is(rack.asked.length, 1)
  before.close()

  const next = hosts()
  next.answer = ({ kind }) => (kind === 'copy' ? 'silence' : 'done')
  const after = await automationsOn(t, { ...settings, hosts: next })
  while (next.asked.length === 0) await new Promise(setImmediate)
  await new Promise(setImmediate)
  t.deepEqual(
    next.asked.map(([asked]) => asked),
    [`${one}/2`],
    'the turn that was there is there, and no other',
  )
  t.is((await after.abort(two, 'bob')).kind, 'done')
  await until(after, two, 'aborted')
  next.answer = () => 'done'
  t.is((await after.abort(one, 'bob')).kind, 'done')
  await until(after, three, 'done')
  t.deepEqual(
    next.asked.map(([asked]) => asked),
    [`${one}/2`, `${three}/2`, `${three}/4`],
  )
  t.is(after.waiting(three), undefined)
})
