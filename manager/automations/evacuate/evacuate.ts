// `evacuate-host`: no guest comes to a host any more, and those that are there go, each by an automation of its own. What is aborted takes
// back the cordon, and the moves that are under way; what has moved stays where it is. What cannot go is told by name, and the cordon stays.
import { StepFailed } from '../../automation/failure.ts'
import { MANAGER } from '../../automation/ports.ts'
import { recipe } from '../../automation/recipe.ts'
import { all, ask, attempt, hook, order, progress, type Steps, settle, sleep, undoable } from '../../automation/steps.ts'
import { type OwnRequest, ownOutcome } from '../own/request.ts'
import { type EvacuateArgs, evacuateArgs } from './args.ts'

export const EVACUATE_HOST = recipe<EvacuateArgs>({
  name: 'evacuate-host',
  version: 1,
  parse: (given) => evacuateArgs.parse(given),
  title: ({ host, to }) => `evacuate ${host.name}${to ? ` to ${to.name}` : ''}`,
  locks: ({ host }) => [{ key: `evacuation ${host.id}`, name: `the evacuation of ${host.name}`, access: 'exclusive' }],
  phases: ['cordon', 'move', 'end'],
  // All have gone or stay by then: what an abort would take back is settled with it.
  noReturn: 'end',
  run: evacuate,
})

type Leaving = EvacuateArgs['guests'][number]
type Fate = { readonly name: string; readonly went: 'live' | 'stopped' | 'restarted' | 'before' } | Staying

interface Staying {
  readonly name: string
  readonly went: 'not'
  readonly reason: string
}

/** Of one guest. */
const MOST_TRIES = 3
/** Milliseconds between two of them; and for one move, in which disks are copied. */
const BETWEEN = 30_000
const PATIENCE = 14 * 86_400_000

function* evacuate(args: EvacuateArgs): Steps<{ readonly guests: readonly Fate[] }> {
  const { host, guests, stay } = args
  yield* hook('before', 'evacuate', { host: host.name })
  yield* progress('cordon', host.name)
  yield* undoable(
    {
      what: `let guests come to ${host.name} again, if it was cordoned for this`,
      command: `hostless host uncordon ${host.name}`,
      requests: [order(MANAGER, { kind: 'uncordon', host: host.id } satisfies OwnRequest)],
    },
    ask(MANAGER, { kind: 'cordon', host: host.id } satisfies OwnRequest),
  )
  yield* progress('move', `${guests.length} guests`)
  const went = yield* all(guests.map((guest) => () => away(args, guest)))
  const fates: readonly Fate[] = [...went, ...stay.map((one) => ({ ...one, went: 'not' as const }))]
  const staying = fates.filter((fate): fate is Staying => fate.went === 'not')
  yield* progress('end', `${fates.length - staying.length} of ${fates.length} have gone`)
  yield* settle()
  yield* hook('after', 'evacuate', { host: host.name, stay: staying.map(({ name }) => name) })
  if (staying.length > 0) throw new Stay(host.name, fates.length, staying)
  return { guests: fates }
}

/** It stays cordoned. */
class Stay extends Error {
  override readonly name = 'Stay'

  constructor(host: string, of: number, staying: readonly Staying[]) {
    super(`${staying.length} of ${of} stay on ${host}: ${staying.map(({ name, reason }) => `${name}: ${reason}`).join('; ')}`)
  }
}

/** Whatever becomes of it, the others go on. */
function* away(args: EvacuateArgs, guest: Leaving): Steps<Fate> {
  const { name, state } = guest
  for (let tries = 1; ; tries += 1) {
    const { outcome, reason, code } = yield* told(moving(args, guest))
    if (outcome === 'done') return { name, went: state === 'running' ? 'live' : 'stopped' }
    if (outcome === 'elsewhere') return { name, went: 'before' }
    if (code === 'unfit' && state === 'running' && args.others === 'restart') return yield* restarted(args, guest)
    if (code === 'unfit' || tries === MOST_TRIES) return { name, went: 'not', reason }
    yield* sleep(BETWEEN)
  }
}

/** It stands still for as long as its disks are copied; where it does not come to that, it runs again where it was. */
function* restarted(args: EvacuateArgs, guest: Leaving): Steps<Fate> {
  const { uuid, name } = guest
  const start = { kind: 'start-guest', guest: uuid } satisfies OwnRequest
  try {
    yield* attempt(function* () {
      yield* undoable(
        {
          what: `start ${name} where it lies`,
          command: `hostless vm start ${name}`,
          requests: [order(MANAGER, start, { patience: PATIENCE })],
        },
        insisted({ kind: 'stop-guest', guest: uuid }),
      )
      yield* insisted(moving(args, guest))
      yield* insisted(start)
    })
    return { name, went: 'restarted' }
  } catch (error) {
    if (error instanceof StepFailed || error instanceof NotDone) return { name, went: 'not', reason: error.message }
    throw error
  }
}

function moving({ host, to, how }: EvacuateArgs, { uuid }: Leaving): OwnRequest {
  return { kind: 'move-guest', guest: uuid, from: host.id, ...(to ? { to: to.id } : {}), how }
}

class NotDone extends Error {
  override readonly name = 'NotDone'
}

function* insisted(request: OwnRequest): Steps {
  const { outcome, reason } = yield* told(request)
  if (outcome !== 'done') throw new NotDone(reason)
}

function* told(request: OwnRequest) {
  try {
    return ownOutcome.parse(yield* ask(MANAGER, request, { patience: PATIENCE }))
  } catch (error) {
    if (error instanceof StepFailed) return { outcome: 'failed' as const, reason: error.message, code: undefined }
    throw error
  }
}
