// Guests that move to another host: the plan, and the automation that carries it out.

import type { MoveAsked } from '../../automations/migrate/asked.ts'
import { type NotSent, takesOf } from '../../automations/migrate/estimate.ts'
import { planMigrate, weighAll } from '../../automations/migrate/several.ts'
import { stepsOf } from '../../automations/migrate/told.ts'
import type { Weighed } from '../../automations/migrate/weigh.ts'
import { type MigrationAsk, type MigrationPlan, type Move, migrations } from '../../contract/migrations.ts'
import type { Places } from '../../guests/where.ts'
import type { Done } from '../../outcome.ts'
import type { MovesTable } from '../../store/tables/moves.ts'
import { movesOf } from '../../store/tables/moves.ts'
import { hostsWithin } from '../rights/hosts-within.ts'
import { type Caller, done, type HandlersOf, missing } from './handlers.ts'
import { noHost } from './hosts.ts'
import { startAutomation } from './starting.ts'
import type { VmDeps } from './vms.ts'

export function migrationHandlers({ pool, automations, guests: { plans } }: VmDeps): HandlersOf<typeof migrations> {
  const askedFor = ({ host, ...input }: MigrationAsk, { who, start }: Caller): Done<MoveAsked> => {
    const within = start?.within
    if (host === undefined) return done({ ...input, among: hostsWithin(pool, who), within })
    const to = pool.find(host)
    return to ? done({ ...input, to, within }) : missing(noHost(host))
  }
  return {
    async list({ guest, host, limit, before }) {
      const [, ended = '', automation = ''] = /^(\d+)-(.*)$/.exec(before ?? '') ?? []
      const asked = { guest, host: host === undefined ? undefined : (pool.find(host)?.id ?? host), limit }
      const rows = await movesOf(plans.store.db, {
        ...asked,
        before: before === undefined ? undefined : { ended: Number(ended), automation },
      })
      const last = rows.length === limit ? rows.at(-1) : undefined
      return done({ moves: rows.map(moveAnswer), ...(last ? { next: `${last.ended}-${last.automation}` } : {}) })
    },
    async plan(input, by) {
      const asked = askedFor(input, by)
      if (asked.kind !== 'done') return asked
      const [weighed = missing(input.ref)] = await weighAll(plans, [asked.value])
      return weighed.kind === 'done' ? done(planAnswer(weighed.value, asked.value)) : weighed
    },
    async planAll({ refs, ...how }, by) {
      const all: MoveAsked[] = []
      for (const ref of refs) {
        const asked = askedFor({ ref, ...how }, by)
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
          const asked = askedFor(input, by)
          return asked.kind === 'done' ? planMigrate(plans, asked.value) : asked
        }),
      ),
  }
}

function moveAnswer(row: MovesTable): Move {
  const { automation, guest, name, way, outcome, reason, who, began, ended, disk_bytes: diskBytes, memory_bytes: memoryBytes } = row
  return {
    ...{ automation, guest, name, way: way === 'live' || way === 'restarted' ? way : 'stopped', who, began, ended, diskBytes, memoryBytes },
    outcome: outcome === 'done' || outcome === 'aborted' ? outcome : 'failed',
    from: { host: row.from_host, name: row.from_name },
    to: { host: row.to_host, name: row.to_name },
    ...(reason === null ? {} : { reason }),
    ...(row.saved_bytes === null ? {} : { savedBytes: row.saved_bytes }),
    ...(row.pause_ms === null ? {} : { pauseMs: row.pause_ms }),
  }
}

/** Of what a link says that it carries, DRBD and TCP leave about so much. */
const USABLE = 0.8
const BYTES_A_MEGABIT = 125_000

function planAnswer(
  { guest, way, from, to, over, diskBytes, memoryBytes, refusals, args, others, saved, stopMs, restart }: Weighed,
  asked: MoveAsked,
): MigrationPlan {
  const carried = over?.megabits === undefined ? undefined : over.megabits * BYTES_A_MEGABIT * USABLE
  const known = [carried, asked.rateBytes].flatMap((rate) => rate ?? [])
  return {
    ...{ guest, diskBytes, memoryBytes, pauseAtMostMs: stopMs ?? (way === 'stopped' ? 0 : asked.maxPauseMs) },
    ...(way === undefined ? {} : { way }),
    ...(from ? { from: { host: from.id, name: from.name } } : {}),
    ...(to ? { to: { host: to.id, name: to.name } } : {}),
    ...(over ? { network: over.network } : {}),
    ...(over?.megabits === undefined ? {} : { megabits: over.megabits }),
    ...(known.length === 0 || !args ? {} : { takesMs: takesOf(args, saved, { bytes: Math.min(...known) }) }),
    ...(args ? { notSent: sumOf([...saved.values()]) } : {}),
    disks: (args?.disks ?? []).map(({ vdev, sizeBytes, to: vg, stays }) => ({
      ...{ vdev, sizeBytes, how: stays ? ('stays' as const) : ('copied' as const), vg: vg.name, luns: [...(stays?.luns ?? [])] },
    })),
    steps: args ? stepsOf(args).map((step) => ({ ...step })) : [],
    refusals: refusals.map((one) => ({ ...one })),
    ...(restart ? { withRestart: { stopMs: restart.stopMs } } : {}),
    ...(others ? { others: othersAnswer(others) } : {}),
  }
}

function sumOf(all: readonly NotSent[]): NotSent {
  const sum = (of: keyof NotSent): number => all.reduce((so, one) => so + one[of], 0)
  return { zeroBytes: sum('zeroBytes'), thereBytes: sum('thereBytes') }
}

function othersAnswer({ fits, refused }: Places): NonNullable<MigrationPlan['others']> {
  return {
    fits: fits.map(({ host, name }) => ({ host, name })),
    refused: refused.map(({ host, name, reasons, codes }) => ({
      ...{ host, name },
      why: reasons.map((reason, at) => ({ code: codes[at] ?? 'unfit', reason })),
    })),
  }
}
