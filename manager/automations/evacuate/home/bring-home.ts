// `bring-home`: the guests that an evacuation has moved away come back, in the rounds of its plan. What is aborted takes back the moves that
// are under way, starts what was stopped for others, and puts the cordons back; who has come home stays there.
import { MANAGER } from '../../../automation/ports.ts'
import { recipe } from '../../../automation/recipe.ts'
import { all, ask, hook, order, progress, type Steps, settle, sleep, undoable } from '../../../automation/steps.ts'
import { sayNames } from '../../../wording.ts'
import type { OwnRequest } from '../../own/request.ts'
import { BETWEEN, evacuationLock, halted, MOST_TRIES, restarted, told, whyNot } from '../asking.ts'
import { type HomeArgs, type HomeStep, homeArgs } from './args.ts'

export const BRING_HOME = recipe<HomeArgs>({
  name: 'bring-home',
  version: 2,
  parse: (given) => homeArgs.parse(given),
  title: ({ homes }) => `bring home to ${homes.map(({ name }) => name).join(', ')}`,
  locks: ({ homes }) => homes.map(evacuationLock),
  phases: ['uncordon', 'move', 'end'],
  // All are home, or stay where they are by then: what an abort would take back is settled with it.
  noReturn: 'end',
  run: bringHome,
})

interface Away {
  readonly name: string
  readonly reason: string
}

function* bringHome(args: HomeArgs): Steps<{ readonly home: readonly string[]; readonly away: readonly Away[] }> {
  const { homes, cordons, rounds, stay } = args
  const hosts = homes.map(({ name }) => name)
  yield* hook('before', 'bring-home', { hosts })
  yield* progress('uncordon', sayNames(cordons.map(({ host }) => host.name)))
  for (const { host, why } of cordons) {
    yield* undoable(
      {
        what: `cordon ${host.name} again`,
        command: `hostless host cordon ${host.name} --reason '${why}'`,
        requests: [order(MANAGER, { kind: 'cordon', host: host.id, why } satisfies OwnRequest)],
      },
      ask(MANAGER, { kind: 'uncordon', host: host.id, why } satisfies OwnRequest),
    )
  }
  const failed = new Map<string, Away>()
  for (const [at, round] of rounds.entries()) {
    const going = round.filter(({ uuid }) => !failed.has(uuid))
    yield* progress('move', `round ${at + 1} of ${rounds.length}: ${sayNames(going.map(({ name }) => name))}`)
    const reasons = yield* all(going.map((step) => () => taken(args, step, at)))
    for (const [index, { uuid, name }] of going.entries()) {
      const reason = reasons[index]
      if (reason !== undefined) failed.set(uuid, { name, reason })
    }
  }
  const away = [...failed.values(), ...stay]
  const moved = new Map(rounds.flat().map(({ uuid, name }) => [uuid, name]))
  const home = [...moved].flatMap(([uuid, name]) => (failed.has(uuid) || stay.some((one) => one.name === name) ? [] : [name]))
  yield* progress('end', `${home.length} of ${home.length + away.length} are home`)
  yield* settle()
  yield* hook('after', 'bring-home', { hosts, away: away.map(({ name }) => name) })
  if (away.length > 0) throw new StillAway(hosts, home.length + away.length, away)
  return { home, away }
}

class StillAway extends Error {
  override readonly name = 'StillAway'

  constructor(hosts: readonly string[], of: number, away: readonly Away[]) {
    super(`${away.length} of ${of} are not home on ${sayNames(hosts)}: ${away.map(({ name, reason }) => `${name}: ${reason}`).join('; ')}`)
  }
}

/** So often that the manager's task left-disks, which looks each ten minutes at least, has removed what was left behind a round before. */
const UNTIL_FREED = 25

/** Only a plan whose moves keep nothing counts on the space of those before. */
function triesOf({ how }: HomeArgs, round: number): number {
  return how.keepMs === 0 && round > 0 ? UNTIL_FREED : MOST_TRIES
}

/** Whatever becomes of it, the others go on. Gives why it was not done. */
function* taken(args: HomeArgs, step: HomeStep, round: number): Steps<string | undefined> {
  const { uuid, from, to } = step
  const move = { kind: 'move-guest', guest: uuid, from, to: to.id, how: args.how } as const
  const most = triesOf(args, round)
  switch (step.how) {
    case 'halt':
      return yield* whyNot(() => halted(step))
    case 'restart':
      if (args.restarts === undefined || wasHalted(args, step, round)) return yield* restarted(step, move)
      return yield* moved({ ...move, restart: 'always' }, most)
    case 'live':
    case 'stopped':
      return yield* moved(move, most)
  }
}

/** To make room, in a round before: it stands still already. */
function wasHalted({ rounds }: HomeArgs, { uuid }: HomeStep, round: number): boolean {
  return rounds.slice(0, round).some((steps) => steps.some((one) => one.uuid === uuid && one.how === 'halt'))
}

function* moved(move: OwnRequest, most: number): Steps<string | undefined> {
  for (let tries = 1; ; tries += 1) {
    const { outcome, reason } = yield* told(move)
    // Somebody else has moved it meanwhile: it is where that has put it.
    if (outcome === 'done' || outcome === 'elsewhere') return undefined
    // What has left a round before may still be seen on its host for a moment.
    if (tries === most) return reason
    yield* sleep(BETWEEN)
  }
}
