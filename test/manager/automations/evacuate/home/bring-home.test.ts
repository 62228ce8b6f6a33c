// The way home after an evacuation: what is remembered of it, the plan, the rounds, what an abort takes back, and what stays is said by name.

import type { ExecutionContext } from 'ava'
import { guestsAway, planHome, weighHome } from '../../../../../manager/automations/evacuate/home/plan.ts'
import { planEvacuation } from '../../../../../manager/automations/evacuate/plan.ts'
import type { OwnOutcome, OwnRequest } from '../../../../../manager/automations/own/request.ts'
import type { HostView } from '../../../../../manager/hosts/pool-change.ts'
import { allHomes } from '../../../../../manager/store/tables/homes.ts'
import { until } from '../../../automation/scripted.ts'
import { shownIn } from '../../../hosts/conditions.ts'
import { onEach, type storeAt } from '../../../store/dialects.ts'
import { GUEST, rigAt, vgUuidOn } from '../../guests/rig.ts'
import { onLun } from '../../migrate/on-lun.ts'
import { HOW, site } from '../site.ts'

const cordonedBy = (host: HostView, reason: string): HostView => ({ ...host, cordon: { reason, who: 'automation', at: 1 } })

/** Both guests of `a` have left it. */
async function emptied(t: ExecutionContext, place: Parameters<typeof storeAt>[1], room = 2) {
  const one = await site(t, place, room)
  const id = await one.begin()
  await until(one.rig.automations, id, 'done')
  const why = `evacuated by automation ${id}`
  const asked = { homes: [cordonedBy(one.host, why)], others: 'leave', how: HOW } as const
  const homeward = async () => {
    const plan = await planHome(one.deps as never, asked)
    if (plan.kind !== 'done') throw new Error(plan.reason)
    const started = await one.rig.automations.start({ ...plan.value, who: 'bob' })
    if (started.kind !== 'done') throw new Error(started.reason)
    return started.value.id
  }
  const lieOn = async () => Promise.all(['web1', 'web2'].map(async (guest) => (await one.deps.book.find(guest))?.record.host))
  return { ...one, id, why, asked, homeward, lieOn }
}

onEach(
  'who has left is remembered, and comes home: the cordon of the evacuation goes first; then nobody is away any more',
  async (t, place) => {
    const { rig, deps, wishes, id, why, asked, homeward, lieOn } = await emptied(t, place)
    t.deepEqual(await lieOn(), ['b', 'b'])
    t.like(await allHomes(rig.store.db), { length: 2, 1: { guest: GUEST, host: 'a', state: 'stopped', automation: id } })
    t.deepEqual(
      (await weighHome(deps as never, asked)).map(({ name, was, on, steps, refusals }) => [
        name,
        was,
        on?.id,
        steps.map(({ round, to, how }) => [round, to.id, how]),
        refusals,
      ]),
      ['web1', 'web2'].map((name) => [name, 'stopped', 'b', [[1, 'a', 'stopped']], []]),
    )
    const home = await homeward()
    t.is((await rig.automations.find(home))?.title, 'bring home to a')
    await until(rig.automations, home, 'done')
    t.deepEqual(await lieOn(), ['a', 'a'])
    t.deepEqual(wishes.at(-1), ['a', { kind: 'uncordon', of: why }])
    t.deepEqual(await guestsAway(deps as never), [])
    t.like(await planHome(deps as never, { ...asked, homes: [{ ...asked.homes[0], cordon: undefined } as never] }), {
      kind: 'refused',
      reason: 'no guest that has left a by an evacuation is away',
    })
  },
)

onEach(
  'one for which there is no room stays, by name and with what is missing; the others come home, and the cordon is gone',
  async (t, place) => {
    const { rig, deps, wishes, why, asked, homeward, lieOn } = await emptied(t, place)
    const vgs = new Map([['data', 2 ** 40]])
    const rooms = () => ['a', 'b'].map((id) => ({ id, guests: 1, memoryBytes: 2 ** 40, vcpus: 99, vgs }))
    deps.where.ground = async () => ({ rooms, places: (wanted) => deps.where.places(wanted), put: () => undefined })
    const reason = 'a has 0 of guests free, 1 are needed'
    t.like(await weighHome(deps as never, asked), { 1: { name: 'web2', refusals: { 0: { code: 'guests', reason } } } })
    const home = await homeward()
    await until(rig.automations, home, 'failed')
    t.is((await rig.automations.find(home))?.reason, `1 of 2 are not home on a: web2: ${reason}`)
    t.deepEqual(await lieOn(), ['a', 'b'])
    t.deepEqual(wishes.at(-1), ['a', { kind: 'uncordon', of: why }])
    t.like(await guestsAway(deps as never), { length: 1, 0: { name: 'web2' } })
  },
)

