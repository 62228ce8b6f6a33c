// A guest that cannot go live, moved with a short stop: what is asked of its hosts, in which order, what becomes of it where that fails, and
// how it is offered.
import type { ExecutionContext } from 'ava'
import test from 'ava'
import type { Asked } from '../../../../manager/agents/questions.ts'
import type { Tagged } from '../../../../manager/automation/effect.ts'
import { type MigrateArgs, migrateArgs } from '../../../../manager/automations/migrate/args.ts'
import { sentIn } from '../../../../manager/automations/migrate/history.ts'
import { MIGRATE_GUEST } from '../../../../manager/automations/migrate/migrate.ts'
import { stopOf } from '../../../../manager/automations/migrate/restarting.ts'
import { planMigrate, weighAll } from '../../../../manager/automations/migrate/several.ts'
import { stepsOf } from '../../../../manager/automations/migrate/told.ts'
import { weigh } from '../../../../manager/automations/migrate/weigh.ts'
import { guestOf } from '../../../../manager/store/tables/guests.ts'
import { movesOf } from '../../../../manager/store/tables/moves.ts'
import { automationsOn, hosts, refused, until } from '../../automation/scripted.ts'
import { onEach, storeAt } from '../../store/dialects.ts'
import { plannerOn } from '../guests/plan-rig.ts'
import { createArgs, node, type Rig, rigAt } from '../guests/rig.ts'
import { migrateArgsFor, putGuestOf, STAYING } from './args.ts'

const GIB = 2 ** 30
const BACK = { ...migrateArgsFor().guest, cpuid: 'host,on-a=0' }
const RESTARTING = { back: BACK, how: 'clean', seconds: 20, compare: 'stopped', cpu: { words: [7], leaves: {} } } as const
const ANSWERS: Readonly<Record<string, object>> = {
  'sync-mirror': { kind: 'mirror-synced', bytes: GIB, milliseconds: 5, handshakes: 1, sent: 2 ** 20 },
  'verify-mirror': { kind: 'mirror-verified', bytes: GIB },
  'stop-guest': { kind: 'guest-stopped', was: 'there' },
  'start-guest': { kind: 'guest-started', domid: 7, was: 'not there' },
  'leave-disk': { kind: 'disk-left', was: 'not left' },
}
const OF_THE_STOP =
  /^. (swap-disk|sync-mirror|verify-mirror|(stop|start|destroy)-guest|(settle|drop)-mirror|(un)?fence-disk|(remove|keep)-copy|part-disk|leave-disk)$/

interface Played {
  readonly asked: readonly string[]
  readonly started: readonly unknown[]
  readonly row: Awaited<ReturnType<typeof guestOf>>
  readonly move: Awaited<ReturnType<typeof movesOf>>[number] | undefined
  readonly reason: string | undefined
}

async function moved(
  t: ExecutionContext,
  place: Parameters<typeof storeAt>[1],
  other: (body: Tagged, host: string, count: number) => Asked | 'silence' | undefined = () => undefined,
  changed: Partial<MigrateArgs> = {},
  end: 'done' | 'failed' | 'aborted' = 'done',
): Promise<Played> {
  const store = await storeAt(t, place)
  const there = hosts()
  const asked: string[] = []
  const started: unknown[] = []
  there.answer = (body, host) => {
    const said = `${host} ${body.kind}`
    asked.push(said)
    if (body.kind === 'start-guest') started.push(body)
    const answer = ANSWERS[body.kind]
    return other(body, host, asked.filter((one) => one === said).length) ?? (answer ? ({ kind: 'answered', answer } as Asked) : 'done')
  }
  const automations = await automationsOn(t, { store, recipes: [MIGRATE_GUEST], hosts: there })
  const args = migrateArgsFor({ way: 'restarted', restarting: RESTARTING, ...changed })
  await store.write((transaction) => putGuestOf(transaction, args))
  const begun = await automations.start({ recipe: 'migrate-guest', args, who: 'alice' })
  if (begun.kind !== 'done') throw new Error(begun.reason)
  if (end === 'aborted') {
    while (!asked.includes('a verify-mirror')) await new Promise(setImmediate)
    await automations.abort(begun.value.id, 'bob')
  }
  await until(automations, begun.value.id, end)
  const [move] = await movesOf(store.db, { limit: 1 })
  const row = await guestOf(store.db, args.guest.uuid)
  const reason = (await automations.find(begun.value.id))?.reason
  return { asked: asked.filter((one) => OF_THE_STOP.test(one)), started, row, move, reason }
}

