// A move whose disk is seeded before it is mirrored: what is asked of its hosts, in which order, and what becomes of it where that fails.
import type { ExecutionContext } from 'ava'
import test from 'ava'
import type { Asked } from '../../../../manager/agents/questions.ts'
import type { Tagged } from '../../../../manager/automation/effect.ts'
import type { MigrateArgs } from '../../../../manager/automations/migrate/args.ts'
import { MIGRATE_GUEST } from '../../../../manager/automations/migrate/migrate.ts'
import { paceOf } from '../../../../manager/automations/migrate/rates/paced.ts'
import { stepsOf } from '../../../../manager/automations/migrate/told.ts'
import { movesOf } from '../../../../manager/store/tables/moves.ts'
import { automationsOn, hosts, until } from '../../automation/scripted.ts'
import { onEach, storeAt } from '../../store/dialects.ts'
import { COPIED, migrateArgsFor, putGuestOf, STAYING } from './args.ts'

const PINS: Readonly<Record<string, string>> = { a: 'a'.repeat(64), b: 'b'.repeat(64) }
const X = '786974BBEA6973D4'
const MIB = 2 ** 20
const ANSWERS: Readonly<Record<string, object>> = {
  'begin-bitmap': { kind: 'bitmap-begun', generation: X },
  'receive-seed': { kind: 'seed-received' },
  'send-seed': { kind: 'seed-sent', bytes: 30 * MIB, milliseconds: 5 },
  'join-mirror': { kind: 'mirror-joined', writes: 'held', heldMs: 120 },
  'sync-mirror': { kind: 'mirror-synced', bytes: 2 ** 30, milliseconds: 5, handshakes: 1, sent: 2 * MIB },
}
const unable = { kind: 'refused', cause: 'unable', reason: 'it does not work' }
const OLD: Asked = { kind: 'refused', cause: 'old', reason: 'its agent speaks version 10 of the protocol' }

type Other = (body: Tagged, count: number) => object | undefined

async function moved(
  t: ExecutionContext,
  place: Parameters<typeof storeAt>[1],
  other: Other = () => undefined,
  changed: Partial<MigrateArgs> = {},
  ends: 'done' | 'failed' = 'done',
) {
  const store = await storeAt(t, place)
  const there = hosts()
  const asked: (Tagged & { readonly on: string })[] = []
  there.answer = (body, host) => {
    asked.push({ ...body, on: host })
    const mine = other(body, asked.filter(({ kind }) => kind === body.kind).length)
    if (mine === OLD) return OLD
    const prepared = body.kind === 'prepare-seed' ? { kind: 'seed-prepared', pin: PINS[host] } : undefined
    const answer = mine ?? prepared ?? ANSWERS[body.kind]
    return answer ? ({ kind: 'answered', answer } as Asked) : 'done'
  }
  const automations = await automationsOn(t, { store, recipes: [MIGRATE_GUEST], hosts: there })
  const args = migrateArgsFor({ way: 'stopped', seed: 'first', ...changed })
  await store.write((transaction) => putGuestOf(transaction, args))
  const started = await automations.start({ recipe: 'migrate-guest', args, who: 'alice' })
  if (started.kind !== 'done') throw new Error(started.reason)
  await until(automations, started.value.id, ends)
  const view = await automations.show(started.value.id)
  const [move] = await movesOf(store.db, { limit: 1 })
  const mirror = asked.filter(({ kind }) => /seed|bitmap|generation|mirror/.test(kind))
  const reason = view?.reason
  return { asked, reason, mirror: mirror.map(({ kind, on }) => `${on} ${kind}`), move, steps: view?.steps.map(({ what }) => what) ?? [] }
}

const OPENED = ['b open-mirror', 'a open-mirror']
const SEED = ['a prepare-seed', 'b prepare-seed', 'a begin-bitmap', 'b receive-seed', 'a send-seed', 'a close-bitmap', 'b take-generation']
const JOINED = ['b connect-mirror', 'a join-mirror', 'b connect-mirror', 'a sync-mirror']
const PLAIN = ['b connect-mirror', 'a connect-mirror', 'a sync-mirror']
const SETTLED = ['b settle-mirror']

