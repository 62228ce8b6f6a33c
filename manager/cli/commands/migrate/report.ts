// The plan of a move as a report. Pure.
import type { MigrationPlan } from '../../../contract/migrations.ts'
import { bytes, number, text, words } from '../../engine/columns.ts'
import { listReport, listSection } from '../../engine/list-report.ts'
import type { Column, Report, Value } from '../../engine/output/output.ts'

const toneOfCount = (count: Value): 'good' | 'bad' => (count === 0 ? 'good' : 'bad')
const seconds = (milliseconds: number | undefined): string | null =>
  milliseconds === undefined ? null : milliseconds < 10_000 ? `${milliseconds / 1000} s` : `${Math.round(milliseconds / 1000)} s`

const COLUMNS: readonly Column[] = [
  ...[text('guest', 'GUEST'), text('way', 'WAY'), text('from', 'FROM'), text('to', 'TO'), text('network', 'NETWORK', { spare: 3 })],
  ...[
    bytes('disks', 'DISKS'),
    bytes('unsent', 'NOT SENT', { spare: 1 }),
    bytes('memory', 'MEMORY'),
    text('takes', 'TAKES', { spare: 2 }),
    text('pause', 'PAUSE ≤', { spare: 1 }),
  ],
  number('refusals', 'AGAINST', { tone: toneOfCount }),
]

const REFUSALS: readonly Column[] = [text('guest', 'GUEST'), text('code', 'CODE'), words('reason', 'IN THE WAY')]
const RESTARTS: readonly Column[] = [text('guest', 'GUEST'), text('stop', 'MOVED, DOWN FOR ABOUT, BESIDE ITS OWN SHUTDOWN AND BOOT')]
const DISKS: readonly Column[] = [
  ...[text('guest', 'GUEST', { spare: 1 }), text('disk', 'DISK'), bytes('size', 'SIZE'), text('vg', 'VG')],
  words('how', 'WHAT BECOMES OF IT'),
]
const STEPS: readonly Column[] = [text('guest', 'GUEST', { spare: 1 }), words('what', 'STEP'), words('undo', 'TAKEN BACK BY', { spare: 2 })]

export function planReport(plans: readonly MigrationPlan[]): Report {
  const rows = plans.map(({ guest, way, from, to, network, diskBytes, memoryBytes, takesMs, pauseAtMostMs, refusals, notSent }) => ({
    ...{ guest, way: way ?? null, from: from?.name ?? null, to: to?.name ?? null, network: network ?? null },
    ...{
      disks: diskBytes,
      unsent: notSent ? notSent.zeroBytes + notSent.thereBytes : null,
      memory: memoryBytes,
      takes: seconds(takesMs),
      pause: seconds(pauseAtMostMs),
      refusals: refusals.length,
    },
  }))
  const stops = plans.flatMap(({ guest, withRestart }) => (withRestart ? [{ guest, stop: seconds(withRestart.stopMs) }] : []))
  const against = plans.flatMap(({ guest, refusals }) => refusals.map((one) => ({ guest, ...one })))
  const steps = plans.flatMap(({ guest, steps: all }) => all.map(({ what, undo }) => ({ guest, what, undo: undo ?? null })))
  const disks = plans.flatMap(({ guest, disks: all = [] }) =>
    all.map(({ vdev, sizeBytes, vg, how, luns }) => ({
      ...{ guest, disk: vdev, size: sizeBytes, vg },
      how: how === 'stays' ? `stays on LUN ${luns.join(', ')}` : 'copied',
    })),
  )
  const [list] = listReport('migrations', 'migration', COLUMNS, rows, 'The selector leaves no guest.').sections
  return {
    name: 'migrations',
    sections: [
      ...(list ? [list] : []),
      ...(against.length > 0 ? [listSection('refusals', 'refusal', 'In the way', REFUSALS, against)] : []),
      ...(stops.length > 0 ? [listSection('restarts', 'restart', 'What --restart would do', RESTARTS, stops)] : []),
      ...(disks.length > 0 ? [listSection('disks', 'disk', 'Disks', DISKS, disks)] : []),
      ...(steps.length > 0 ? [listSection('steps', 'step', 'Steps', STEPS, steps)] : []),
    ],
  }
}