onEach('it runs until both hosts have the same, is ended, compared, handed over, and started by its own spec', async (t, place) => {
  const { asked, started, row, move } = await moved(t, place)
  const until = ['a swap-disk', 'a sync-mirror']
  const stop = ['a stop-guest', 'a verify-mirror', 'b settle-mirror', 'b keep-copy', 'b start-guest']
  t.deepEqual(asked, [...until, ...stop, 'a leave-disk'])
  t.like(started, { length: 1, 0: { guest: { uuid: BACK.uuid }, restart: 'on-failure' } })
  t.like(row, { host: 'b', power: 'on' })
  t.like(move, { way: 'restarted', outcome: 'done' })
  t.true(move?.pause_ms !== null && (move?.pause_ms ?? -1) >= 0)
})

onEach('compared while it runs, it is down for less', async (t, place) => {
  const before = await moved(t, place, undefined, { restarting: { ...RESTARTING, compare: 'running' } })
  t.deepEqual(before.asked.slice(0, 5), ['a swap-disk', 'a sync-mirror', 'a verify-mirror', 'a stop-guest', 'b settle-mirror'])
})

onEach('what stays on a LUN is fenced when it is down, and let go of when it runs elsewhere', async (t, place) => {
  const { asked } = await moved(t, place, undefined, { disks: [STAYING] })
  t.deepEqual(asked, ['a stop-guest', 'a fence-disk', 'b start-guest', 'a part-disk'])
})

const deaf = ({ kind }: Tagged) => (kind === 'stop-guest' ? refused('unable', 'domain 3 is running still') : undefined)

onEach('one that does not end in its time goes on where it was', async (t, place) => {
  const stays = await moved(t, place, deaf, {}, 'failed')
  t.deepEqual(stays.asked.slice(2, 5), ['a stop-guest', 'a start-guest', 'a drop-mirror'])
  t.like(stays.started, { length: 1, 0: { guest: { cpuid: 'host,on-a=0' } } }, 'it is as it was there')
  t.like(stays.row, { host: 'a', power: 'on', cpu: JSON.stringify(RESTARTING.cpu) })
  t.is(stays.reason, 'domain 3 is running still')
})

onEach('it is ended where that was said', async (t, place) => {
  const ended = await moved(t, place, deaf, { restarting: { ...RESTARTING, how: 'clean, then hard' } })
  t.deepEqual(ended.asked.slice(2, 5), ['a stop-guest', 'a destroy-guest', 'a verify-mirror'])
})

const back = ['a start-guest', 'a drop-mirror', 'b drop-mirror', 'b remove-copy']

onEach('what fails while it is down has it started again where it was, and nothing of the copy stays', async (t, place) => {
  const failed = await moved(t, place, ({ kind }) => (kind === 'settle-mirror' ? refused('unable') : undefined), {}, 'failed')
  t.deepEqual(failed.asked.slice(-5), ['b settle-mirror', ...back])
  t.like(failed.row, { host: 'a', power: 'on' })
})

onEach('so does an abort', async (t, place) => {
  const aborted = await moved(t, place, ({ kind }) => (kind === 'verify-mirror' ? 'silence' : undefined), {}, 'aborted')
  t.deepEqual(aborted.asked.slice(-5), ['a verify-mirror', ...back])
  t.like(aborted.move, { outcome: 'aborted' })
})

test('its stop is from when it is asked to end to where it is started, here or there', (t) => {
  const phase = (at: number, name: string) => ({
    ...{ effect: { kind: 'progress', phase: name, text: '' } as const, at, answer: { kind: 'value', value: null } as const },
  })
  const started = (at: number) => ({
    effect: { kind: 'request', host: 'b', body: { kind: 'start-guest' }, onAbort: 'cancel', patience: 1 } as const,
    ...{ at, answer: { kind: 'value', value: ANSWERS['start-guest'] } as const },
  })
  t.is(sentIn([phase(1000, 'stop'), phase(2000, 'stop'), phase(3000, 'start'), started(9000), phase(9001, 'clean up')]).pauseMs, 8000)
  t.is(sentIn([phase(1000, 'memory'), started(9000)]).pauseMs, undefined)
})

