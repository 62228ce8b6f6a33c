// Boot attempts as reports. Pure.
import type { AttemptView } from '../../../../appliance/timeline/timeline.ts'
import { sayOutcome } from '../../../protocol/once.ts'
import type { Column, Report, Row, Value } from '../../engine/output/output.ts'
import { oneLine } from '../../engine/output/text.ts'

const seconds = (value: Value): string => (typeof value === 'number' ? value.toFixed(1) : '')

const stateColumn: Column = {
  key: 'state',
  title: 'State',
  tone: (value) => (value === 'up' ? 'good' : value === 'failed' || value === 'stuck' ? 'bad' : 'plain'),
}

export function attemptsReport(attempts: readonly AttemptView[]): Report {
  return {
    name: 'boots',
    sections: [
      {
        name: 'attempts',
        item: 'attempt',
        title: 'Boots',
        shape: 'list',
        columns: [
          { key: 'host', title: 'Host' },
          { key: 'address', title: 'Address' },
          stateColumn,
          { key: 'stage', title: 'Stage' },
          { key: 'seconds', title: 'Seconds', align: 'right', show: seconds },
          { key: 'image', title: 'Image' },
          { key: 'generation', title: 'Generation' },
          { key: 'xen', title: 'Xen' },
          { key: 'kernel', title: 'Kernel' },
          { key: 'diagnosis', title: 'Diagnosis' },
        ],
        rows: attempts.map(summary),
        empty: 'No machine has asked for a boot yet.',
      },
    ],
  }
}

export function attemptReport(attempt: AttemptView): Report {
  const { stage: _stage, ...facts } = summary(attempt)
  const columns: Column[] = Object.keys(facts).map((key) => ({ key, title: key, ...(key === 'seconds' ? { show: seconds } : {}) }))
  return {
    name: 'boot',
    sections: [
      { name: 'attempt', item: 'attempt', title: attempt.host, shape: 'record', columns, rows: [facts], empty: '' },
      {
        name: 'stages',
        item: 'stage',
        title: 'Stages',
        shape: 'list',
        columns: [
          { key: 'stage', title: 'Stage' },
          { key: 'status', title: 'Status', tone: (value) => (value === 'done' ? 'good' : value === 'failed' ? 'bad' : 'plain') },
          { key: 'seconds', title: 'Seconds', align: 'right', show: seconds },
          { key: 'detail', title: 'Detail' },
        ],
        rows: attempt.stages.map(({ stage, status, seconds: took, detail }) => ({ stage, status, seconds: took, detail })),
        empty: 'Nothing has been seen of it.',
      },
    ],
  }
}

/** One line of `hostless boot watch`. */
export function describeProgress(attempt: AttemptView): string {
  const last = attempt.stages.at(-1)
  const where = last ? `${last.stage} ${last.status}, ${elapsed(attempt).toFixed(1)} s` : ''
  const why = attempt.diagnosis ?? last?.detail ?? ''
  return oneLine([attempt.host, sayOutcome({ outcome: attempt.state, once: attempt.once }), where, why].filter(Boolean).join('  '))
}

function summary(attempt: AttemptView): Row {
  const { id, host, mac, address, once, image, generation, xen, kernel, diagnosis } = attempt
  const stage = attempt.stages.at(-1)?.stage ?? ''
  const state = sayOutcome({ outcome: attempt.state, once })
  const text = (value: string | undefined): string => value ?? ''
  return {
    ...{ id, host, mac, address: text(address), state, stage, seconds: elapsed(attempt), image: text(image), generation: text(generation) },
    ...{ xen: text(xen), kernel: text(kernel), diagnosis: text(diagnosis) },
  }
}

/** Seconds from the first sign of the host to its latest stage. */
function elapsed({ startedAt, stages }: AttemptView): number {
  return ((stages.at(-1)?.at ?? startedAt) - startedAt) / 1000
}