onEach('the copy goes first, its generation is told after the bitmap is closed, and what was sent is said and kept', async (t, place) => {
  const { asked, mirror, move, steps } = await moved(t, place)
  t.deepEqual(mirror, [...OPENED, ...SEED, ...JOINED, ...SETTLED])
  t.like(
    asked.find(({ kind }) => kind === 'receive-seed'),
    { pin: PINS.a, address: '10.77.0.22', from: '10.77.0.21' },
  )
  t.like(
    asked.find(({ kind }) => kind === 'send-seed'),
    { to: { pin: PINS.b, address: '10.77.0.22', from: '10.77.0.21' } },
  )
  for (const kind of ['close-bitmap', 'take-generation'])
    t.like(
      asked.find((one) => one.kind === kind),
      { generation: X },
    )
  t.like(
    asked.find(({ kind }) => kind === 'make-copy'),
    { left: 'kept' },
  )
  t.is(
    steps.find((what) => what.startsWith('phase clean up')),
    'phase clean up: web1 is on b: 32.0 MiB were sent of 1024.0 MiB of disks',
  )
  t.like(move, { disk_bytes: 32 * MIB, saved_bytes: 2 ** 30 - 32 * MIB })
})

onEach('a disk that stays on its LUN is neither seeded nor mirrored, and is not counted among what was sent or saved', async (t, place) => {
  const { asked, mirror, move, steps } = await moved(t, place, () => undefined, { disks: [COPIED, STAYING] })
  t.deepEqual(mirror, [...OPENED, ...SEED, ...JOINED, ...SETTLED])
  const ofStaying = asked.filter((one) => 'disk' in one && one.disk === STAYING.disk)
  t.deepEqual(
    ofStaying.map(({ kind, on }) => `${on} ${kind}`),
    ['a fence-disk', 'a part-disk'],
  )
  t.true(steps.includes('phase clean up: web1 is on b: 32.0 MiB were sent of 1024.0 MiB of disks'), steps.join('\n'))
  t.like(move, { disk_bytes: 32 * MIB, saved_bytes: 2 ** 30 - 32 * MIB })
})

onEach('a guest of which all disks stay sends nothing of them', async (t, place) => {
  const { mirror, move, steps } = await moved(t, place, () => undefined, { disks: [STAYING] })
  t.deepEqual(mirror, [])
  t.false(
    steps.some((what) => /phase (copy|mirror|seed|sync)/.test(what)),
    steps.join('\n'),
  )
  t.true(steps.includes('phase clean up: web1 is on b'), steps.join('\n'))
  t.like(move, { disk_bytes: 0, saved_bytes: 0 })
})

onEach('where the writes were not held until the two had met, both copies are compared', async (t, place) => {
  const { mirror } = await moved(t, place, ({ kind }) =>
    kind === 'join-mirror' ? { kind: 'mirror-joined', writes: 'not held', heldMs: 0 } : undefined,
  )
  t.is(mirror.filter((one) => one === 'a verify-mirror').length, 1)
})

onEach('where it is not known whether the two have met, they do so without being held, and both copies are compared', async (t, place) => {
  const failed = await moved(t, place, ({ kind }) => (kind === 'join-mirror' ? { ...unable, cause: 'unknown' } : undefined))
  t.true(failed.mirror.includes('a connect-mirror') && failed.mirror.includes('a verify-mirror'))
})

onEach('a seed that fails once is begun anew', async (t, place) => {
  const once = await moved(t, place, ({ kind }, count) => (kind === 'send-seed' && count === 1 ? unable : undefined))
  t.is(once.mirror.filter((one) => one === 'a begin-bitmap').length, 2)
  t.is(once.mirror.filter((one) => one === 'a join-mirror').length, 1)
  const ids = new Set(once.asked.flatMap((one) => (one.kind === 'send-seed' ? [(one as unknown as { seed: string }).seed] : [])))
  t.is(ids.size, 2)
})

onEach('a seed that fails twice is done by DRBD: the move is done', async (t, place) => {
  const twice = await moved(t, place, ({ kind }) => (kind === 'receive-seed' ? unable : undefined))
  t.deepEqual(twice.mirror.slice(-4), [...PLAIN, ...SETTLED])
  t.false(twice.mirror.some((one) => /take-generation|join-mirror|drop-mirror/.test(one)))
  t.true(
    twice.steps.some((what) => /xvda is copied by its mirror, all of it: it does not work/.test(what)),
    twice.steps.join('\n'),
  )
})

onEach('a copy that may have been told what it is of, and is not known to, is opened anew before DRBD copies all', async (t, place) => {
  const { mirror } = await moved(t, place, ({ kind }) => (kind === 'take-generation' ? { ...unable, cause: 'unknown' } : undefined))
  const at = mirror.indexOf('b drop-mirror')
  t.deepEqual(mirror.slice(at, at + 5), ['b drop-mirror', 'b open-mirror', ...PLAIN])
})

