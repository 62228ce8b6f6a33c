// `hostless checklist|boots`: from a bare machine to the first host, and the boots of all machines as their appliances tell.
import type { Command } from 'commander'
import type { AnyBootAttempt } from '../../contract/boots.ts'
import type { ChecklistStep } from '../../contract/checklist.ts'
import { sayOutcome } from '../../protocol/once.ts'
import type { World } from '../engine/answer.ts'
import { id, iso, number, text, time, words } from '../engine/columns.ts'
import { listReport } from '../engine/list-report.ts'
import type { Report, Value } from '../engine/output/output.ts'
import { addListing } from '../engine/pool-command.ts'

export function addChecklistCommands(program: Command, world: World): void {
  addListing(program, world, {
    name: 'checklist',
    description: 'from a bare machine to the first host: what is done, what is next, what is in the way and how to mend it',
    examples: [['checklist --watch', 'while the first server boots']],
    changes: ['boot', 'host'],
    like: () => checklistReport([]),
    load: async (api) => ({ report: checklistReport((await api.checklist.show()).steps) }),
  })
  addListing<{ readonly limit: string }>(program, world, {
    name: 'boots',
    description: 'the newest boot attempts of all machines, also of those that have never enrolled; hostless boot show has the stages',
    examples: [['boots --watch', 'as they go on']],
    changes: ['boot', 'host'],
    options: (command) => command.option('--limit <count>', 'at most so many', '50'),
    like: () => bootsReport([]),
    load: async (api, _args, { limit }) => ({ report: bootsReport((await api.boots.newest({ limit })).boots) }),
  })
}

const tone = (value: Value): 'good' | 'bad' | 'plain' =>
  value === 'done' || value === 'up' ? 'good' : value === 'failed' || value === 'stuck' ? 'bad' : 'plain'

function checklistReport(steps: readonly ChecklistStep[]): Report {
  const columns = [words('title', 'STEP'), text('state', 'STATE', { tone }), words('seen', 'SEEN'), words('mend', 'WHAT TO DO')]
  const rows = steps.map(({ title, state, seen, mend = null }) => ({ title, state, seen, mend: state === 'done' ? null : mend }))
  return listReport('checklist', 'step', columns, rows, '')
}

function bootsReport(boots: readonly AnyBootAttempt[]): Report {
  const columns = [
    ...[text('host', 'HOST'), text('mac', 'MAC'), text('outcome', 'OUTCOME', { tone }), text('stage', 'STAGE'), time('started', 'STARTED')],
    ...[number('seconds', 'SECONDS', { spare: 2 }), text('image', 'IMAGE', { spare: 1 }), words('diagnosis', 'DIAGNOSIS')],
    ...[text('address', 'ADDRESS', { spare: 3 }), id('id', 'ID', { spare: 4 })],
  ]
  const rows = boots.map(
    ({ hostName = null, mac, outcome, once, stages, started, ended, image, generation, diagnosis = null, ...boot }) => ({
      ...{ host: hostName, mac, outcome: sayOutcome({ outcome, once }), stage: stages.at(-1)?.stage ?? null, started: iso(started) },
      ...{
        seconds: ended === undefined ? null : Math.round((ended - started) / 1000),
        diagnosis,
        address: boot.address ?? null,
        id: boot.id,
      },
      image: image === undefined ? null : [image, generation].filter(Boolean).join(' '),
    }),
  )
  return listReport('boots', 'boot', columns, rows, 'No machine has begun to boot: hostless checklist says what is in the way.')
}
