// What the pool makes of hosts that go away and come back, in whatever service they are.
import test from 'ava'
import { standOn } from '../../../manager/claims/running.ts'
import { sayHost } from '../../../manager/protocol/host.ts'
import { saveClaim } from '../../../manager/store/tables/host-identities.ts'
import { saveMacs } from '../../../manager/store/tables/host-macs.ts'
import { updateHost } from '../../../manager/store/tables/hosts.ts'
import { open } from './opened.ts'

const MAC = '52:54:00:00:00:01'
const GUEST = '00000000-0000-4000-8000-0000000000f1'

test('a host in maintenance that dies is lost, since then, and comes back into maintenance; one that boots has ten minutes', async (t) => {
  const { store, clock, reopen } = await open(t)
  await store.write((transaction) => saveMacs(transaction, 'host1', MAC, []))
  const pool = await reopen(30_000)
  await pool.connected('host1', { address: '10.77.0.21', agent: '1', speaks: 11, dropped: [] })
  t.is((await pool.move('host1', { kind: 'maintain', guests: 0 }, 'user ada')).kind, 'done')
  const after = async (milliseconds: number) => {
    clock.elapsed += milliseconds
    clock.now += milliseconds
    await pool.tick()
    const host = pool.host('host1')
    return host && `${sayHost(host)} since ${host.since - 1e12}`
  }
  pool.disconnected('host1')
  t.is(await after(29_000), 'maintenance since 0')
  t.is(await after(1_000), 'lost, in maintenance since 30000')
  t.is((await pool.move('host1', { kind: 'maintain', guests: 0 }, 'user ada')).kind, 'done', 'it is in maintenance')
  await pool.boots(MAC)
  t.is(await after(599_000), 'maintenance, booting since 30000')
  t.is(await after(1_000), 'lost, in maintenance since 630000')
  await pool.connected('host1', { address: '10.77.0.21', agent: '1', speaks: 11, dropped: [] })
  t.is(await after(1_000), 'maintenance since 630000')
  t.deepEqual((await pool.history('host1')).map(({ what }) => what.replace(/:.*/, '')).reverse(), [
    'maintenance (up before)',
    'lost, in maintenance (maintenance before)',
    'maintenance, booting (lost, in maintenance before)',
    'lost, in maintenance (maintenance, booting before)',
    'maintenance (lost, in maintenance before)',
  ])
  const again = await reopen(30_000)
  t.is(again.host('host1')?.state, 'maintenance', 'a manager that starts gives it as long as one that was up')
  clock.elapsed += 30_000
  await again.tick()
  t.is(again.host('host1')?.state, 'lost')
})

test('a host that enrols and is not heard of after that is lost, too', async (t) => {
  const { store, clock, reopen } = await open(t)
  const pool = await reopen(30_000)
  clock.elapsed += 30_000
  const claim = { attempt: 'x', at: 0, differs: ['its board'], macs: [{ mac: MAC, boot: true }] }
  await store.write(async (transaction) => {
    await updateHost(transaction, 'host1', { trust: 'pending' })
    await saveClaim(transaction, 'host1', claim)
  })
  await pool.enrolled('host1')
  clock.elapsed += 30_000
  await pool.tick()
  t.is(pool.host('host1')?.state, 'pending')
  // The machine that was known boots again in its place.
  await store.write(async (transaction) => {
    await updateHost(transaction, 'host1', { trust: 'approved' })
    await saveClaim(transaction, 'host1', undefined)
  })
  await pool.enrolled('host1')
  t.is(pool.host('host1')?.state, 'up')
  clock.elapsed += 30_000
  await pool.tick()
  t.is(pool.host('host1')?.state, 'lost')
})

test('a fenced host whose agent answers is told of, is taken for harmless no more, and only for a new proof again', async (t) => {
  const { clock, reopen } = await open(t)
  const pool = await reopen(30_000)
  const may = () => {
    const host = pool.host('host1')
    return host && standOn({ ...host, inventory: undefined }, GUEST, 'may').kind
  }
  const fence = (proof: string) => pool.move('host1', { kind: 'fence', proof }, 'user ada')
  t.is(may(), 'unknown')
  t.is((await fence('its BMC says that power is off')).kind, 'done')
  t.like(pool.host('host1'), { state: 'fenced', power: 'fenced', proof: 'its BMC says that power is off' })
  t.is(may(), 'free')
  for (const kind of ['reject', 'approve'] as const) t.is((await pool.move('host1', { kind }, 'user ada')).kind, 'done')
  t.like(pool.host('host1'), { state: 'fenced', proof: 'its BMC says that power is off' }, 'that ends no fence')
  await pool.connected('host1', { address: '10.77.0.21', agent: '1', speaks: 11, dropped: [] })
  t.is(may(), 'unknown')
  t.is(pool.host('host1')?.state, 'fenced')
  t.true((await pool.alarms()).some(({ kind, text }) => kind === 'host-state' && /the fence did not hold/.test(text)))
  pool.disconnected('host1')
  clock.elapsed += 30_000
  await pool.tick()
  t.is(may(), 'unknown', 'that it has gone away is no proof')
  t.is((await fence('its plug is in my hand')).kind, 'done')
  t.is(may(), 'free')
  t.is((await pool.move('host1', { kind: 'release' }, 'user ada')).kind, 'done')
  t.like(pool.host('host1'), { state: 'approved', power: 'off', proof: undefined })
  t.is(may(), 'unknown')
})
