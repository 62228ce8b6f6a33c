// What a move says of itself when it has come to its end, on a real database, over hosts that answer as they would.
import type { ExecutionContext } from 'ava'
import type { Asked } from '../../../../manager/agents/questions.ts'
import type { Tagged } from '../../../../manager/automation/effect.ts'
import type { State } from '../../../../manager/automation/store/store.ts'
import { MIGRATE_GUEST } from '../../../../manager/automations/migrate/migrate.ts'
import { movesOf } from '../../../../manager/store/tables/moves.ts'
import { automationsOn, hosts, until } from '../../automation/scripted.ts'
import { onEach, storeAt } from '../../store/dialects.ts'
import { migrateArgsFor, putGuestOf } from './args.ts'

const PIN = 'a'.repeat(64)
const MIB = 2 ** 20

const ANSWERS: Readonly<Record<string, object>> = {
  'open-receive': { kind: 'receive-opened', port: 7000, pin: PIN },
  'prepare-send': { kind: 'send-prepared', pin: PIN },
  'sync-mirror': { kind: 'mirror-synced', bytes: 2 ** 30, milliseconds: 5, handshakes: 1 },
  'send-guest': { kind: 'guest-sent', outcome: { kind: 'held' }, bytes: 12.5 * MIB, milliseconds: 9000, pausedMs: 240 },
  'go-receive': { kind: 'receive-went', outcome: { kind: 'running', domid: 4 } },
}

async function moved(
  t: ExecutionContext,
  place: Parameters<typeof storeAt>[1],
  state: State,
  other: (body: Tagged) => object | undefined = () => undefined,
) {
  const store = await storeAt(t, place)
  const there = hosts()
  there.answer = (body) => {
    const answer = other(body) ?? ANSWERS[body.kind]
    return answer ? ({ kind: 'answered', answer } as Asked) : 'done'
  }
  const automations = await automationsOn(t, { store, recipes: [MIGRATE_GUEST], hosts: there })
  const args = migrateArgsFor()
  await store.write((transaction) => putGuestOf(transaction, args))
  const started = await automations.start({ recipe: 'migrate-guest', args, who: 'alice' })
  if (started.kind !== 'done') throw new Error(started.reason)
  await until(automations, started.value.id, state)
  const view = await automations.show(started.value.id)
  const [move] = await movesOf(store.db, { limit: 1 })
  return { view, move, steps: view?.steps.map(({ what }) => what) ?? [] }
}

onEach('one that moved live says how much memory was sent, and for how long it stood still at most', async (t, place) => {
  const { steps, move } = await moved(t, place, 'done')
  const said = steps.filter((what) => what.startsWith('phase clean up'))
  t.is(said.length, 1)
  // What came before the word was passed on, and the time until it was.
  t.regex(
    said[0] ?? '',
    /^phase clean up: web1 is on b: 12\.5 MiB of memory were sent, and it stood still for at most (0\.[2-9]|[1-9]\.\d|[1-9]) s$/,
  )
  t.like(move, { outcome: 'done', way: 'live', disk_bytes: 2 ** 30, memory_bytes: 12.5 * MIB })
  t.true((move?.pause_ms ?? 0) >= 240)
})

onEach('its new host has seen when it went on: what is done there afterwards is no pause', async (t, place) => {
  const seen = ({ kind }: Tagged) =>
    kind === 'go-receive' ? { kind: 'receive-went', outcome: { kind: 'running', domid: 4, heldMs: 55 } } : undefined
  const { steps, move } = await moved(t, place, 'done', seen)
  t.true(
    steps.some((what) => what.endsWith('stood still for at most 0.3 s')),
    steps.join('\n'),
  )
  t.is(move?.pause_ms, 295)
})

onEach('one that would stand still for too long says for how long, how long it may, and how often it was tried', async (t, place) => {
  const outcome = { kind: 'given-up', cause: 'would-pause', reason: 'it would pause', pauseMs: 9040 }
  const tooLong = ({ kind }: Tagged) => (kind === 'send-guest' ? { ...ANSWERS['send-guest'], outcome, pausedMs: 0 } : undefined)
  const { view, steps, move } = await moved(t, place, 'failed', tooLong)
  t.is(
    view?.reason,
    'not moved: web1 would pause for about 9 s, and may for 2 s (tried 3 times). With --restart-always it is moved with a stop',
  )
  t.true(steps.includes('phase memory: it would pause for 9 s: slowed to 50 % of a CPU, and tried again'), steps.join('\n'))
  t.like(move, { outcome: 'failed', memory_bytes: 3 * 12.5 * MIB, pause_ms: null })
})