test('how it is restarted is said with it, and only with it; how long it is down counts its memory, and its disks where they are compared', (t) => {
  const args = migrateArgsFor({ way: 'restarted', restarting: RESTARTING, memoryBytes: 4 * GIB })
  t.true(migrateArgs.safeParse(args).success)
  t.regex(migrateArgs.safeParse(migrateArgsFor({ way: 'restarted' })).error?.message ?? '', /restarted as somebody has said/)
  t.false(migrateArgs.safeParse(migrateArgsFor({ restarting: RESTARTING })).success)
  t.is(stopOf(args, 20e9), 10_000 + 2000 + 100_000)
  t.is(stopOf({ ...args, restarting: { ...RESTARTING, compare: 'running' } }, 20e9), 12_000)
  const steps = stepsOf(args)
  t.deepEqual(
    steps.filter(({ what }) => /power off|compare|start /.test(what)),
    [
      { what: 'ask web1 to power off: if it has not after 20 s, it stays on a', undo: 'start web1 on a again' },
      { what: 'compare all of the copy on b with its disks, while it is down' },
      { what: 'start web1 on b' },
    ],
  )
})

const at = (address: string) => ({ addresses: [{ interface: 'xenbr0', address, prefix: 24 }] }) as never

/** A guest that no other host takes while it runs. */
async function boundOn(rig: Rig) {
  const made = await rig.automations.start({ recipe: 'create-guest', args: createArgs(), who: 'alice' })
  if (made.kind !== 'done') throw new Error(made.reason)
  await until(rig.automations, made.value.id, 'done')
  const { deps } = plannerOn(rig)
  const but =
    (places: typeof deps.where.places): typeof deps.where.places =>
    async (wanted) => {
      const all = await places(wanted)
      if (wanted.moving?.cpu.kind !== 'live') return all
      const refusals = all.fits.map((one) => ({ ...one, reasons: [`${one.name} lacks avx2`], codes: ['cpu' as const] }))
      return { fits: [], refused: [...refusals, ...all.refused] }
    }
  const where: typeof deps.where = {
    ground: async () => {
      const ground = await deps.where.ground()
      return { places: but(ground.places), put: ground.put, rooms: ground.rooms }
    },
    places: but((wanted) => deps.where.places(wanted)),
    cpuOn: (host, spec) => deps.where.cpuOn(host, spec),
  }
  return { ...deps, where }
}

const HOW = { maxPauseMs: 2000, keepMs: 0 }
const NEED_BE = { when: 'not live', how: 'clean', seconds: 60, compare: 'stopped' } as const

onEach('what a restart would cure is refused with the offer of it, and done where it is asked for', async (t, place) => {
  const rig = await rigAt(t, place, [node('a', at('10.77.0.21')), node('b', at('10.77.0.22'))])
  const deps = await boundOn(rig)
  const to = deps.pool.hosts().find(({ id }) => id === 'b')
  const plain = await weigh(deps, { ref: 'web1', to, ...HOW })
  if (plain.kind !== 'done') return t.fail(plain.reason)
  t.like(plain.value, { way: 'live', args: undefined, refusals: [{ code: 'cpu', reason: 'b lacks avx2' }] })
  const seconds = Math.ceil((plain.value.restart?.stopMs ?? 0) / 1000)
  t.true(seconds > 10)
  t.deepEqual(await planMigrate(deps, { ref: 'web1', to, ...HOW }), {
    ...{ kind: 'refused', code: 'unfit' },
    reason: `b lacks avx2; --restart moves it with a stop of about ${seconds} s, beside what it takes to power off and to boot`,
  })
  const planned = await planMigrate(deps, { ref: 'web1', to, restart: NEED_BE, ...HOW })
  if (planned.kind !== 'done') return t.fail(planned.reason)
  t.like(planned.value.args, {
    way: 'restarted',
    restarting: { how: 'clean', seconds: 60, back: { name: 'web1', disks: [{ generation: 1 }] } },
  })
  t.is(planned.value.args.guest.disks[0]?.generation, 2)
  const [none] = await weighAll(deps, [{ ref: 'web1', to: deps.pool.hosts().find(({ id }) => id === 'a'), ...HOW }])
  t.true(none?.kind === 'done' && none.value.restart === undefined, 'of no use where it runs already')
})

onEach('one that can go live does so, unless it is to be restarted whatever it could', async (t, place) => {
  const rig = await rigAt(t, place, [node('a', at('10.77.0.21')), node('b', at('10.77.0.22'))])
  await boundOn(rig)
  const { deps } = plannerOn(rig)
  const wayOf = async (restart: Parameters<typeof weigh>[1]['restart']) => {
    const weighed = await weigh(deps, { ref: 'web1', restart, ...HOW })
    return weighed.kind === 'done' ? weighed.value.args?.way : weighed.reason
  }
  t.deepEqual([await wayOf(undefined), await wayOf(NEED_BE), await wayOf({ ...NEED_BE, when: 'always' })], ['live', 'live', 'restarted'])
})
