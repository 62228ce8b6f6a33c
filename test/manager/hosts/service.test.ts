import test from 'ava'
import { Claims } from '../../../manager/claims/service.ts'
import type { Pool } from '../../../manager/hosts/service.ts'
import type { Inventory } from '../../../manager/protocol/inventory.ts'
import { saveMacs } from '../../../manager/store/tables/host-macs.ts'
import { addHost } from '../../../manager/store/tables/hosts.ts'
import { naa, report } from '../connectivity/inventories.ts'
import { hostIn } from './conditions.ts'
import { HOSTS, open } from './opened.ts'

const GIB = 1 << 30
const RUN = '00000000-0000-4000-8000-000000000001'

let revision = 0
function reporting(pool: Pool, host: string, { problems = [], ...sections }: Partial<Inventory>): Promise<void> {
  revision += 1
  return pool.report(host, { run: RUN, revision, sections, problems })
}

const whole = (): Inventory => report({ dmi: { product: 'P' }, nics: [{ name: 'eth0', mac: '52:54:00:00:00:01', speed: 1000 }] })
const disk = (passed: boolean) => report({ diskHealth: [{ device: '/dev/sda', passed }] }).diskHealth
const shown = async (pool: Pool) => (await pool.alarms()).map(({ kind, times }) => `${kind} ${times}`)

test('an alarm is raised when it becomes true, ends by itself, and is counted when it comes again', async (t) => {
  const { reopen } = await open(t)
  const pool = await reopen()
  await reporting(pool, 'host1', whole())
  await reporting(pool, 'host1', { diskHealth: disk(false) })
  await pool.tick()
  t.deepEqual(await shown(pool), ['disk-failing 1'])
  await reporting(pool, 'host1', { diskHealth: disk(true) })
  await pool.tick()
  t.deepEqual(await shown(pool), [])
  await reporting(pool, 'host1', { diskHealth: disk(false) })
  await pool.tick()
  t.deepEqual(await shown(pool), ['disk-failing 2'])
})

test('an alarm that was acknowledged stays so while it is true, over a start of the manager too, and comes back when it is true anew', async (t) => {
  const { reopen } = await open(t)
  const first = await reopen()
  await reporting(first, 'host1', { ...whole(), diskHealth: disk(false) })
  await first.tick()
  const [alarm] = await first.alarms()
  t.true(await first.clearAlarm(alarm?.key ?? '', 'admin alice'))
  await reporting(first, 'host1', { diskHealth: [...disk(false)] })
  await first.tick()
  t.deepEqual(await shown(first), [])
  const second = await reopen()
  await second.tick()
  t.deepEqual(await shown(second), [])
  await reporting(second, 'host1', { diskHealth: disk(true) })
  await second.tick()
  await reporting(second, 'host1', { diskHealth: disk(false) })
  await second.tick()
  t.deepEqual(await shown(second), ['disk-failing 2'])
})

test('an open alarm is not counted again by a start of the manager, and what was put right meanwhile ends with it', async (t) => {
  const { reopen } = await open(t)
  const first = await reopen()
  await reporting(first, 'host1', { ...whole(), diskHealth: disk(false) })
  await reporting(first, 'host2', { ...whole(), nics: [] })
  await first.tick()
  t.deepEqual([...(await shown(first))].sort(), ['disk-failing 1'])
  const second = await reopen()
  await second.tick()
  t.deepEqual(await shown(second), ['disk-failing 1'])
})

test('two hosts that come to have one MAC, and one that differs from its siblings, are alarms until they are put right', async (t) => {
  const { reopen } = await open(t)
  const pool = await reopen()
  const nics = (last: number, speed: number) => report({ nics: [{ name: 'eth0', mac: `52:54:00:00:00:0${last}`, speed }] }).nics
  await reporting(pool, 'host1', { ...whole(), nics: nics(1, 1000) })
  await reporting(pool, 'host2', { ...whole(), nics: nics(2, 1000) })
  await reporting(pool, 'host3', { ...whole(), nics: nics(2, 100) })
  await pool.tick()
  t.deepEqual([...(await shown(pool))].sort(), ['shared-mac 1', 'sibling-differs 1'])
  await reporting(pool, 'host3', { nics: nics(3, 1000) })
  await pool.tick()
  t.deepEqual(await shown(pool), [])
})

test('a rejected host is none that others are compared with', async (t) => {
  const { reopen } = await open(t)
  const pool = await reopen()
  for (const id of ['host1', 'host2']) await reporting(pool, id, whole())
  await pool.tick()
  t.deepEqual(await shown(pool), ['shared-mac 1'])
  await pool.move('host2', { kind: 'reject' }, 'admin alice')
  await pool.tick()
  t.deepEqual(await shown(pool), [])
})