onEach('an agent that is too old for it is asked for all by DRBD', async (t, place) => {
  const { mirror, move } = await moved(t, place, ({ kind }) => (/seed|bitmap|generation|join/.test(kind) ? OLD : undefined))
  t.deepEqual(mirror.filter((one) => !/prepare-seed/.test(one)).slice(0, 5), [...OPENED, ...PLAIN])
  t.is(move?.outcome, 'done')
})

onEach('a move that a manager of before has begun goes on as it was begun', async (t, place) => {
  const { seed: _, ...before } = migrateArgsFor({ way: 'stopped' })
  const store = await storeAt(t, place)
  const there = hosts()
  const asked: Tagged[] = []
  there.answer = (body) => {
    asked.push(body)
    const answer = ANSWERS[body.kind]
    return answer ? ({ kind: 'answered', answer } as Asked) : 'done'
  }
  const automations = await automationsOn(t, { store, recipes: [MIGRATE_GUEST], hosts: there })
  await store.write((transaction) => putGuestOf(transaction, before))
  const started = await automations.start({ recipe: 'migrate-guest', args: before, who: 'alice' })
  if (started.kind !== 'done') throw new Error(started.reason)
  await until(automations, started.value.id, 'done')
  t.false(asked.some(({ kind }) => /seed|bitmap|generation|join/.test(kind)))
  t.false(asked.some((one) => 'left' in one))
})

test('a seed has a pace, as a mirror has; the plan says what is not sent', (t) => {
  const vg = { name: 'data', uuid: 'Zx0ldv-abcd-abcd-abcd-abcd-abcd-Zx0ldv' }
  const disk = '6b1f0000-0000-4000-8000-00000000000d'
  const to = { address: '10.77.0.22', port: 7800, pin: PINS.b, from: '10.77.0.21' }
  const order = paceOf({ kind: 'send-seed', seed: 's-1', vg, disk, minor: 3, sizeBytes: 2 ** 20, to } as Tagged)
  t.deepEqual(order?.(5_000_000) as object, { kind: 'pace-seed', seed: 's-1', disk, rateKBps: 5000 })
  t.deepEqual(order?.(undefined) as object, { kind: 'pace-seed', seed: 's-1', disk })
  const said = (args: MigrateArgs) =>
    stepsOf(args)
      .map(({ what }) => what)
      .join('\n')
  t.regex(said(migrateArgsFor({ seed: 'first' })), /send what b has not of xvda.*zeros never/)
  t.notRegex(said(migrateArgsFor()), /zeros/)
})

const Y = '1234567890ABCDE0'
const SAME = { kind: 'mirror-synced', bytes: 2 ** 30, milliseconds: 5, handshakes: 1, generation: X }

const settledAs =
  (mirrored: string, more: Other = () => undefined): Other =>
  (body, count) =>
    body.kind === 'settle-mirror'
      ? { kind: 'mirror-settled', was: 'not settled', mirrored }
      : (more(body, count) ?? (body.kind === 'sync-mirror' ? SAME : undefined))

onEach('a copy that has parted from its disk since both were the same, and is whole again, is not taken', async (t, place) => {
  const { asked, mirror, reason } = await moved(t, place, settledAs(Y), {}, 'failed')
  t.regex(reason ?? '', /^the connection of the mirror of xvda was lost and found again while web1 moved: .* Move it again$/)
  t.deepEqual(mirror.slice(-3), ['b settle-mirror', 'a drop-mirror', 'b drop-mirror'])
  t.false(asked.some(({ kind }) => kind === 'keep-copy'))
})

onEach('a copy that has been with its disk ever since both were the same is taken', async (t, place) => {
  const { asked } = await moved(t, place, settledAs(X))
  t.true(asked.some(({ kind }) => kind === 'keep-copy'))
})

onEach('a copy that was compared after the two had met again is taken, as it was then', async (t, place) => {
  const { asked } = await moved(
    t,
    place,
    settledAs(Y, ({ kind }) => {
      if (kind === 'sync-mirror') return { ...SAME, handshakes: 2 }
      return kind === 'verify-mirror' ? { kind: 'mirror-verified', bytes: 2 ** 30, generation: Y } : undefined
    }),
  )
  t.true(asked.some(({ kind }) => kind === 'keep-copy'))
})
