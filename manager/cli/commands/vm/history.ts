// `hostless vm history`: the moves of guests that have ended, whatever came of them.
import type { Command } from 'commander'
import type { Move } from '../../../contract/migrations.ts'
import type { World } from '../../engine/answer.ts'
import type { PoolApi } from '../../engine/api/calls.ts'
import { spanOf } from '../../engine/automation/lines.ts'
import { inBatches } from '../../engine/batches.ts'
import { bytes, id, iso, number, text, time, words } from '../../engine/columns.ts'
import { listReport } from '../../engine/list-report.ts'
import type { Column, Report, Value } from '../../engine/output/output.ts'
import { addListing } from '../../engine/pool-command.ts'
import { wholeNumber } from '../../engine/quantities.ts'
import { pickVms } from './picking.ts'

interface HistoryOptions {
  readonly host?: string
  readonly guest?: string
  readonly limit: number
}

/** Of one answer. */
const PAGE = 1000
const MOST = 100_000

export function addVmHistory(vm: Command, world: World): void {
  addListing<HistoryOptions>(vm, world, {
    name: 'history [selector...]',
    description: 'moves of guests that have ended, newest first: from where to where, by whom, bytes, seconds, pause',
    examples: [
      ['vm history', 'the last hundred of the pool'],
      ["vm history 'web*' --limit 5", 'the last five of each'],
      ['vm history --host node01 --output csv', 'those from and to a host'],
    ],
    options: (command) =>
      command
        .option('--host <host>', 'only those that came from this host, or went to it')
        .option('--guest <guest>', 'only those of this guest: UUID or name, also of one that is not there any more')
        .option('--limit <number>', 'at most so many, of each guest that is selected', wholeNumber(1, MOST), 100),
    changes: ['automation'],
    like: () => movesReport([]),
    load: async (api, args, { limit, host, guest }) => {
      const asked = host === undefined ? {} : { host }
      if (args.length === 0)
        return { report: movesReport(await movesOf(api, { ...asked, ...(guest === undefined ? {} : { guest }) }, limit)) }
      const { items, missing } = await pickVms(api, args)
      const all = (await inBatches(items, ({ uuid }) => movesOf(api, { ...asked, guest: uuid }, limit))).flat()
      return { report: movesReport(all.sort((a, b) => b.ended - a.ended)), missing }
    },
  })
}

async function movesOf(api: PoolApi, asked: { readonly host?: string; readonly guest?: string }, limit: number): Promise<readonly Move[]> {
  const all: Move[] = []
  for (let next: string | undefined; ; ) {
    const page = await api.migrations.list({
      ...asked,
      limit: Math.min(PAGE, limit - all.length),
      ...(next === undefined ? {} : { before: next }),
    })
    all.push(...page.moves)
    next = page.next
    if (next === undefined || all.length >= limit) return all
  }
}

const tone = (value: Value): 'good' | 'bad' | 'plain' => (value === 'done' ? 'good' : value === 'failed' ? 'bad' : 'plain')

const COLUMNS: readonly Column[] = [
  ...[
    text('guest', 'GUEST'),
    text('from', 'FROM'),
    text('to', 'TO'),
    text('way', 'WAY', { spare: 3 }),
    text('outcome', 'OUTCOME', { tone }),
  ],
  ...[time('ended', 'ENDED'), text('who', 'BY', { spare: 2 }), text('took', 'TOOK', { spare: 2 })],
  ...[
    bytes('diskBytes', 'DISKS', { spare: 2 }),
    bytes('savedBytes', 'SAVED', { spare: 2 }),
    bytes('memoryBytes', 'MEMORY', { spare: 2 }),
    number('pauseMs', 'PAUSE ms'),
  ],
  ...[words('reason', 'WHY', { spare: 1 }), number('seconds', 'SECONDS', { isHidden: true }), time('began', 'BEGAN', { isHidden: true })],
  ...[id('automation', 'AUTOMATION', { isHidden: true }), id('uuid', 'UUID', { isHidden: true })],
]

export function movesReport(moves: readonly Move[]): Report {
  const rows = moves.map(
    ({ automation, guest, name, from, to, way, outcome, reason, who, began, ended, diskBytes, savedBytes, memoryBytes, pauseMs }) => ({
      ...{ guest: name, from: from.name, to: to.name, way, outcome, ended: iso(ended), who, took: spanOf(began, ended) },
      ...{ diskBytes, savedBytes: savedBytes ?? null, memoryBytes, pauseMs: pauseMs ?? null, reason: reason ?? null },
      ...{ seconds: (ended - began) / 1000, began: iso(began), automation, uuid: guest },
    }),
  )
  return listReport('moves', 'move', COLUMNS, rows, 'No move has ended.')
}
