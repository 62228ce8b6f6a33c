// A rack that goes on from what was saved of it: the same hosts, not booted again, that their manager knows.

import test from 'ava'
import type { Operator } from '../operator.ts'
import { hostsAnswer } from '../pool.ts'
import { seconds } from '../table.ts'
import { startFrom } from './open.ts'
import { type At, type Next, points } from './points.ts'

const NAMES = ['node1', 'node2']

/** On top of the pool that others start from: something on a disk, and a clock that is off before it is saved. */
const written: Next<Operator> = {
  kind: 'next',
  name: 'written',
  from: points.twoApproved,
  async reach({ bed }) {
    const write = ['dd', 'of=/dev/vdb', 'bs=512', 'count=1', 'conv=sync,fsync']
    const { exitCode, stderr } = await bed.node('node1').ssh(write, { input: 'kept', deadlineMs: 300_000 })
    if (exitCode !== 0) throw new Error(`node1: ${stderr}`)
    const late = ['sh', '-c', 'date -s "@$(($(cat /sys/class/rtc/rtc0/since_epoch) - 5))"']
    if ((await bed.node('node2').ssh(late, { deadlineMs: 300_000 })).exitCode !== 0) throw new Error('node2: its clock could not be set')
  },
}

/** What a boot makes anew. */
async function bootsOf({ bed }: At): Promise<readonly string[]> {
  const asked = NAMES.map((name) => bed.node(name).ssh(['cat', '/proc/sys/kernel/random/boot_id'], { deadlineMs: 300_000 }))
  return (await Promise.all(asked)).map(({ stdout }) => stdout.trim())
}

async function pictureOf({ operator }: At<Operator>): Promise<readonly unknown[]> {
  const { hosts } = await operator.get('/hosts', hostsAnswer)
  return hosts.map(({ id, name, state, uuid, image }) => ({ id, name, state, uuid, image })).sort((a, b) => a.name.localeCompare(b.name))
}

test('two approved hosts go on from where they were saved: the same boots, identities and pool, at the right time', async (t) => {
  t.timeout(1_500_000)
  const said: string[] = []
  const first = await startFrom(written, (text) => said.push(text))
  t.teardown(() => first.bed.close())
  const [boots, picture] = [await bootsOf(first), await pictureOf(first)]
  t.is(new Set(boots).size, 2)
  t.deepEqual(
    picture.map((host) => (host as { state: string }).state),
    ['up', 'up'],
  )
  await first.bed.close()

  const begun = Date.now()
  const second = await startFrom(written, (text) => t.fail(text))
  t.teardown(() => second.bed.close())
  t.log(`${said.join(' ') || 'saved before;'} there again after ${seconds((Date.now() - begun) / 1000)}`)
  t.deepEqual(await bootsOf(second), boots)
  t.deepEqual(await pictureOf(second), picture)
  for (const name of NAMES) {
    const node = second.bed.node(name)
    const clocks = await node.ssh(['sh', '-c', 'cat $0; date +%s; cat $0', '/sys/class/rtc/rtc0/since_epoch'], { deadlineMs: 300_000 })
    // On a busy computer a look takes seconds: its clock was right if it told a time in between.
    const [before = 0, clock = 0, real = 0] = clocks.stdout.split('\n').map(Number)
    t.true(clock >= before - 2 && clock <= real + 2, `${name}: its clock says ${clock} between ${before} and ${real}`)
    t.true(Math.abs(real - Date.now() / 1000) < 300, 'the machine’s own clock is that of this computer')
    t.is((await second.bed.appliance.attempts()).find(({ host }) => host === name)?.state, 'up')
    const disk = await node.ssh(['sh', '-c', "head -c 512 /dev/vdb | tr -d '\\000'"], { deadlineMs: 300_000 })
    t.is(disk.stdout, name === 'node1' ? 'kept' : '', 'its disk is as it was')
    t.is((await node.ssh(['dd', 'if=/dev/zero', 'of=/dev/vda', 'bs=4096', 'count=1', 'conv=fsync'], { deadlineMs: 300_000 })).exitCode, 0)
    t.regex((await node.ssh(['xl', 'list'], { deadlineMs: 300_000 })).stdout, /^Domain-0 /m)
  }
  t.deepEqual(await Promise.all(NAMES.map((name) => second.bed.node(name).power('status'))), ['on', 'on'], 'their BMCs know that they run')
})
