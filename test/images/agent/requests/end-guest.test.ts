import test, { type ExecutionContext } from 'ava'
import { openDesk } from '../../../../images/agent/requests/desk.ts'
import { destroyGuest } from '../../../../images/agent/requests/destroy-guest.ts'
import { changingHandlers } from '../../../../images/agent/requests/handlers.ts'
import { startGuest } from '../../../../images/agent/requests/start-guest.ts'
import { stopGuest } from '../../../../images/agent/requests/stop-guest.ts'
import type { Fault } from '../../../../images/agent/simulator/faults.ts'
import type { Progress } from '../../../../manager/protocol/requests/request.ts'
import type { AnswerBody, RequestOf } from '../../../../manager/protocol/requests.ts'
import { asJob, type GuestHost, guestHost, killedAfter } from '../guests/host.ts'
import { ended } from '../machines.ts'

const reasonOf = (answer: AnswerBody): string => (answer.kind === 'refused' ? answer.reason : '')
const stopOf = ({ guest }: GuestHost, seconds = 30): RequestOf<'stop-guest'> => ({ kind: 'stop-guest', uuid: guest.uuid, seconds })
const destroyOf = ({ guest }: GuestHost): RequestOf<'destroy-guest'> => ({ kind: 'destroy-guest', uuid: guest.uuid })

async function running(): Promise<GuestHost> {
  const machine = await guestHost()
  const answer = await startGuest(machine.world, { ...machine.start, restart: 'always' }, asJob(machine))
  if (answer.kind !== 'guest-started') throw new Error(reasonOf(answer))
  return machine
}

function isClean(t: ExecutionContext, machine: GuestHost, what?: string): void {
  t.deepEqual([machine.domains(), machine.open(), machine.kept()], [[], [], undefined], what)
}

test('a guest is asked to power off and waited for; then its devices are closed and nothing is kept', async (t) => {
  const machine = await running()
  const told: Progress[] = []
  const task = { ...asJob(machine), tell: (progress: Progress) => void told.push(progress) }
  t.deepEqual(await stopGuest(machine.world, stopOf(machine), task), { kind: 'guest-stopped', was: 'there' })
  isClean(t, machine)
  t.is(machine.runs('xl').filter(([, verb]) => verb === 'shutdown').length, 1)
  t.false(machine.runs('xl').some(([, verb]) => verb === 'destroy'))
  t.true(told.length > 1)
  t.like(told[0], { phase: 'waiting for its end', done: 0, total: 30 })
  t.deepEqual(await stopGuest(machine.world, stopOf(machine), asJob(machine)), { kind: 'guest-stopped', was: 'not there' })
})

test('one that does not power off goes on as it is, and its policy is over', async (t) => {
  const machine = await running()
  machine.host.faults.order('xl shutdown', { kind: 'says', ran: ended('') })
  const answer = await stopGuest(machine.world, stopOf(machine, 3), asJob(machine))
  t.regex(reasonOf(answer), /^domain 1 is running still, \d s after it was asked to power off: give it more time, or destroy it/)
  t.is(machine.domains()[0]?.state, 'running')
  t.is(machine.open().length, 2)
  t.like(machine.kept(), { state: 'ending' })
  t.is(machine.runs('xl').filter(([, verb]) => verb === 'shutdown').length, 1)
})

test('a guest that reboots in the place of an end is asked once more', async (t) => {
  const machine = await running()
  machine.host.faults.order('xl shutdown 1', { kind: 'says', ran: ended('') })
  machine.become({ ending: { at: machine.site.state.now + 1500, how: 'reboot' } })
  t.deepEqual(await stopGuest(machine.world, stopOf(machine), asJob(machine)), { kind: 'guest-stopped', was: 'there' })
  t.deepEqual(
    machine.runs('xl').flatMap(([, verb, domid]) => (verb === 'shutdown' ? [domid] : [])),
    ['1', '2'],
  )
  isClean(t, machine)
})

test('a paused guest hears nothing: a stop says so; a crashed one has ended', async (t) => {
  const machine = await running()
  machine.become({ state: 'paused' })
  t.regex(reasonOf(await stopGuest(machine.world, stopOf(machine), asJob(machine))), /domain 1 is paused and hears nothing/)
  machine.become({ state: 'crashed' })
  t.deepEqual(await stopGuest(machine.world, stopOf(machine), asJob(machine)), { kind: 'guest-stopped', was: 'there' })
  isClean(t, machine)
})

