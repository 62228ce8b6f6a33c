import test from 'ava'
import { SimulatorGap } from '../../../../images/agent/simulator/commands/command.ts'
import { sectorsIn } from '../../../../images/agent/simulator/state/content.ts'
import { readAt, stampAt } from '../../../../images/agent/simulator/state/io.ts'
import { makeMachine, simulatedHost } from '../../../../images/agent/simulator.ts'
import { TestClock } from '../clock.ts'
import { openPair, words } from './pair.ts'

const volumesOf = ({ site }: ReturnType<typeof openPair>) =>
  [...site.state.groups.values()].flatMap(({ volumes }) => volumes.map(({ name }) => name))

test('a command that fails has done nothing; it fails as often as it was ordered', async (t) => {
  const pair = openPair()
  const { a, ok, code } = pair
  await ok(a, 'vgcreate vg0 /dev/vda')
  a.faults.order('lvcreate', { kind: 'fails', code: 5, stderr: 'no' }, 1)
  t.deepEqual(await code(a, 'lvcreate -y -n x -L 4m vg0'), [5, 'no'])
  t.deepEqual(volumesOf(pair), [])
  await ok(a, 'lvcreate -y -n x -L 4m vg0')
  t.deepEqual(volumesOf(pair), ['x'])
})

test('a command that hangs is stopped after the limit and has done nothing; one whose answer is lost has done it', async (t) => {
  const pair = openPair()
  const { a, site } = pair
  await pair.ok(a, 'vgcreate vg0 /dev/vda')
  const began = site.state.now
  a.faults.order('lvcreate', { kind: 'hangs' }, 1)
  t.deepEqual(await a.backend.run(words('lvcreate -y -n x -L 4m vg0')), { kind: 'stopped', stdout: '', reason: 'stopped after 60 s' })
  t.deepEqual([volumesOf(pair), site.state.now - began], [[], 60_000])
  a.faults.order('lvcreate', { kind: 'answer-lost' }, 1)
  t.like(await a.backend.run(words('lvcreate -y -n x -L 4m vg0')), { kind: 'stopped' })
  t.deepEqual(volumesOf(pair), ['x'])
})

test('a late answer comes after its time, and what happened meanwhile has happened', async (t) => {
  const { a, ok, site } = openPair()
  a.faults.order((command) => command.includes('list'), { kind: 'late', milliseconds: 5_000 })
  const began = site.state.now
  await ok(a, 'xl list -v')
  t.true(site.state.now - began >= 5_000)
})

test('a host dies before a command, or when it has done it; the other one goes on', async (t) => {
  for (const when of ['before', 'after'] as const) {
    const pair = openPair()
    const { a, b, ok } = pair
    await ok(a, 'vgcreate vg0 /dev/vda')
    a.faults.order('lvcreate', { kind: 'dies', when }, 1)
    t.like(await a.backend.run(words('lvcreate -y -n x -L 4m vg0')), { kind: 'stopped', reason: 'ended with its host' })
    t.is(await a.backend.read('/proc/self/mountinfo'), undefined)
    t.deepEqual(volumesOf(pair), when === 'after' ? ['x'] : [])
    await ok(b, 'xl list -v')
    a.boot()
    await ok(a, 'vgchange -ay vg0')
  }
})

test('a copy is there as far as it had come when the host died', async (t) => {
  const { a, ok, site } = openPair()
  await ok(a, 'vgcreate vg0 /dev/vda')
  for (const name of ['from', 'to']) await ok(a, `lvcreate -y -n ${name} -L 400m vg0`)
  site.change((now) => {
    const written = stampAt(now, 'a', 'dm-0', 0, 819_200, 'old')
    return written.kind === 'done' ? written.value : now
  })
  const began = site.state.now
  const copying = a.backend.run(words('dd if=/dev/vg0/from of=/dev/vg0/to bs=1M'))
  while (site.state.now < began + 1_000) await Promise.resolve()
  a.die()
  t.like(await copying, { kind: 'stopped' })
  a.boot()
  await ok(a, 'vgchange -ay vg0')
  const read = readAt(site.state, 'a', 'dm-1', 0, 819_200)
  const copied = read.kind === 'done' ? sectorsIn(read.value) / 819_200 : 0
  t.true(copied > 0.3 && copied < 0.7, String(copied))
})

test('what the simulator does not know is a gap for a handler, and no program for a host of a load test', async (t) => {
  const { a } = openPair()
  for (const line of [
    'xl list --labels',
    'lvs --units g -o lv_size',
    'dmsetup create x --table "0 8 crypt"',
    'drbdsetup resize 1',
    'xl save web /x',
  ])
    await t.throwsAsync(a.backend.run(words(line)), { instanceOf: SimulatorGap }, line)
  t.deepEqual(await a.backend.run(['awk', '1']), { kind: 'missing' })
  const { backend } = simulatedHost(makeMachine('gap', 0), new TestClock())
  t.deepEqual(await backend.run(['xl', 'list', '--labels']), { kind: 'missing' })
})
