// What goes wrong while a guest moves: agents and receivers that are killed, a cable that is pulled, hosts that are reset, on either side and
// before and after the hand-over. After each the guest runs on exactly one host, with every block that it has written, and the other host has
// nothing of it left. Takes half an hour, and is no part of `npm run test:lab`.

import { setTimeout as pause } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { CONTRACT } from '../../../manager/contract/contract.ts'
import type { RackNode } from '../node.ts'
import type { Operator } from '../operator.ts'
import { waitLinked } from '../pool.ts'
import { startFrom } from '../snapshot/open.ts'
import { type At, points } from '../snapshot/points.ts'
import { GUEST_MS, guestConsole, ticksIn, waitForGuest, waitTicking } from './console.ts'
import { readySmallDisk } from './disk.ts'
import { worldOf, worldsLike } from './leftovers.ts'
import { MOVING, moveUnderWay } from './moves.ts'

const TEST_MS = 3_600_000
const GUEST = 'web1'
const WITHOUT_CABLE_MS = 40_000
const DETAIL = CONTRACT.automations.show.output
const VMS = CONTRACT.vms.list.output
const ENDED = new Set(['done', 'failed', 'aborted'])

let at: At<Operator>
/** Of each host, by its name, before there was a guest. */
let empty: ReadonlyMap<string, readonly string[]>

interface Hosts {
  /** Where the guest is. */
  readonly home: RackNode
  readonly away: RackNode
}

interface Drill {
  readonly what: string
  /** Of the move, of which one is under way when it goes wrong. */
  readonly phases: readonly string[]
  /** Resolves when no more goes wrong. */
  readonly strike: (hosts: Hosts) => Promise<unknown>
  /** It has lost its memory by it, and boots anew. */
  readonly boots?: true
  /** Where it is afterwards; left out: on either. */
  readonly endsOn?: keyof Hosts
}

test.before(async () => {
  const disk = await readySmallDisk()
  at = await startFrom(points.twoApproved)
  await type('vm-image', 'add', disk, '--name', 'small')
  await type('storage', 'vg', 'create', 'data', '--on', '*', '--disks', 'empty')
  empty = new Map(await Promise.all(nodes().map(async (node) => [node.name, await worldOf(node)] as const)))
  const guest = ['--image', 'small', '--memory', '128M', '--disk', '96M@data', '--nic', 'lan', '--restart', 'always']
  await type('vm', 'create', GUEST, ...guest, '--on', 'node1')
  await waitForGuest(at.bed.rack.pace, at.bed.node('node1'), GUEST, /^tick 3\b/m)
})

test.after.always(() => at?.bed.close())

const nodes = () => at.bed.rack.nodes

async function type(...argv: readonly string[]): Promise<string> {
  const { stdout, stderr, exitCode } = await at.operator.hostless(...argv)
  if (exitCode !== 0) throw new Error(`hostless ${argv.join(' ')} ended with exit code ${exitCode}: ${stderr}${stdout}`)
  return `${stderr}${stdout}`
}

async function hosts(): Promise<Hosts> {
  const { vms } = await at.operator.get('/vms', VMS)
  const on = vms.find(({ name }) => name === GUEST)?.hostName
  const home = nodes().find(({ name }) => name === on)
  const away = nodes().find(({ name }) => name !== on)
  if (!home || !away) throw new Error(`${GUEST} is on ${on}`)
  return { home, away }
}

const DRILLS: readonly Drill[] = [
  {
    what: 'the agent of its new host is killed while its disk goes over',
    phases: ['seed', 'sync'],
    strike: ({ away }) => inside(away, 'kill -9 $(pidof node)'),
  },
  {
    what: 'the agent of its old host is killed while its disk goes over',
    phases: ['seed', 'sync'],
    strike: ({ home }) => inside(home, 'kill -9 $(pidof node)'),
  },
  {
    what: 'the receiver of its memory is killed',
    phases: ['memory'],
    strike: ({ away }) => killXl(away, 'migrate-receive'),
  },
  {
    what: 'the sender of its memory is killed',
    phases: ['memory'],
    strike: ({ home }) => killXl(home, 'migrate'),
  },
  {
    what: 'the cable of its new host is pulled while its disk goes over, and put back',
    phases: ['seed', 'sync'],
    strike: ({ away }) => withoutCable(away),
  },
  {
    what: 'the cable of its old host is pulled while its memory goes over, and put back',
    phases: ['memory'],
    strike: ({ home }) => withoutCable(home),
  },
  {
    what: 'its new host is reset while its disk goes over',
    phases: ['seed', 'sync'],
    strike: ({ away }) => at.bed.reset(away.name),
    endsOn: 'home',
  },
  {
    what: 'its old host is reset once it runs on the new one',
    phases: ['clean up'],
    strike: ({ home }) => at.bed.reset(home.name),
    endsOn: 'away',
  },
  {
    what: 'its old host is reset while its disk goes over',
    phases: ['seed', 'sync'],
    strike: ({ home }) => at.bed.reset(home.name),
    boots: true,
    endsOn: 'home',
  },
]