test('destroy ends a guest that runs, is paused or has crashed, and one that is not there', async (t) => {
  for (const state of ['running', 'paused', 'crashed'] as const) {
    const machine = await running()
    machine.become({ state })
    t.deepEqual(await destroyGuest(machine.world, destroyOf(machine)), { kind: 'guest-destroyed', was: 'there' })
    isClean(t, machine, state)
    t.deepEqual(await destroyGuest(machine.world, destroyOf(machine)), { kind: 'guest-destroyed', was: 'not there' })
  }
})

test('what is kept of a guest is damaged: it is destroyed and stopped all the same', async (t) => {
  const machine = await running()
  await machine.host.files.write(`/run/hostless/guests/${machine.guest.uuid}.json`, '{"guest":', 0o600)
  t.deepEqual(await destroyGuest(machine.world, destroyOf(machine)), { kind: 'guest-destroyed', was: 'there' })
  t.is(machine.file(`/run/hostless/guests/${machine.guest.uuid}.json`), undefined)
})

for (const [what, act] of [
  ['stop', (machine: GuestHost) => stopGuest(machine.world, stopOf(machine), asJob(machine))],
  ['destroy', (machine: GuestHost) => destroyGuest(machine.world, destroyOf(machine))],
] as const) {
  test(`${what}: each command fails or loses its answer in turn, and asked again the guest has ended`, async (t) => {
    t.timeout(300_000)
    const whole = await running()
    const before = whole.commands.length
    await act(whole)
    const count = whole.commands.length - before
    for (const fault of [{ kind: 'fails' }, { kind: 'answer-lost' }] satisfies readonly Fault[])
      for (let at = 0; at < count; at += 1) {
        const machine = await running()
        let seen = 0
        const isTurn = (): boolean => {
          seen += 1
          return seen === at + 1
        }
        machine.host.faults.order(isTurn, fault, 1)
        const first = await act(machine)
        const name = `${fault.kind} at ${at}: ${reasonOf(first)}`
        if (first.kind !== 'refused') t.deepEqual(machine.domains(), [], name)
        t.true(machine.kept() === undefined || machine.kept()?.state === 'ending', name)
        t.not((await act(machine)).kind, 'refused', name)
        isClean(t, machine, name)
      }
  })
}

test('something urgent ends a start that is in its way, and a stop that waits', async (t) => {
  const machine = await guestHost()
  const jobs = {
    begin:
      async (_job: unknown, { signal }: { readonly signal: AbortSignal }) =>
      async () => {
        // xl that hangs until it is ended.
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
        return { kind: 'stopped' as const, stdout: '', reason: 'stopped before its end' }
      },
    end: async () => undefined,
    forget: async () => undefined,
  }
  const desk = openDesk(changingHandlers(machine.world), { clock: machine.host.clock, jobs })
  const starting = desk.answer('start', machine.start)
  const destroyed = await desk.answer('destroy', destroyOf(machine))
  t.deepEqual(destroyed, { kind: 'guest-destroyed', was: 'not there' })
  t.like(await starting, { kind: 'refused', cause: 'cancelled' })
  isClean(t, machine)

  const other = await running()
  other.host.faults.order('xl shutdown', { kind: 'says', ran: ended('') })
  const second = openDesk(changingHandlers(other.world), { clock: other.host.clock, jobs })
  const stopping = second.answer('stop', stopOf(other, 86_400))
  t.deepEqual(await second.answer('destroy', destroyOf(other)), { kind: 'guest-destroyed', was: 'there' })
  t.like(await stopping, { kind: 'refused', cause: 'cancelled' })
  isClean(t, other)
})

test('a stop that was killed wherever it was is done by the next agent', async (t) => {
  t.timeout(300_000)
  const whole = await running()
  const counted = killedAfter(whole.world, Number.POSITIVE_INFINITY)
  await stopGuest(counted.world, stopOf(whole), asJob(whole))
  for (let limit = 0; limit < counted.asked(); limit += 1) {
    const machine = await running()
    const killed = killedAfter(machine.world, limit)
    void stopGuest(killed.world, stopOf(machine), asJob(machine))
    await killed.dead
    t.is((await stopGuest(machine.world, stopOf(machine), asJob(machine))).kind, 'guest-stopped', `killed after ${limit}`)
    isClean(t, machine, `killed after ${limit}`)
  }
})
