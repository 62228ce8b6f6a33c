// What could not be read is not empty: lists and totals of the CLI say it.
import test, { type ExecutionContext } from 'ava'
import { startFakeManager } from './fake-manager.ts'
import { run, settingFor } from './operator.ts'
import { idOf, type PoolData, poolData } from './pool-data.ts'

async function start(t: ExecutionContext, changed: (pool: PoolData) => void) {
  const pool = poolData()
  changed(pool)
  const manager = await startFakeManager(t, pool)
  const setting = await settingFor(t, manager)
  return (line: string) => run(setting, ...line.split(' '))
}

const HUNG = { section: 'guests', source: 'xl list -v', reason: 'stopped after 20 s' }

test('a total of guests is what there is at least, where a host’s guests were not read', async (t) => {
  const hostless = await start(t, ({ hosts }) => {
    const { guests: _, ...unread } = hosts[4] ?? t.fail('no host')
    hosts[4] = { ...unread, unread: [HUNG] }
  })
  t.regex((await hostless('vmlist')).out, /\nat least 3 guests +2 hosts, 1 not read /)
  t.regex((await hostless('vmlist node01/*')).out, /\n2 guests +1 host +2 running/)
})

test('that no guest is known is not that none runs', async (t) => {
  const hostless = await start(t, ({ hosts, guests }) => {
    guests.splice(0)
    const { guests: _, ...unread } = hosts[0] ?? t.fail('no host')
    hosts[0] = { ...unread, unread: [HUNG] }
  })
  t.regex((await hostless('vmlist')).out, /^No guest is known; what runs on 1 host could not be read/)
})

test('how many hosts reach a thing is at least, and the matrix marks a cell, where it could not be read', async (t) => {
  const hostless = await start(t, ({ matrix }) => {
    const [row] = matrix.rows
    if (!row) return
    row.unsure = 1
    row.cells[4] = { reached: false, why: 'not known: lsblk: stopped after 20 s', unread: true }
  })
  t.regex((await hostless('storage list @lun')).out, / at least 4 /)
  t.like(JSON.parse((await hostless('storage list @lun --output json')).out), [{ hosts: 'at least 4' }])
  const { out } = await hostless('storage matrix node01 node05')
  t.regex(out, /\nnode05 +up +\? /)
  t.regex(out, /\nL1 +LUN \S+ +at least 1 of 2 /)
})

test('storage of hosts’ own says which sections of which hosts there may be more in', async (t) => {
  const vgs = { section: 'vgs', source: 'vgs --reportformat json', reason: 'stopped after 20 s' }
  const hostless = await start(t, ({ localStorage }) => {
    for (const host of localStorage) host.unread = [vgs]
  })
  t.regex((await hostless('storage local')).out, /could not be read[\s\S]*node01 +vgs +vgs --reportformat json +stopped after 20 s/)
})

test('who asks for a scan hears that nobody looks, and what was not read', async (t) => {
  const hostless = await start(t, (pool) => {
    const [row] = pool.matrix.rows
    if (!row) return
    const unread = [{ host: idOf(2), name: 'node02', reason: 'guests (xl list -v: stopped after 20 s)' }]
    pool.raw[`POST /things/${encodeURIComponent(row.key)}/scan`] = { ...row, cells: [], unread }
  })
  const said = /no host looks yet: who has it is not known: node02: guests \(xl list -v: stopped after 20 s\)/
  t.regex((await hostless('storage scan @lun')).out, said)
})
