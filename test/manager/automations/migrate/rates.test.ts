// The rate of a move, changed while it runs: what hosts are told, when, and again after a manager has died; and what has no rate.
import type { ExecutionContext } from 'ava'
import { after } from '../../../../appliance/wire/timers.ts'
import type { Asked } from '../../../../manager/agents/questions.ts'
import type { Tagged } from '../../../../manager/automation/effect.ts'
import type { Broker } from '../../../../manager/automation/ports.ts'
import type { AutomationRecord } from '../../../../manager/automation/store/store.ts'
import { MoveRates } from '../../../../manager/automations/migrate/rates/rates.ts'
import { addAutomation, forgetAutomations } from '../../../../manager/store/tables/automations.ts'
import { moveRateOf } from '../../../../manager/store/tables/move-rates.ts'
import { patience } from '../../../patience.ts'
import { onEach, storeAt } from '../../store/dialects.ts'
import { migrateArgsFor, STAYING } from './args.ts'

const SEND = { kind: 'send-guest', migration: 'm1', guest: '6b1f0000-0000-4000-8000-000000000001', name: 'web1', holdMs: 30_000 }
const TO = { to: { address: '10.77.0.22', port: 7000, pin: 'a'.repeat(64) } }
const [VG, DISK] = [{ name: 'data', uuid: 'aaaaaa-bbbb-cccc-dddd-eeee-ffff-gggggg' }, '6b1f0000-0000-4000-8000-00000000000d']
const MIRROR = { kind: 'sync-mirror', vg: VG, disk: DISK, minor: 3, own: '10.77.0.21', peer: '10.77.0.22', port: 7001, secret: { of: 's' } }

interface Host {
  readonly asked: (readonly [id: string, body: Tagged])[]
  /** Of what is told about paces; what sends is answered by `end`. */
  pace: () => Asked
  readonly end: () => void
  readonly broker: Broker
}

function host(): Host {
  const open: (() => void)[] = []
  const made: { -readonly [Key in keyof Host]: Host[Key] } = {
    asked: [],
    pace: () => ({ kind: 'answered', answer: { kind: 'mirror-paced' } }),
    end: () => {
      for (const end of open.splice(0)) end()
    },
    broker: {
      subscribe: () => () => undefined,
      ask: (_host, id, body) => {
        made.asked.push([id, body])
        const end: Asked = { kind: 'answered', answer: { kind: 'collected', revision: 1, problems: [] } }
        const ended = body.kind.startsWith('pace')
          ? Promise.resolve(made.pace())
          : new Promise<Asked>((resolve) => open.push(() => resolve(end)))
        return { id, ended, progress: () => undefined, watch: () => () => undefined, cancel: () => undefined }
      },
    },
  }
  return made
}

/** Of what is asked of hosts but the sending itself. */
const paces = ({ asked }: Host) => asked.flatMap(([, body]) => (body.kind.startsWith('pace') ? [body] : []))

async function until(what: string, is: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + patience(20_000); Date.now() < end; ) {
    if (await is()) return
    await new Promise(setImmediate)
  }
  throw new Error(`it did not come to this: ${what}`)
}

async function site(t: ExecutionContext, place: Parameters<typeof storeAt>[1]) {
  const store = await storeAt(t, place)
  const now = { record: { phase: 'sync', state: 'running' } as { phase: string | undefined; state: AutomationRecord['state'] } }
  const recipes = new Map<string, unknown>([
    ['m1', { recipe: 'migrate-guest', args: migrateArgsFor() }],
    ['m2', { recipe: 'migrate-guest', args: migrateArgsFor({ rateBytes: 1_000_000 }) }],
    ['m3', { recipe: 'migrate-guest', args: migrateArgsFor({ way: 'stopped', disks: [STAYING] }) }],
    ['vg', { recipe: 'make-vg', args: {}, title: 'make VG data' }],
  ])
  const automations = {
    find: async (id: string) => (recipes.has(id) ? ({ id, ...(recipes.get(id) as object), state: now.record.state } as never) : undefined),
    show: async () => ({ phase: now.record.phase }) as never,
  }
  const rest = {
    recipe: 'migrate-guest',
    version: 2,
    args: '{}',
    title: '',
    who: 'alice',
    seed: '',
    state: 'running',
    reason: null,
    created: 0,
  }
  await store.write(async (transaction) => {
    for (const id of ['m1', 'm2']) await addAutomation(transaction, { ...rest, id, ended: null, repeat_key: null, repeat_body: null }, [])
  })
  let ids = 0
  // Waits of a second are a turn of the loop here.
  const manager = () => new MoveRates({ store, clock: { now: Date.now, after: (_, act) => after(1, act) }, newId: () => `id${++ids}` })
  return { store, automations, manager, now }
}

