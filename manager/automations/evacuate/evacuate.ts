// `evacuate-host`: no guest comes to a host any more, and those that are there go, each by an automation of its own. What is aborted takes
// back the cordon, and the moves that are under way; what has moved stays where it is. What cannot go is told by name, and the cordon stays.
import { MANAGER } from '../../automation/ports.ts'
import { recipe } from '../../automation/recipe.ts'
import { all, ask, hook, order, progress, type Steps, settle, sleep, undoable } from '../../automation/steps.ts'
import type { OwnRequest } from '../own/request.ts'
import { type EvacuateArgs, evacuateArgs } from './args.ts'
import { BETWEEN, evacuationLock, MOST_TRIES, restarted, told } from './asking.ts'
import { evacuateRows } from './rows.ts'

export const EVACUATE_HOST = recipe<EvacuateArgs>({
  name: 'evacuate-host',
  version: 2,
  parse: (given) => evacuateArgs.parse(given),
  title: ({ host, to }) => `evacuate ${host.name}${to ? ` to ${to.name}` : ''}`,
  locks: ({ host }) => [evacuationLock(host)],
  phases: ['cordon', 'move', 'end'],
  // All have gone or stay by then: what an abort would take back is settled with it.
  noReturn: 'end',
  run: evacuate,
  rows: evacuateRows,
})

type Leaving = EvacuateArgs['guests'][number]
type Fate = { readonly name: string; readonly went: 'live' | 'stopped' | 'restarted' | 'before' } | Staying

interface Staying {
  readonly name: string
  readonly went: 'not'
  readonly reason: string
}

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
  yield* ask(MANAGER, { kind: 'evacuated', host: host.id } satisfies OwnRequest)
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
    const isLast = code === 'unfit' || (args.restarts && tries === MOST_TRIES)
    if (isLast && state === 'running' && args.others === 'restart') {
      const why = yield* args.restarts ? withStop(args, guest) : restarted(guest, moving(args, guest))
      return why === undefined ? { name, went: 'restarted' } : { name, went: 'not', reason: why }
    }
    if (code === 'unfit' || tries === MOST_TRIES) return { name, went: 'not', reason }
    yield* sleep(BETWEEN)
  }
}

/** Undefined: it went. Its move takes back what it has done, and starts it again where it was. */
function* withStop(args: EvacuateArgs, guest: Leaving): Steps<string | undefined> {
  const { outcome, reason } = yield* told({ ...moving(args, guest), restart: 'always' })
  return outcome === 'done' || outcome === 'elsewhere' ? undefined : reason
}

function moving({ host, to, among, how }: EvacuateArgs, { uuid }: Leaving): Extract<OwnRequest, { readonly kind: 'move-guest' }> {
  return { kind: 'move-guest', guest: uuid, from: host.id, ...(to ? { to: to.id } : {}), ...(among ? { among } : {}), how }
}