for (const one of DRILLS) test.serial(one.what, (t) => drill(t, one))

async function drill(t: ExecutionContext, { what, phases, strike, boots, endsOn }: Drill): Promise<void> {
  t.timeout(TEST_MS)
  const { pace } = at.bed.rack
  const before = await hosts()
  const ticks = ticksIn(await guestConsole(before.home, GUEST))
  const booted = new Map(await Promise.all(nodes().map(async (node) => [node.name, await bootsSaid(node)] as const)))
  await type('migrate', GUEST, '--to', before.away.name, ...MOVING, '--keep', '0s', '--detach')
  const path = `/automations/${await moveUnderWay(at.operator)}`
  const passed = await at.operator.until(
    `the move at ${phases.join(' or ')}`,
    path,
    DETAIL,
    ({ state, phase }) => state !== 'running' || phases.includes(phase ?? ''),
    GUEST_MS,
  )
  t.true(phases.includes(passed.phase ?? '') || phases.includes('clean up'), `the move was over before: ${passed.reason ?? passed.state}`)
  const struck = Date.now()
  await strike(before)
  const { state, reason = '' } = await at.operator.until(
    `the move to end after ${what}`,
    path,
    DETAIL,
    (detail) => ENDED.has(detail.state),
    GUEST_MS,
  )
  t.log(`${state}${reason === '' ? '' : `: ${reason}`}; ${((Date.now() - struck) / 1000).toFixed(1)} s after it went wrong`)
  await waitLinked(
    at.operator,
    nodes().map(({ name }) => name),
    0,
  )
  await at.operator.until(
    `${GUEST} running`,
    '/vms',
    VMS,
    ({ vms }) => vms.some((one) => one.name === GUEST && one.state === 'running'),
    GUEST_MS,
  )
  const after = await hosts()
  if (endsOn) t.is(after.home.name, before[endsOn].name)
  if (boots) await waitForGuest(pace, after.home, GUEST, /guest: blocks up to [1-9]\d* are there, 0 wrong/)
  await waitTicking(pace, after.home, GUEST)
  t.true(ticksIn(await guestConsole(after.home, GUEST)) > ticks, 'it has gone on')
  if (!boots) t.is(await bootsSaid(after.home), booted.get(after.home.name) ?? 0, 'it has not booted anew')
  const wanted = empty.get(after.away.name) ?? []
  t.deepEqual(await worldsLike([wanted], [after.away], pace), [wanted])
  const domains = (await worldOf(after.home)).filter((line) => line.startsWith('domain '))
  t.deepEqual(domains, ['domain Domain-0', `domain ${GUEST}`])
}

/** How often it has said there that it is up, since that host was booted. */
async function bootsSaid(node: RackNode): Promise<number> {
  return (await guestConsole(node, GUEST)).match(/^guest: up/gm)?.length ?? 0
}

async function inside({ name, ssh }: RackNode, script: string): Promise<void> {
  const { stderr, exitCode } = await ssh(['sh', '-e'], { input: script })
  if (exitCode !== 0) throw new Error(`${name}: ${stderr.trim()}`)
}

/** Once there is one. */
function killXl(node: RackNode, subcommand: string): Promise<void> {
  return inside(
    node,
    `
find() { for pid in $(pidof xl); do tr '\\0' ' ' </proc/$pid/cmdline | grep -q " ${subcommand} " && echo $pid; done; true; }
looks=600
until pids=$(find); [ -n "$pids" ] || [ $looks = 0 ]; do sleep 0.1; looks=$((looks - 1)); done
kill -9 $pids`,
  )
}

async function withoutCable(node: RackNode): Promise<void> {
  await node.monitor('set_link nic0 off')
  try {
    await pause(WITHOUT_CABLE_MS)
  } finally {
    await node.monitor('set_link nic0 on')
  }
}