onEach('one whose disks lie on a LUN of both hosts takes no space of its home, however full the VG is', async (t, place) => {
  const { rig, deps, asked } = await emptied(t, place)
  const vgs = new Map([['data', 0]])
  const rooms = () => ['a', 'b'].map((id) => ({ id, guests: 2, memoryBytes: 2 ** 40, vcpus: 99, vgs }))
  deps.where.ground = async () => ({ rooms, places: (wanted) => deps.where.places(wanted), put: () => undefined })
  t.like(await weighHome(deps as never, asked), { 0: { refusals: { 0: { code: 'space' } } } })
  const uuid = vgUuidOn('b')
  for (const id of ['a', 'b']) rig.hosts.set(id, onLun(id, { vg: { uuid }, pv: { vgUuid: uuid } }))
  t.deepEqual(
    (await weighHome(deps as never, asked)).map(({ name, steps, refusals }) => [name, steps.length, refusals]),
    [
      ['web1', 1, []],
      ['web2', 1, []],
    ],
  )
})

onEach('an abort puts the cordon back and takes back the moves under way; a second one is refused while the first is', async (t, place) => {
  const { rig, wishes, why, homeward, lieOn, movesBegun } = await emptied(t, place)
  rig.answer = ({ kind }) => (kind === 'make-copy' ? 'silence' : 'done')
  const home = await homeward()
  while (!rig.asked.some((asked) => asked === 'make-copy a')) await new Promise(setImmediate)
  t.like(await rig.automations.start({ recipe: 'bring-home', args: (await rig.automations.find(home))?.args, who: 'eve' }), {
    code: 'locked',
  })
  t.is((await rig.automations.abort(home, 'bob')).kind, 'done')
  await until(rig.automations, home, 'aborted')
  t.deepEqual(wishes.at(-1), ['a', { kind: 'cordon', reason: why, unless: 'cordoned' }])
  t.deepEqual(await lieOn(), ['b', 'b'])
  t.is((await movesBegun()).filter(({ state }) => state === 'aborted').length, 2)
  t.is((await allHomes(rig.store.db)).length, 2)
})

onEach('a host that takes no guest is refused with what to do; what a person has brought home by himself is home', async (t, place) => {
  const { rig, deps, host, asked } = await emptied(t, place)
  const [home] = asked.homes
  if (!home) return t.fail()
  const refused = async (one: HostView) => ((await planHome(deps as never, { ...asked, homes: [one] })) as { reason?: string }).reason
  t.regex((await refused({ ...home, ...shownIn('maintenance') })) ?? '', /in maintenance.*hostless host resume a/)
  t.regex((await refused({ ...home, ...shownIn('lost') })) ?? '', /a is lost/)
  t.regex((await refused(cordonedBy(host, 'PDU 2'))) ?? '', /a is cordoned: PDU 2.*hostless host uncordon a/)
  const [first, second] = await guestsAway(deps as never)
  const onB = deps.pool.hosts().find(({ id }) => id === 'b')
  t.deepEqual([first?.on?.id, second?.on?.id, onB?.id], ['b', 'b', 'b'])
  const back = await planEvacuation(deps as never, { host: onB as HostView, others: 'leave', how: HOW })
  if (back.kind !== 'done') return t.fail(back.reason)
  const begun = await rig.automations.start({ ...back.value, who: 'alice' })
  await until(rig.automations, begun.kind === 'done' ? begun.value.id : '', 'done')
  // It has brought them home to a, and remembers that they were on b.
  t.deepEqual(
    (await allHomes(rig.store.db)).map(({ host: at }) => at),
    ['b', 'b'],
  )
})

