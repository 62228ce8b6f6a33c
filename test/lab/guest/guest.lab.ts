// The first honest guest: hosts' empty disks become VGs, an image becomes two guests' disks, each boots its own kernel from it, and a
// manager that is killed in the middle finishes both, guests are changed while they run, and one moves there and back.

import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { z } from 'zod'
import { SMALL_DISK, SMALL_OPTIONS } from '../../../images/guest/small.ts'
import { CONTRACT } from '../../../manager/contract/contract.ts'
import { managerPid, type Operator } from '../operator.ts'
import { approveAll, hostsAnswer, REPORT_MS, waitLinked } from '../pool.ts'
import { startFrom } from '../snapshot/open.ts'
import { type At, points, signInAt } from '../snapshot/points.ts'
import { BLOCK, blocksOn, changedBytes, fullBytes } from './blocks.ts'
import { askGuest, GUEST_MS, guestConsole, talkThroughCommand, ticksIn, typeInGuest, waitForGuest, waitTicking } from './console.ts'
import { bootFilesOf, readySmallDisk } from './disk.ts'
import { worldOf, worldsLike } from './leftovers.ts'
import { killManagerInMove, lastMove, MOVING, moveUnderWay } from './moves.ts'

let at: At<Operator>
let disk: string
/** Of both hosts, before there was a guest. */
let before: readonly (readonly string[])[]

/** What is waited for says by itself when it stands still; this ends what says nothing. */
const TEST_MS = 3_600_000

const nodes = () => at.bed.rack.nodes
const names = () => nodes().map(({ name }) => name)

test.before(async () => {
  disk = await readySmallDisk()
  at = await startFrom(points.twoApproved)
  await type('vm-image', 'add', disk, '--name', 'small')
})

test.after.always(() => at?.bed.close())

/** The command, as an operator types it; rejects when it does not end well. */
async function type(...argv: readonly string[]): Promise<string> {
  const { stdout, stderr, exitCode } = await at.operator.hostless(...argv)
  if (exitCode !== 0) throw new Error(`hostless ${argv.join(' ')} ended with exit code ${exitCode}: ${stderr}${stdout}`)
  return `${stderr}${stdout}`
}

async function addKernel(): Promise<void> {
  const { kernel, initrd } = await bootFilesOf(disk)
  await type('vm-image', 'add-kernel', 'ours', '--kernel', kernel, '--initrd', initrd)
}

const vms = CONTRACT.vms.list.output

async function stateOf(name: string): Promise<string | undefined> {
  return (await at.operator.get('/vms', vms)).vms.find((one) => one.name === name)?.state
}

async function hostOf(name: string): Promise<string | undefined> {
  return (await at.operator.get('/vms', vms)).vms.find((one) => one.name === name)?.hostName
}

async function uuidOf(name: string): Promise<string> {
  return (await at.operator.get('/vms', vms)).vms.find((one) => one.name === name)?.uuid ?? ''
}

async function waitState(name: string, state: string): Promise<void> {
  await at.operator.until(
    `${name} ${state}`,
    '/vms',
    vms,
    (answer) => answer.vms.some((one) => one.name === name && one.state === state),
    GUEST_MS,
  )
}

test.serial('the empty disks of both hosts become a VG', async (t) => {
  t.timeout(TEST_MS)
  await type('storage', 'vg', 'create', 'data', '--on', '*', '--disks', 'empty')
  before = await Promise.all(nodes().map(worldOf))
  for (const world of before) t.true(world.includes('vg data 3'), world.join('\n'))
  t.regex(await type('storage', 'vg', 'list'), /data/)
})

