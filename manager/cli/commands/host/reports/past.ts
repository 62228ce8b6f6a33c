// What was changed of hosts, and how they have booted. Pure.
import type { BootAttempt } from '../../../../contract/boots.ts'
import type { HistoryEntry } from '../../../../contract/hosts.ts'
import { sayOutcome } from '../../../../protocol/once.ts'
import { id, iso, number, text, time, words } from '../../../engine/columns.ts'
import { listReport } from '../../../engine/list-report.ts'
import type { Report } from '../../../engine/output/output.ts'
import { hostColumn } from './host.ts'

export function historyReport(entries: readonly (HistoryEntry & { readonly host: string })[]): Report {
  const columns = [hostColumn, time('at', 'TIME'), text('who', 'WHO'), words('what', 'WHAT')]
  const rows = entries.map(({ host, at, who, what }) => ({ host, at: iso(at), who, what }))
  return listReport('history', 'entry', columns, rows, 'Nothing has been changed.')
}

export function bootsReport(boots: readonly (BootAttempt & { readonly host: string })[]): Report {
  const columns = [
    hostColumn,
    time('started', 'STARTED'),
    text('outcome', 'OUTCOME', { tone: (value) => (value === 'up' ? 'good' : value === 'failed' || value === 'stuck' ? 'bad' : 'plain') }),
    number('seconds', 'SECONDS'),
    text('stage', 'STAGE'),
    text('address', 'ADDRESS', { spare: 1 }),
    text('image', 'IMAGE', { spare: 3 }),
    id('generation', 'GENERATION', { spare: 4 }),
    text('appliance', 'APPLIANCE', { spare: 5 }),
    words('diagnosis', 'DIAGNOSIS'),
    id('id', 'ID', { isHidden: true }),
  ]
  const rows = boots.map((boot) => ({
    host: boot.host,
    started: iso(boot.started),
    outcome: sayOutcome(boot),
    seconds: boot.ended === undefined ? null : Math.round((boot.ended - boot.started) / 100) / 10,
    stage: boot.stages.at(-1)?.stage ?? null,
    address: boot.address ?? null,
    image: boot.image ?? null,
    generation: boot.generation ?? null,
    appliance: boot.appliance,
    diagnosis: boot.diagnosis ?? null,
    id: boot.id,
  }))
  return listReport('boots', 'boot', columns, rows, 'No boot was seen.')
}