const [A, B, C] = ['a', 'b', 'c'].map((id) => ({ id, name: id }))
const step = (number: number, from: string, to: typeof A, how: string) => ({
  uuid: `6b1f0000-0000-4000-8000-00000000000${number}`,
  name: `web${number}`,
  from,
  to,
  how,
})
const ARGS = {
  ...{ homes: [A, B], cordons: [{ host: A, why: 'evacuated by automation x' }], stay: [], how: HOW },
  rounds: [
    [step(1, 'b', B, 'halt'), step(3, 'b', C, 'live')],
    [step(2, 'a', B, 'live')],
    [step(1, 'b', A, 'restart'), step(3, 'c', A, 'live')],
  ],
}

/** What is asked of the manager, in words; `refuse`: what is not done. */
async function rounds(t: ExecutionContext, place: Parameters<typeof storeAt>[1], refuse: (said: string) => boolean, args: object = ARGS) {
  const rig = await rigAt(t, place, [])
  const asked: string[] = []
  const say = (request: OwnRequest) => {
    if (!('guest' in request)) return request.kind
    const name = `web${request.guest.at(-1)}`
    if (request.kind !== 'move-guest') return `${request.kind} ${name}`
    return `${name} ${request.from}→${request.to}${request.restart ? ' with a stop' : ''}`
  }
  const plan = async (request: OwnRequest): Promise<OwnOutcome> => {
    const said = say(request)
    asked.push(said)
    return refuse(said) ? { outcome: 'elsewhere', reason: `no ${said}` } : { outcome: 'done' }
  }
  rig.own.resolve({
    automations: rig.automations,
    moves: { next: (act: () => unknown) => act() } as never,
    plan,
    pool: { change: async () => ({ kind: 'done', value: undefined }) as never },
  })
  const started = await rig.automations.start({ recipe: 'bring-home', args, who: 'alice' })
  if (started.kind !== 'done') throw new Error(started.reason)
  return { rig, asked, id: started.value.id }
}

onEach(
  'each round begins when the one before it has ended; who was stopped for the others is started where it comes to',
  async (t, place) => {
    const { rig, asked, id } = await rounds(t, place, () => false)
    await until(rig.automations, id, 'done')
    t.deepEqual(asked.slice(0, 2).sort(), ['stop-guest web1', 'web3 b→c'])
    t.is(asked[2], 'web2 a→b')
    t.deepEqual(
      asked.slice(3).filter((said) => said.includes('web1')),
      ['stop-guest web1', 'web1 b→a', 'start-guest web1'],
    )
    t.true(asked.slice(3).includes('web3 c→a'))
  },
)

onEach('who was stopped for the others and cannot come home is started where it lies; the others go on', async (t, place) => {
  const { rig, asked, id } = await rounds(t, place, (said) => said === 'web1 b→a')
  await until(rig.automations, id, 'failed')
  t.is((await rig.automations.find(id))?.reason, '1 of 3 are not home on a and b: web1: no web1 b→a')
  t.is(asked.filter((said) => said === 'start-guest web1').length, 1)
  t.true(asked.includes('web3 c→a'))
})

onEach('one that cannot go live runs until its disks are at home; one that was stopped for others is started there', async (t, place) => {
  const [first = [], second = [], third = []] = ARGS.rounds
  const restarting = { ...ARGS, restarts: 'when its disks are there', rounds: [first, [...second, step(4, 'b', A, 'restart')], third] }
  const { rig, asked, id } = await rounds(t, place, () => false, restarting)
  await until(rig.automations, id, 'done')
  t.deepEqual(
    asked.filter((said) => said.includes('web4')),
    ['web4 b→a with a stop'],
  )
  t.deepEqual(
    asked.filter((said) => said.includes('web1')),
    ['stop-guest web1', 'stop-guest web1', 'web1 b→a', 'start-guest web1'],
  )
})

onEach('one that cannot even be stopped stays as it is, and takes no further step', async (t, place) => {
  const { rig, asked, id } = await rounds(t, place, (said) => said === 'stop-guest web1')
  await until(rig.automations, id, 'failed')
  t.regex((await rig.automations.find(id))?.reason ?? '', /^1 of 3 are not home on a and b: web1: no stop-guest web1$/)
  t.false(asked.includes('web1 b→a'))
  t.true(asked.includes('web2 a→b'))
})