test.serial('two guests are made while the manager is killed, and each boots its own kernel by its own GRUB', async (t) => {
  t.timeout(TEST_MS)
  const began = Date.now()
  const key = join(at.bed.rack.runtime, 'lab.pub')
  await writeFile(key, 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGxhYmxhYmxhYmxhYmxhYmxhYmxhYmxhYmxhYmxhYmxh lab\n')
  const guest = ['--image', 'small', '--memory', '128M', '--vcpus', '1', '--disk', '96M@data', '--detach']
  await type('vm', 'create', 'web1', ...guest, '--on', 'node1', '--nic', 'lan', '--restart', 'on-failure')
  await type('vm', 'create', 'web2', ...guest, '--on', 'node2', '--max-memory', '192M', '--hostname', 'shop', '--ssh-key', key)
  process.kill(await managerPid(at.bed.rack), 'SIGKILL')
  await Promise.all(['web1', 'web2'].map((name) => waitState(name, 'running')))
  t.log(`made and started: ${((Date.now() - began) / 1000).toFixed(1)} s`)
  const worlds = (await Promise.all(nodes().map(worldOf))).flat()
  for (const name of ['web1', 'web2']) t.is(worlds.filter((line) => line === `domain ${name}`).length, 1, name)
  const [said, seeded] = await Promise.all([
    waitForGuest(at.bed.rack.pace, at.bed.node('node1'), 'web1', /^tick 3\b/m),
    // The first stands behind the prompt of its shell.
    waitForGuest(at.bed.rack.pace, at.bed.node('node2'), 'web2', /^tick 2\b/m),
  ])
  t.log(`to their blocks on disk: ${((Date.now() - began) / 1000).toFixed(1)} s`)
  t.regex(said, /guest: up/)
  t.regex(seeded, /guest: seed \S/, 'its seed is its second disk')
  t.regex(seeded, /guest: name shop\b/)
  t.regex(await type('vm', 'show', 'web1'), /node1/)
})

test.serial('a guest has the pool’s level of CPU, an address that is shown, and a disk that a move does not break', async (t) => {
  t.timeout(TEST_MS)
  const node = at.bed.node('node1')
  await askGuest(at.bed.rack.pace, node, 'web1', '! grep -qw movbe /proc/cpuinfo')
  const [, address = ''] = /guest: address (\S+)/.exec(await guestConsole(node, 'web1')) ?? []
  // It has nothing to say to anybody by itself.
  await node.ssh(['busybox', 'ping', '-c', '1', '-w', '30', address])
  const isHeard = ({ vms: all }: z.output<typeof vms>) =>
    all.some(({ name, addresses = [] }) => name === 'web1' && addresses.some((one) => one.address === address))
  await at.operator.until(`web1 at ${address}`, '/vms', vms, isHeard, REPORT_MS)
  const persistent = await node.ssh(['cat', '/sys/module/xen_blkback/parameters/feature_persistent'])
  t.is(persistent.stdout.trim(), 'N', 'a guest with persistent grants may lose its kernel when it moves')
})

test.serial('a guest that crashes is started again by its agent, while the manager hangs', async (t) => {
  t.timeout(TEST_MS)
  const node = at.bed.node('node1')
  const blocks = ticksIn(await guestConsole(node, 'web1'))
  const manager = await managerPid(at.bed.rack)
  process.kill(manager, 'SIGSTOP')
  try {
    await typeInGuest(node, 'web1', 'echo c >/proc/sysrq-trigger')
    const said = await waitForGuest(at.bed.rack.pace, node, 'web1', /guest: blocks up to \d+ are there, 0 wrong/)
    t.true(Number(/blocks up to (\d+) are there/.exec(said)?.[1]) >= blocks)
  } finally {
    process.kill(manager, 'SIGCONT')
  }
  await waitState('web1', 'running')
  await waitLinked(at.operator, names(), 0)
})

test.serial(
  'of guests on two hosts one boots by a kernel of the image store, with the command line of its spec, while the other is spoken with and changed',
  async (t) => {
    t.timeout(TEST_MS)
    await Promise.all([bootsByOurKernel(t), speaksAndIsChanged(t)])
  },
)

/** web1, which goes on booting by it where it moves. */
async function bootsByOurKernel(t: ExecutionContext): Promise<void> {
  const node = at.bed.node('node1')
  await addKernel()
  const { exitCode, stderr } = await at.operator.hostless('vm-image', 'add-kernel', 'none', '--kernel', disk)
  t.true(exitCode !== 0 && /neither an ELF vmlinux nor a bzImage/.test(stderr), stderr)
  await type('vm', 'stop', 'web1', '--hard')
  await type('vm', 'set', 'web1', '--kernel', 'ours', '--cmdline', `root=LABEL=${SMALL_DISK.label} ro ${SMALL_OPTIONS} by=ours`)
  await type('vm', 'start', 'web1')
  await askGuest(at.bed.rack.pace, node, 'web1', 'grep -qw by=ours /proc/cmdline')
  await waitTicking(at.bed.rack.pace, node, 'web1')
  // Each once, and the guest's own names of both.
  const lies = async () => (await node.ssh(['ls', '/run/hostless/kernels'])).stdout.trim().split('\n')
  t.is((await lies()).length, 5)
}

/** web2: its console stands at an operator's terminal, then it is given disks, NICs and memory while it runs, and its new name. */
async function speaksAndIsChanged(t: ExecutionContext): Promise<void> {
  const shown = await talkThroughCommand(at.bed.rack, 'web2', 'echo answer-$((40 + 2))', 'answer-42')
  t.regex(shown, /guest: up/, 'what it said before is shown first')
  t.regex(shown, /detached/)
  t.regex(await type('vm', 'console', 'web2', '--log'), /answer-42/)
  const node = at.bed.node('node2')
  const seen = (condition: string) => askGuest(at.bed.rack.pace, node, 'web2', condition)
  await type('vm', 'disk', 'add', 'web2', '16M@data')
  const [, added = ''] = /16384 (xvd\w)$/m.exec(await seen('grep -w 16384 /proc/partitions')) ?? []
  t.regex(added, /^xvd[b-z]$/)
  await type('vm', 'disk', 'grow', 'web2', added, '+16M')
  await seen(`grep "32768 ${added}" /proc/partitions`)
  await type('vm', 'disk', 'remove', 'web2', added, '--yes')
  await seen(`! grep ${added} /proc/partitions`)
  await type('vm', 'nic', 'add', 'web2', 'lan')
  await seen('ls -d /sys/bus/xen/devices/vif-0')
  await type('vm', 'set', 'web2', '--memory', '160M')
  t.regex((await node.ssh(['xl', 'list', 'web2'])).stdout, /^web2\s+\d+\s+160\s/m)
  await type('vm', 'rename', 'web2', 'shop')
  t.true((await worldOf(node)).includes('domain shop'))
  t.is(await stateOf('shop'), 'running')
  await askGuest(at.bed.rack.pace, node, 'shop', 'true')
  const log = await type('vm', 'console', 'shop', '--log')
  t.regex(log, /answer-42[\s\S]*so-\d/, 'what it said under its old name, and under the new one')
}

test.serial('the manager’s database is deleted while guests run: after manager rebuild all is back, and stops and starts', async (t) => {
  t.timeout(TEST_MS)
  const { bed } = at
  const shown = async () => {
    const { vms: all } = await at.operator.get('/vms', vms)
    return all.map(({ uuid, name, state, host }) => ({ uuid, name, state, host }))
  }
  // Without what it does at the moment, and how long it has run.
  const domids = () =>
    Promise.all(nodes().map(async ({ ssh }) => (await ssh(['xl', 'list'])).stdout.replace(/\s+[a-z-]{6}\s+[\d.]+$/gm, '')))
  const specs = () => Promise.all(['web1', 'shop'].map((name) => type('vm', 'show', name, '--output', 'yaml')))
  const wanted = { guests: await shown(), domids: await domids(), specs: await specs() }
  const manager = await managerPid(bed.rack)
  // Stopped, it writes nothing more; whoever keeps it running starts another one.
  process.kill(manager, 'SIGSTOP')
  for (const name of await readdir(bed.dataDir)) if (name.startsWith('manager.db')) await rm(join(bed.dataDir, name))
  process.kill(manager, 'SIGKILL')
  at = { ...at, operator: await signInAt(bed) }
  const pending = ({ hosts }: z.output<typeof hostsAnswer>) =>
    names().every((name) => hosts.some((one) => one.name === name && one.state === 'pending'))
  await at.operator.until('back by their certificates', '/hosts', hostsAnswer, pending, REPORT_MS)
  await approveAll(at.operator, names())
  await type('manager', 'rebuild', '--dry-run')
  t.log(await type('manager', 'rebuild'))
  // What guests' disks and kernels were called is one of the things that no host tells.
  await addKernel()
  await waitState('web1', 'running')
  t.deepEqual({ guests: await shown(), domids: await domids(), specs: await specs() }, wanted)
  await type('vm', 'stop', 'shop')
  t.is(await stateOf('shop'), 'stopped')
  await type('vm', 'set', 'shop', '--max-memory', '224M')
  await type('vm', 'start', 'shop')
  await waitForGuest(bed.rack.pace, bed.node('node2'), 'shop', /guest: blocks up to [1-9]\d* are there, 0 wrong/)
})

test.serial('a guest moves live to the other host while it writes and verifies, and goes on where it was', async (t) => {
  t.timeout(TEST_MS)
  t.regex(await type('migrate', 'web1', '--to', 'node2', '--plan'), /live[\s\S]*hand over/)
  const full = fullBytes(await blocksOn(at.bed.node('node1'), await uuidOf('web1'), 'ready'))
  const ticks = ticksIn(await guestConsole(at.bed.node('node1'), 'web1'))
  const began = Date.now()
  const said = await type('migrate', 'web1', '--to', 'node2', ...MOVING)
  t.log(said.trim())
  t.regex(said, /MiB of memory were sent, and it stood still for at most \d/)
  t.log(`moved: ${((Date.now() - began) / 1000).toFixed(1)} s`)
  t.is(await hostOf('web1'), 'node2')
  await waitTicking(at.bed.rack.pace, at.bed.node('node2'), 'web1')
  const later = ticksIn(await guestConsole(at.bed.node('node2'), 'web1'))
  t.true(later > ticks)
  const { diskBytes } = await lastMove(at.operator)
  const written = (later - ticks) * BLOCK
  t.log(`of its disk: ${diskBytes} bytes were sent; ${full} are not zero, and it wrote at most ${written} meanwhile`)
  t.true(diskBytes <= 1.1 * (full + written))
  const [first = [], second = []] = await Promise.all(nodes().map(worldOf))
  t.deepEqual(
    first.filter((line) => line.startsWith('domain')),
    ['domain Domain-0'],
  )
  t.true(second.includes('domain web1'))
})

test.serial('a manager that is killed in the midst of the way back ends it when it is back', async (t) => {
  t.timeout(TEST_MS)
  const uuid = await uuidOf('web1')
  const left = await blocksOn(at.bed.node('node1'), uuid, 'stale')
  const ticks = ticksIn(await guestConsole(at.bed.node('node2'), 'web1'))
  await type('migrate', 'web1', '--to', 'node1', ...MOVING, '--keep', '0s', '--detach')
  await killManagerInMove(at.bed.rack, at.operator, await moveUnderWay(at.operator))
  t.is(await hostOf('web1'), 'node1')
  await waitTicking(at.bed.rack.pace, at.bed.node('node1'), 'web1')
  t.true(ticksIn(await guestConsole(at.bed.node('node1'), 'web1')) > ticks)
  const changed = changedBytes(left, await blocksOn(at.bed.node('node1'), uuid, 'ready'))
  const { diskBytes } = await lastMove(at.operator)
  t.log(`on the way back ${diskBytes} bytes of its disk were sent, and ${changed} were changed`)
  t.true(diskBytes <= 1.2 * changed)
})

test.serial('guests that are destroyed leave nothing on their hosts', async (t) => {
  t.timeout(TEST_MS)
  await type('vm', 'destroy', 'web1', 'shop', '--yes')
  t.deepEqual(await worldsLike(before, nodes(), at.bed.rack.pace), before)
  t.is(await stateOf('web1'), undefined)
})
