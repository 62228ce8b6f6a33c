import test from 'ava'
import { machineClock } from '../../../images/agent/exec.ts'
import { openDesk } from '../../../images/agent/requests/desk.ts'
import { changingHandlers } from '../../../images/agent/requests/handlers.ts'
import { CONTRACT } from '../../../manager/contract/contract.ts'
import type { Problem } from '../../../manager/protocol/inventory.ts'
import { SCAN_LIMIT } from '../../../manager/protocol/requests/scan-file-system.ts'
import { hostWithFiles, qcow2, UUID } from '../../images/agent/scanned.ts'
import { naa, report } from '../connectivity/inventories.ts'
import { startApiSite } from '../doors/api/asking.ts'
import { ask, macOf, pushBoot, startTestAgent, until } from '../site.ts'
import { FOUND, ScanPool, seeing } from './scan-pool.ts'

const DAY = 24 * 3600_000

test('two hosts look at two of three file systems at once, at the third when one of them is free, and at all a day later', async (t) => {
  const pool = new ScanPool()
  for (const id of ['a', 'b']) pool.host(id, seeing([1, 2, 3]))
  await pool.clock.advance(2000)
  t.deepEqual(pool.said, ['a fs-1', 'b fs-2'])
  pool.asked[1]?.answer(FOUND)
  await pool.clock.advance(0)
  t.deepEqual(pool.said, ['a fs-1', 'b fs-2', 'b fs-3'])
  for (const { answer } of pool.asked) answer(FOUND)
  await pool.clock.advance(DAY - 10_000)
  t.deepEqual([pool.asked.length, pool.records.map(({ key, host }) => `${key} ${host}`)], [3, ['fs:fs-2 b', 'fs:fs-1 a', 'fs:fs-3 b']])
  await pool.clock.advance(20_000)
  t.is(pool.asked.length, 5)
})

test('who has it mounted is asked first: it sees what is in the journal, too', async (t) => {
  const pool = new ScanPool()
  pool.host('a', seeing([1]))
  pool.host('b', seeing([1], { mountPoints: ['/srv'] }))
  await pool.clock.advance(2000)
  t.deepEqual(pool.said, ['b fs-1'])
})

test('only hosts that are up and connected are asked, and a host that comes later makes it looked at anew', async (t) => {
  const pool = new ScanPool()
  pool.host('a', seeing([1]), 'maintenance')
  pool.host('b', seeing([1]), 'up', 'away')
  await pool.clock.advance(5000)
  t.deepEqual(pool.said, [])
  pool.host('b', seeing([1]))
  await pool.clock.advance(2000)
  t.deepEqual(pool.said, ['b fs-1'])
  pool.asked[0]?.answer(FOUND)
  await pool.clock.advance(0)
  pool.host('c', seeing([1]))
  await pool.clock.advance(50_000)
  t.is(pool.said.length, 1)
  await pool.clock.advance(10_000)
  t.is(pool.said.length, 2)
})

test('a disk of a guest anywhere, and what is no file system to mount, are left alone', async (t) => {
  const pool = new ScanPool()
  pool.host('a', seeing([1, 2]))
  pool.host('b', seeing([1], { guestHas: '/dev/sda' }))
  pool.host('c', seeing([4], { type: 'ocfs2' }))
  pool.host('d', report({ nfsMounts: [{ server: 'nas', export: '/x', mountPoint: '/mnt' }] }))
  await pool.clock.advance(10_000)
  t.deepEqual([...pool.said].sort(), ['a fs-2', 'd nas:/x'])
})

test('what a guest may have, as its disks could not be read on a host that reaches it, is left alone until they can', async (t) => {
  const problems: Problem[] = [{ section: 'guests', source: 'xl list -l', reason: 'stopped after 20 s', lacks: 'parts' }]
  const pool = new ScanPool()
  pool.host('a', seeing([1, 2]))
  pool.host('b', { ...seeing([1]), problems })
  await pool.clock.advance(10_000)
  t.deepEqual(pool.said, ['a fs-2'])
  pool.asked[0]?.answer(FOUND)
  pool.host('b', seeing([1]))
  await pool.clock.advance(60_000)
  t.regex(pool.said[1] ?? '', /fs-1$/)
})

test('after a refusal another host is asked; after a lost connection not before the first can be looking no more', async (t) => {
  const pool = new ScanPool()
  for (const id of ['a', 'b']) pool.host(id, seeing([1]))
  await pool.clock.advance(2000)
  pool.asked[0]?.answer({ kind: 'answered', answer: { kind: 'refused', cause: 'unable', reason: 'bad superblock' } })
  await pool.clock.advance(29_000)
  t.deepEqual([pool.said, pool.failures], [['a fs-1'], ['fs:fs-1 a: bad superblock']])
  await pool.clock.advance(1000)
  t.deepEqual(pool.said, ['a fs-1', 'b fs-1'])
  pool.asked[1]?.answer({ kind: 'refused', cause: 'absent', reason: 'the connection ended' })
  pool.want('fs:fs-1')
  await pool.clock.advance(SCAN_LIMIT - 1000)
  t.is(pool.said.length, 2)
  await pool.clock.advance(1000)
  t.deepEqual(pool.said.at(-1), 'a fs-1')
})

