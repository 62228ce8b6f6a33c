// One guest of the lab from an image to its own userland, stage by stage, beside what a person types at the host: lvcreate, dd, xl create.

import { randomBytes } from 'node:crypto'
import { CONTRACT } from '../../manager/contract/contract.ts'
import { GUEST_MS } from '../lab/guest/console.ts'
import { readySmallDisk } from '../lab/guest/disk.ts'
import type { RackNode } from '../lab/node.ts'
import type { Operator } from '../lab/operator.ts'
import { startFrom } from '../lab/snapshot/open.ts'
import { type At, points } from '../lab/snapshot/points.ts'
import { createByHand, destroyByHand, makeByHand } from './deploy-by-hand.ts'
import { sendByHand } from './image-by-hand.ts'
import { type Metric, mediansOf, metricTable } from './metric.ts'
import { type BenchOptions, inTurn, type Side } from './options.ts'
import type { Teardown } from './teardown.ts'

const PEER = 'by hand'

export const DEPLOY_TITLE = 'One guest of the lab on a local disk of 96 MiB, from its image to its own userland'
export const DEPLOY_NOTES: readonly string[] = [
  'By hand: lvcreate, dd of the whole raw image (64 MiB, sent by nc without encryption), xl create with the same domain, each by ssh into dom0.',
  'Ours sends what is not zero, once to a host (the first guest of each run brings it; the next ones find it there or not, as they would), compressed, over TLS,',
  'zeroes the rest of the disk, writes the guest’s record, takes its claims, and looks at the world before and after each step.',
  'By hand nothing of that is done: what was on the disk before can be read by its guest.',
]

export interface DeployResult {
  readonly runs: readonly { readonly side: Side; readonly metrics: readonly Metric[] }[]
  readonly table: string
}

export async function runDeploy(
  { runs: count, sides }: BenchOptions,
  teardown: Teardown,
  say: (text: string) => void,
): Promise<DeployResult> {
  const image = await readySmallDisk()
  const at = await startFrom(points.twoApproved, say)
  const close = teardown.add(() => at.bed.close())
  try {
    await type(at.operator, 'storage', 'vg', 'create', 'data', '--on', 'node1', '--disks', 'empty')
    await type(at.operator, 'vm-image', 'add', image, '--name', 'small')
    const runs: { side: Side; metrics: readonly Metric[] }[] = []
    for (let run = 1; run <= count; run += 1) {
      for (const side of inTurn(sides, run)) {
        const metrics = side === 'ours' ? await ours(at, `ours${run}`) : await byHand(at, `hand${run}`, image)
        runs.push({ side, metrics })
        say(`  run ${run} of ${count}: ${side}: ${metrics.map(({ name, value }) => `${name} ${value.toFixed(1)} s`).join(', ')}`)
      }
    }
    const medians = sides.map((side) => [side, mediansOf(runs.filter((run) => run.side === side).map(({ metrics }) => metrics))] as const)
    return { runs, table: metricTable(PEER, Object.fromEntries(medians)) }
  } finally {
    await close()
  }
}

async function ours({ bed, operator }: At<Operator>, name: string): Promise<readonly Metric[]> {
  const node = bed.node('node1')
  const began = Date.now()
  const guest = ['--image', 'small', '--memory', '128M', '--vcpus', '1', '--disk', '96M@data', '--nic', 'lan', '--on', 'node1']
  await type(operator, 'vm', 'create', name, ...guest)
  const created = Date.now()
  await untilUp(node, name)
  const up = Date.now()
  const { automations } = await operator.get('/automations', CONTRACT.automations.list.output)
  const id = automations.find(({ recipe, title }) => recipe === 'create-guest' && title.includes(name))?.id
  if (id === undefined) throw new Error(`there is no automation that created ${name}`)
  const { steps } = await operator.get(`/automations/${id}`, CONTRACT.automations.show.output)
  const took = (what: RegExp) =>
    steps.filter((step) => what.test(step.what)).reduce((sum, { started, ended = started }) => sum + ended - started, 0)
  await type(operator, 'vm', 'destroy', name, '--yes')
  const [disk, start] = [took(/make-disk|make the disk/), took(/start-guest|^start /)]
  return metricsOf({ disk, start, rest: created - began - disk - start, boot: up - created, all: up - began })
}

async function byHand({ bed }: At<Operator>, name: string, image: string): Promise<readonly Metric[]> {
  const node = bed.node('node1')
  const began = Date.now()
  await makeByHand(node, name)
  await sendByHand(bed.rack, node, `/dev/data/${name}`, image)
  const copied = Date.now()
  await createByHand(node, name, `00:16:3e:${randomBytes(3).toString('hex').replace(/..\B/g, '$&:')}`)
  const created = Date.now()
  await untilUp(node, name)
  const up = Date.now()
  await destroyByHand(node, name)
  return metricsOf({ disk: copied - began, start: created - copied, rest: 0, boot: up - created, all: up - began })
}

function metricsOf(milliseconds: Readonly<Record<'disk' | 'start' | 'rest' | 'boot' | 'all', number>>): readonly Metric[] {
  const of = (name: string, value: number): Metric => ({ name, unit: 's', better: 'less', value: value / 1000 })
  const { disk, start, rest, boot, all } = milliseconds
  return [
    of('disk made and filled', disk),
    of('domain built', start),
    of('the rest up to there: orders, claims, records', rest),
    of('from there to its own userland', boot),
    of('all', all),
  ]
}

/** Looked for in dom0, twice a second: each look takes of the CPU that its guest is to have. */
async function untilUp(node: RackNode, name: string): Promise<void> {
  const script = 'until grep -q "guest: up" "/var/log/xen/console/guest-$1.log" 2>/dev/null; do sleep 0.5; done'
  const { exitCode, stderr } = await node.ssh(['timeout', String(GUEST_MS / 1000), 'sh', '-c', script, 'sh', name], {
    deadlineMs: GUEST_MS,
  })
  if (exitCode !== 0) throw new Error(`${name} has not come up: ${stderr}`)
}

async function type(operator: Operator, ...argv: readonly string[]): Promise<void> {
  const { stdout, stderr, exitCode } = await operator.hostless(...argv)
  if (exitCode !== 0) throw new Error(`hostless ${argv.join(' ')} ended with exit code ${exitCode}: ${stderr}${stdout}`)
}