onEach(
  'whoever sends is told of another rate at once, and what sends later as it begins; nobody is told where nothing was wished',
  async (t, place) => {
    const { automations, manager } = await site(t, place)
    const [rates, a] = [manager(), host()]
    const broker = rates.through(a.broker)
    broker.ask('a', 'm1/5', MIRROR, 1000)
    broker.ask('a', 'm2/5', MIRROR, 1000)
    t.deepEqual(await rates.change(automations, 'm1', 50_000_000), { kind: 'done', value: undefined })
    await until('a pace', () => paces(a).length > 0)
    t.deepEqual(paces(a), [{ kind: 'pace-mirror', vg: VG, disk: DISK, minor: 3, rateKBps: 50_000 }])
    // Under another id each time: a host answers what it has answered before from memory.
    t.is(new Set(a.asked.map(([id]) => id)).size, 3)
    await rates.change(automations, 'm1', undefined)
    await until('no bound', () => paces(a).length > 1)
    t.deepEqual(paces(a)[1], { kind: 'pace-mirror', vg: VG, disk: DISK, minor: 3 })
    a.end()
    await rates.change(automations, 'm1', 2_000_000)
    const send = { ...SEND, ...TO, rateKBps: 77 }
    broker.ask('a', 'm1/9', send, 1000)
    await until('the stream is paced', () => paces(a).length > 2)
    t.deepEqual(paces(a)[2], { kind: 'pace-send', migration: 'm1', rateKBps: 2000 })
    // As the journal has it: who asks again under the same id asks the same.
    t.deepEqual(a.asked.find(([id]) => id === 'm1/9')?.[1], send)
  },
)

onEach('a host that cannot yet is told again, until it can or what sends has ended', async (t, place) => {
  const { automations, manager } = await site(t, place)
  const [rates, a] = [manager(), host()]
  const refusal: Asked = { kind: 'answered', answer: { kind: 'refused', cause: 'unable', reason: 'this host sends no stream m1 now' } }
  a.pace = () => refusal
  await rates.change(automations, 'm1', 2_000_000)
  rates.through(a.broker).ask('a', 'm1/9', { ...SEND, ...TO }, 1000)
  await until('several tries', () => paces(a).length > 3)
  a.pace = () => ({ kind: 'answered', answer: { kind: 'send-paced' } })
  const before = paces(a).length
  await until('it can', () => paces(a).length > before)
  await new Promise((resolve) => setTimeout(resolve, 20))
  const told = paces(a).length
  a.pace = () => refusal
  await rates.change(automations, 'm1', 3_000_000)
  await until('it is told of another', () => paces(a).length > told)
  a.end()
  // One that was under way when it ended may still come.
  await until('no more is told', async () => {
    const last = paces(a).length
    await new Promise((resolve) => setTimeout(resolve, 50))
    return paces(a).length === last
  })
  t.pass()
})

onEach('a manager that dies as soon as the wish is on disk: the next one tells it, as the step is asked again', async (t, place) => {
  const { automations, manager } = await site(t, place)
  const [first, a] = [manager(), host()]
  // It has told nobody: what was asked of the host went by no broker of it.
  await first.change(automations, 'm1', 4_000_000)
  manager().through(a.broker).ask('a', 'm1/5', MIRROR, 1000)
  await until('the next one tells', () => paces(a).length === 1)
  t.like(paces(a)[0], { kind: 'pace-mirror', rateKBps: 4000 })
  t.deepEqual(await manager().of(automations, 'm1'), { bytes: 4_000_000, mayChange: 'yes' })
})

onEach(
  'what is no move, has ended, or sends no more is refused by its code, and keeps no rate; a rate goes with its move',
  async (t, place) => {
    const { store, automations, manager, now } = await site(t, place)
    const rates = manager()
    t.like(await rates.change(automations, 'vg', 1_000_000), { kind: 'refused', code: 'no-move' })
    t.like(await rates.change(automations, 'nothing', 1_000_000), { kind: 'missing' })
    for (const phase of ['settle', 'hand over', 'clean up']) {
      now.record = { phase, state: 'running' }
      t.like(await rates.change(automations, 'm1', 1_000_000), { kind: 'refused', code: 'not-paced' }, phase)
      t.like(await rates.of(automations, 'm1'), { mayChange: 'no: nothing of it goes over the network any more' })
    }
    now.record = { phase: 'claim', state: 'running' }
    t.like(await rates.change(automations, 'm3', 1_000_000), { kind: 'refused', code: 'not-paced' }, 'its disk stays on its LUN')
    now.record = { phase: 'sync', state: 'done' }
    t.like(await rates.change(automations, 'm1', 1_000_000), { kind: 'refused', code: 'ended' })
    t.is(await rates.of(automations, 'm1'), undefined)
    t.is(await moveRateOf(store.db, 'm1'), undefined)
    for (const phase of [undefined, 'claim', 'memory']) {
      now.record = { phase, state: 'queued' }
      t.like(await rates.change(automations, 'm1', 1_000_000), { kind: 'done' }, phase)
    }
    t.deepEqual(await rates.of(automations, 'm2'), { bytes: 1_000_000, mayChange: 'yes' })
    await store.write(async (transaction) => {
      await transaction.updateTable('automations').set({ ended: 5 }).execute()
      await forgetAutomations(transaction, 10)
    })
    t.is(await moveRateOf(store.db, 'm1'), undefined)
  },
)