test('what was looked at before the manager began anew is not looked at again, unless somebody wants it', async (t) => {
  const kept = { key: 'fs:fs-1', host: 'a', at: 0, hosts: ['a'], sizeBytes: 1, freeBytes: 1, images: [], leftOut: [] }
  const pool = new ScanPool([kept])
  pool.host('a', seeing([1]))
  await pool.clock.advance(100_000)
  t.deepEqual(pool.said, [])
  pool.want('fs:fs-1')
  await pool.clock.advance(0)
  t.deepEqual(pool.said, ['a fs-1'])
  await pool.driver.close()
  pool.asked[0]?.answer(FOUND)
  await pool.clock.advance(2 * DAY)
  t.deepEqual([pool.said.length, pool.records.length, pool.clock.pending], [1, 0, 0])
})

test('who is to look is told when it begins; what nobody wants any more is not looked at before its time', async (t) => {
  const kept = { key: 'fs:fs-1', host: 'a', at: 0, hosts: ['a'], sizeBytes: 1, freeBytes: 1, images: [], leftOut: [] }
  const pool = new ScanPool([kept])
  pool.host('a', seeing([1]))
  await pool.clock.advance(100_000)
  pool.want('fs:fs-1')
  pool.unwant('fs:fs-1')
  await pool.clock.advance(1000)
  t.deepEqual([pool.said, pool.begun], [[], []])
  pool.want('fs:fs-1')
  await pool.clock.advance(0)
  t.deepEqual([pool.said, pool.begun], [['a fs-1'], ['fs:fs-1 a']])
})

test('a host of a whole pool looks by itself; what it found is in the API, and looked for anew when an operator asks', async (t) => {
  const site = await startApiSite(t, { enrol: 'auto' })
  const machine = hostWithFiles({ 'vm/web.qcow2': qcow2 })
  const desk = openDesk(
    { ...changingHandlers(machine.world), 'set-properties': async () => ({ kind: 'properties-set', count: 0 }) },
    { clock: machineClock },
  )
  const boot = await pushBoot(site, macOf(1))
  const agent = startTestAgent(
    t,
    async () => site.address,
    boot,
    { macs: [macOf(1)] },
    {
      answer: async ({ request: { id, request } }) => ({ kind: 'answer', id, answer: await desk.answer(id, request) }),
    },
  )
  const lun = { name: 'sda', device: '/dev/sda', wwid: naa('1'), transport: 'iscsi' as const }
  const { blockDevices, fileSystems } = report({
    blockDevices: [{ ...lun, target: { kind: 'iscsi', target: 'iqn.2026-01.com.example:t', lun: 1 } }],
    fileSystems: [{ on: 'sda', uuid: UUID, type: 'ext4' }],
  })
  await until('its host', () => site.manager.pool.hosts().find(({ inventory, connection }) => inventory && connection))
  agent.change({ blockDevices, fileSystems })
  const key = `fs:${UUID}`
  const path = `/things/${encodeURIComponent(key)}`
  const shown = async () => {
    const answer = await ask(site.manager, CONTRACT.things.show, { key })
    return answer.kind === 'done' ? answer.value : undefined
  }
  const detail = await until('what it found', async () => {
    const thing = await shown()
    return thing?.scanned && thing
  })
  t.like(detail, { sizeBytes: 4096 * 1000, freeBytes: 4096 * 250, images: [{ path: 'vm/web.qcow2', format: 'qcow2' }] })
  t.like(detail.scanned, { host: 'node01', leftOut: [] })
  t.regex((await site.as('viewer')('GET', '/matrix')).text, /"freeBytes":1024000/)

  t.is((await site.as('viewer')('POST', `${path}/scan`, {})).status, 403)
  const first = detail.scanned?.at ?? 0
  t.is((await site.as('operator')('POST', `${path}/scan`, {})).status, 202)
  await until('another look', async () => ((await shown())?.scanned?.at ?? 0) > first)
  t.is((await site.as('operator')('POST', `/things/${encodeURIComponent('fs:none')}/scan`, {})).status, 404)
  const refused = await site.as('operator')('POST', `/things/${encodeURIComponent(`lun:${naa('1')}`)}/scan`, {})
  t.is(refused.status, 409)
  t.regex(refused.text, /is not looked at: NFS, and ext2/)
  machine.host.faults.order('mount', { kind: 'fails' })
  await site.as('operator')('POST', `${path}/scan`, {})
  const failed = await until('the failure', async () => (await shown())?.notScanned)
  t.regex(failed.reason, /it cannot be mounted: mount ended with exit code 1: it is broken/)
  const alarmed = async () => (await site.manager.pool.alarms()).find(({ kind }) => kind === 'scan-failed')
  t.is((await until('its alarm', alarmed)).key, `scan-failed ${key}`)
  machine.host.faults.clear('mount')
  await site.as('operator')('POST', `${path}/scan`, {})
  await until('its end', async () => (await alarmed()) === undefined)
  t.deepEqual(await site.manager.store.db.selectFrom('scans').select('key').execute(), [{ key }])
  agent.change({ guests: [] }, [{ section: 'guests', source: 'xl list -v', reason: 'stopped after 20 s' }])
  await until('that its guests are not known', async () => (await shown())?.unread)
  const waits = await site.as('operator')('POST', `${path}/scan`, {})
  t.is(waits.status, 202)
  t.like(JSON.parse(waits.text), { unread: [{ name: 'node01', reason: 'guests (xl list -v: stopped after 20 s)' }] })
})