test('the clocks: one host’s is told, the manager’s own jump is told once, and no host is lost by it', async (t) => {
  const { reopen, clock } = await open(t)
  const pool = await reopen()
  const sampled = (host: string, at: number) => {
    const levels = { cpus: 0, threads: 1, dom0Cpus: 0, freeBytes: 0, totalBytes: 0, dom0AvailableBytes: 0 }
    pool.sample(host, { at, milliseconds: 1000, host: { ...levels, disks: [], nics: [] }, guests: [] })
  }
  for (const host of HOSTS) await reporting(pool, host, { ...whole(), nics: [] })
  for (const host of HOSTS) sampled(host, clock.now)
  sampled('host1', clock.now - 3600_000)
  await pool.tick()
  t.deepEqual(await shown(pool), ['clock-differs 1'])
  sampled('host1', clock.now)
  await pool.tick()
  t.deepEqual(await shown(pool), [])

  const year = 365 * 24 * 3600_000
  clock.now += year
  clock.elapsed += 1000
  for (const host of HOSTS) sampled(host, clock.now - year)
  await pool.tick()
  await pool.tick()
  t.deepEqual([...(await shown(pool))].sort(), ['clock-differs 1', 'clock-jumped 1'])
  t.true((await pool.alarms()).some(({ text }) => /clock was set 36[45] days ahead/.test(text)))
  clock.now -= year
  for (const host of HOSTS) sampled(host, clock.now)
  await pool.tick()
  t.deepEqual(await shown(pool), ['clock-jumped 2'])
  t.true(pool.hosts().every(({ state }) => state === 'up'))
})

test('the pool’s CPUs are worked out anew only when a CPU, a name or what may be asked of a host is another', async (t) => {
  const { reopen } = await open(t)
  const pool = await reopen()
  for (const id of HOSTS) await reporting(pool, id, whole())
  const first = await pool.cpu()
  await reporting(pool, 'host1', { memory: { totalBytes: 5 } })
  t.is(await pool.cpu(), first)
  await pool.change('host1', [{ kind: 'rename', name: 'renamed' }], 'admin alice')
  const second = await pool.cpu()
  t.true(second.unknown.some(({ name }) => name === 'renamed'))
  await pool.move('host2', { kind: 'reject' }, 'admin alice')
  t.is((await pool.cpu()).unknown.length, 2)
})

test('the counts grow with what lists show, and only then', async (t) => {
  const { reopen } = await open(t)
  const pool = await reopen()
  const counts = [pool.counts().changes]
  const grew = async (change: () => Promise<unknown>) => {
    await change()
    counts.push(pool.counts().changes)
  }
  await grew(() =>
    reporting(pool, 'host1', {
      ...whole(),
      multipaths: report({ multipaths: [{ name: 'm', wwid: naa('1'), paths: [{ device: 'sda', state: 'failed', group: 1 }] }] }).multipaths,
    }),
  )
  await grew(() => pool.tick())
  await grew(() => pool.change('host1', [{ kind: 'rename', name: 'other' }], 'admin alice'))
  await grew(async () => pool.disconnected('host1'))
  t.true(
    counts.every((count, index) => index === 0 || count > (counts[index - 1] ?? 0)),
    counts.join(),
  )
  const before = pool.counts()
  await pool.tick()
  await pool.tick()
  t.is(pool.counts().changes - before.changes, 1, 'the alarm under the new name')
})

test('a host that was up is lost soon, one that boots has ten minutes from its script on', async (t) => {
  const { store, clock, reopen } = await open(t)
  await store.write((transaction) => saveMacs(transaction, 'host1', '52:54:00:00:00:01', []))
  const pool = await reopen(30_000)
  const after = async (milliseconds: number) => {
    clock.elapsed += milliseconds
    clock.now += milliseconds
    await pool.tick()
    return ['host1', 'host2'].map((id) => pool.host(id)?.state)
  }
  await pool.boots('52:54:00:00:00:01')
  t.deepEqual(await after(29_000), ['booting', 'up'])
  t.deepEqual(await after(1_000), ['booting', 'lost'])
  t.deepEqual(await after(569_000), ['booting', 'lost'])
  await pool.boots('52:54:00:00:00:01')
  t.deepEqual(await after(599_000), ['booting', 'lost'], 'it has asked for its script again')
  t.deepEqual(await after(1_000), ['lost', 'lost'])
  t.regex((await pool.history('host1'))[0]?.what ?? '', /no connection for 600 s/)
})

test('a host that boots while it is found to be away is not lost by that', async (t) => {
  const { clock, reopen } = await open(t)
  const pool = await reopen(30_000)
  clock.elapsed += 30_000
  await Promise.all([pool.move('host1', { kind: 'boots' }, 'appliance'), pool.tick()])
  t.deepEqual(
    HOSTS.map((id) => pool.host(id)?.state),
    ['booting', 'lost', 'lost'],
  )
})

