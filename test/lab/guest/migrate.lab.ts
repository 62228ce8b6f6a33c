// A guest moves live between the local disks of two hosts while it writes and verifies; the manager is killed in the midst of the way back,
// and that move ends all the same. Nothing of it is left on either host.
import test from 'ava'
import { CONTRACT } from '../../../manager/contract/contract.ts'
import { managerPid, type Operator } from '../operator.ts'
import { startFrom } from '../snapshot/open.ts'
import { type At, points } from '../snapshot/points.ts'
import { GUEST_MS, guestConsole, ticksIn, waitForGuest } from './console.ts'
import { readySmallDisk } from './disk.ts'
import { worldOf } from './leftovers.ts'

let at: At<Operator>
/** Of both hosts, before there was a guest. */
let before: readonly (readonly string[])[]

const TEST_MS = 3_600_000
/** Under emulation nothing is fast: what is shown here is that nothing is lost. */
const PAUSE = '60s'

const nodes = () => at.bed.rack.nodes
const vms = CONTRACT.vms.list.output
const automations = CONTRACT.automations.list.output

test.before(async () => {
  const disk = await readySmallDisk()
  at = await startFrom(points.twoApproved)
  await type('vm-image', 'add', disk, '--name', 'small')
  await type('storage', 'vg', 'create', 'data', '--on', '*', '--disks', 'empty')
  before = await Promise.all(nodes().map(worldOf))
  await type(...['vm', 'create', 'web1', '--image', 'small', '--memory', '128M', '--disk', '96M@data', '--nic', 'lan', '--on', 'node1'])
  await waitForGuest(at.bed.rack.pace, at.bed.node('node1'), 'web1', /^tick 3\b/m)
})

test.after.always(() => at?.bed.close())

/** The command, as an operator types it; rejects when it does not end well. */
async function type(...argv: readonly string[]): Promise<string> {
  const { stdout, stderr, exitCode } = await at.operator.hostless(...argv)
  if (exitCode !== 0) throw new Error(`hostless ${argv.join(' ')} ended with exit code ${exitCode}: ${stderr}${stdout}`)
  return `${stderr}${stdout}`
}

async function shownOn(name: string): Promise<string | undefined> {
  return (await at.operator.get('/vms', vms)).vms.find((one) => one.name === name)?.hostName
}

/** Writes and verifies there, after what it had written before. */
async function goesOnAt(node: string, ticks: number): Promise<string> {
  return waitForGuest(at.bed.rack.pace, at.bed.node(node), 'web1', new RegExp(`^tick ${ticks + 2}\\b`, 'm'))
}

test.serial('the plan says what would be done, and all that is in the way', async (t) => {
  t.timeout(TEST_MS)
  t.regex(await type('migrate', 'web1', '--to', 'node2', '--plan'), /live[\s\S]*hand over/)
  const { stdout, exitCode } = await at.operator.hostless('migrate', 'web1', '--to', 'node1', '--plan')
  t.is(exitCode, 1)
  t.regex(stdout, /runs-there/)
})

test.serial('a guest moves live to the other host, with its disk, and goes on where it was', async (t) => {
  t.timeout(TEST_MS)
  const ticks = ticksIn(await guestConsole(at.bed.node('node1'), 'web1'))
  const began = Date.now()
  t.log((await type('migrate', 'web1', '--to', 'node2', '--max-pause', PAUSE, '--keep', '0s')).trim())
  t.log(`moved: ${((Date.now() - began) / 1000).toFixed(1)} s`)
  t.is(await shownOn('web1'), 'node2')
  await goesOnAt('node2', ticks)
  const [first = [], second = []] = await Promise.all(nodes().map(worldOf))
  t.deepEqual(
    first.filter((line) => line.startsWith('domain')),
    ['domain Domain-0'],
  )
  t.true(second.includes('domain web1'))
})

test.serial('a manager that is killed in the midst of the way back ends it when it is back', async (t) => {
  t.timeout(TEST_MS)
  const ticks = ticksIn(await guestConsole(at.bed.node('node2'), 'web1'))
  await type('migrate', 'web1', '--to', 'node1', '--max-pause', PAUSE, '--keep', '0s', '--detach')
  const { automations: all } = await at.operator.get('/automations', automations)
  const id = all.find(({ recipe, state }) => recipe === 'migrate-guest' && state !== 'done')?.id ?? t.fail('no move is under way')
  const detail = CONTRACT.automations.show.output
  await at.operator.until(
    'the mirror to fill',
    `/automations/${id}`,
    detail,
    ({ phase }) => phase === 'sync' || phase === 'memory',
    GUEST_MS,
  )
  process.kill(await managerPid(at.bed.rack), 'SIGKILL')
  const ended = await at.operator.until('the way back to end', `/automations/${id}`, detail, ({ state }) => state !== 'running', GUEST_MS)
  t.is(ended.state, 'done', ended.reason)
  t.is(await shownOn('web1'), 'node1')
  await goesOnAt('node1', ticks)
})

test.serial('nothing is left of it', async (t) => {
  t.timeout(TEST_MS)
  await type('vm', 'destroy', 'web1', '--yes')
  t.deepEqual(await Promise.all(nodes().map(worldOf)), before)
})
