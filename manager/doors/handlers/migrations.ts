// Guests that move to another host: the plan, and the automation that carries it out.
import { planMigrate, weighAll } from '../../automations/migrate/several.ts'
import { stepsOf } from '../../automations/migrate/told.ts'
import type { MoveAsked, Weighed } from '../../automations/migrate/weigh.ts'
import { type MigrationAsk, type MigrationPlan, migrations } from '../../contract/migrations.ts'
import type { Done } from '../../outcome.ts'
import { done, type HandlersOf, missing } from './handlers.ts'
import { noHost } from './hosts.ts'
import { startAutomation } from './starting.ts'
import type { VmDeps } from './vms.ts'

export function migrationHandlers({ pool, automations, guests: { plans } }: VmDeps): HandlersOf<typeof migrations> {
  const askedFor = ({ host, ...input }: MigrationAsk, within?: string): Done<MoveAsked> => {
    if (host === undefined) return done({ ...input, within })
    const to = pool.find(host)
    return to ? done({ ...input, to, within }) : missing(noHost(host))
  }
  return {
    async plan(input) {
      const asked = askedFor(input)
      if (asked.kind !== 'done') return asked
      const [weighed = missing(input.ref)] = await weighAll(plans, [asked.value])
      return weighed.kind === 'done' ? done(planAnswer(weighed.value, asked.value)) : weighed
    },
    async planAll({ refs, ...how }) {
      const all: MoveAsked[] = []
      for (const ref of refs) {
        const asked = askedFor({ ref, ...how })
        if (asked.kind !== 'done') return asked
        all.push(asked.value)
      }
      const answers: MigrationPlan[] = []
      for (const [at, weighed] of (await weighAll(plans, all)).entries()) {
        const asked = all[at]
        if (weighed.kind !== 'done') return weighed
        if (asked) answers.push(planAnswer(weighed.value, asked))
      }
      return done({ plans: answers })
    },
    // One after the other from its plan to its start, so that each plan sees those before it.
    start: (input, by) =>
      plans.moves.next(() =>
        startAutomation(automations, migrations.start, input, by, async () => {
          const asked = askedFor(input, by.start?.within)
          return asked.kind === 'done' ? planMigrate(plans, asked.value) : asked
        }),
      ),
  }
}

/** Of what a link says that it carries, DRBD and TCP leave about so much. */
const USABLE = 0.8
const BYTES_A_MEGABIT = 125_000

function planAnswer({ guest, way, from, to, over, diskBytes, memoryBytes, refusals, args }: Weighed, asked: MoveAsked): MigrationPlan {
  const carried = over?.megabits === undefined ? undefined : over.megabits * BYTES_A_MEGABIT * USABLE
  const known = [carried, asked.rateBytes].flatMap((rate) => rate ?? [])
  return {
    ...{ guest, diskBytes, memoryBytes, pauseAtMostMs: way === 'stopped' ? 0 : asked.maxPauseMs },
    ...(way === undefined ? {} : { way }),
    ...(from ? { from: { host: from.id, name: from.name } } : {}),
    ...(to ? { to: { host: to.id, name: to.name } } : {}),
    ...(over ? { network: over.network } : {}),
    ...(over?.megabits === undefined ? {} : { megabits: over.megabits }),
    ...(known.length === 0 ? {} : { takesMs: Math.round(((diskBytes + memoryBytes) / Math.min(...known)) * 1000) }),
    steps: args ? stepsOf(args).map((step) => ({ ...step })) : [],
    refusals: refusals.map((one) => ({ ...one })),
  }
}