test('what a multipath map had is known after a restart, and an acknowledged loss stays acknowledged', async (t) => {
  const { reopen, store } = await open(t)
  const maps = (paths: number) =>
    report({
      multipaths: [
        {
          name: 'mpatha',
          wwid: naa('1'),
          paths: Array.from({ length: paths }, (_, i) => ({ device: `sd${i}`, state: 'active', group: 1 })),
        },
      ],
    }).multipaths
  const first = await reopen()
  await reporting(first, 'host1', { ...whole(), multipaths: maps(4) })
  await first.tick()
  const second = await reopen()
  await reporting(second, 'host1', { multipaths: maps(2) })
  await second.tick()
  t.deepEqual(await shown(second), ['path-failed 1'])
  await reporting(second, 'host1', { multipaths: [] })
  const third = await reopen()
  await third.tick()
  const [alarm] = await third.alarms()
  t.regex(alarm?.text ?? '', /has 2 paths, and it had 4/)
  await reporting(third, 'host1', { multipaths: maps(2) })
  t.true(await third.clearAlarm(alarm?.key ?? '', 'admin'))
  await third.tick()
  const fourth = await reopen()
  await fourth.tick()
  t.deepEqual(await shown(fourth), [])
  await reporting(fourth, 'host1', { multipaths: maps(1) })
  await fourth.tick()
  t.deepEqual(await shown(fourth), ['path-failed 2'])
  t.is((await store.db.selectFrom('settings').selectAll().where('key', 'like', 'multipaths %').execute()).length, 1)
})

test('a listener of the pool that throws hears every event all the same, and the log says that it failed', async (t) => {
  const { reopen, lines } = await open(t)
  const pool = await reopen()
  const heard: string[] = []
  pool.subscribe(({ kind }) => {
    heard.push(kind)
    throw new Error('this listener is broken')
  })
  for (const about of ['a', 'b', 'c']) pool.alarmRaised({ kind: 'host-state', about, text: about })
  t.deepEqual(heard, ['alarm', 'alarm', 'alarm'])
  t.deepEqual(
    lines.map(({ fields }) => fields),
    Array(3).fill({ error: new Error('this listener is broken'), of: 'changes of the pool' }),
  )
})

test('the memory that is free of a host is told by claims, not by what Xen had free when it reported', async (t) => {
  const { store, clock, reopen } = await open(t)
  const pool = await reopen()
  const memory = { totalBytes: 16 * GIB, freeBytes: 15 * GIB, commandLine: 'dom0_mem=1G' }
  await reporting(pool, 'host1', report({ xen: memory, memory: { dom0TotalBytes: GIB } }))
  const free = async () => {
    const room = (await pool.memory.look())('host1')
    return room?.kind === 'room' ? room.free : undefined
  }
  const before = (await free()) ?? 0
  t.true(before > 14 * GIB)
  const claims = new Claims(store.db, pool)
  const holder = { kind: 'guest', id: '00000000-0000-4000-8000-000000000001', name: 'web1' } as const
  const needs = [{ part: 'memory', kind: 'memory', host: 'host1', bytes: 14 * GIB }] as const
  t.is((await store.write((transaction) => claims.take(transaction, holder, needs))).kind, 'taken')
  clock.elapsed += 1000
  t.is(await free(), before - 14 * GIB)
  t.is((await pool.memory.look())('host2'), undefined)
})

test('a page of hosts begins behind a name, whether or not a host has it, in the order of their numbers', async (t) => {
  const { reopen } = await open(t)
  const pool = await reopen()
  const namesBehind = (name: string | undefined, most: number) => pool.hostsBehind(name, most).map((host) => host.name)
  t.deepEqual(namesBehind(undefined, 2), ['host1', 'host2'])
  t.deepEqual(namesBehind('host1', 5), ['host2', 'host3'])
  t.deepEqual(namesBehind('a', 5), HOSTS)
  t.deepEqual(namesBehind('host02x', 5), ['host3'])
  t.deepEqual(namesBehind('host10', 5), [])
})

test('of two names with one number each comes on a page', async (t) => {
  const { store, reopen } = await open(t)
  const like = { uuid: undefined, ...hostIn('up'), since: 0, groups: [], notes: '', created: 0, attempt: undefined } as const
  for (const id of ['host02', 'host002']) await store.write((transaction) => addHost(transaction, { ...like, id, name: id }))
  const pool = await reopen()
  const all = ['host1', 'host002', 'host02', 'host2', 'host3']
  for (const [index, name] of all.entries()) {
    t.deepEqual(
      pool.hostsBehind(name, 5).map((host) => host.name),
      all.slice(index + 1),
    )
  }
})
