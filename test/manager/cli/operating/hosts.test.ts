import test from 'ava'
import { parse } from 'yaml'
import { run } from '../operator.ts'
import { hostOf, idOf } from '../pool-data.ts'
import { start } from './start.ts'

test('host list shows the hosts that a selector means, in any form', async (t) => {
  const { hostless } = await start(t)
  const names = async (line: string) => JSON.parse((await hostless(`${line} --output json`)).out).map(({ host }: { host: string }) => host)
  t.deepEqual(await names('host list @rack3,-node02'), ['node01', 'node03'])
  t.deepEqual(await names('host list node06 node0[1-2]'), ['node01', 'node02', 'node06'])
  const { out } = await hostless('host list node01 --output yaml')
  t.like(parse(out)[0], { host: 'node01', groups: ['rack3', 'ssd'], since: '2026-11-25T12:00:00.000Z', id: idOf(1) })
  t.regex((await hostless('host list node01 --output csv')).out, /^host,state,.*\r\nnode01,up,2026-11-25T12:00:00.000Z,"rack3 ssd",2,0,/)
  t.regex((await hostless('host list node01 --output xml')).out, /<hosts>\n {2}<host>\n {4}<host>node01<\/host>/)
})

test('what nothing is called so ends with exit code 4 and the nearest match, bad selectors with 2, names missing from a range with 3', async (t) => {
  const { hostless } = await start(t)
  t.deepEqual(await hostless('host list nod03'), {
    code: 4,
    out: '',
    err: 'error: no host is called nod03; did you mean node03? (at character 1)\n',
  })
  t.is((await hostless('host list @rakc3')).code, 4)
  t.is((await hostless('host list node[')).code, 2)
  t.is((await hostless('host lits')).code, 2)
  const some = await hostless('host list node0[6-8]')
  t.is(some.code, 3)
  t.regex(some.out, /node06/)
  t.is(some.err, 'error: there is no node08\n')
})

test('approve says a line for each host, and tells all from some from none by its exit code', async (t) => {
  const { hostless, pool } = await start(t)
  pool.hosts.push(hostOf(8, { state: 'pending' }))
  const some = await hostless('host approve node0[6-9] --output json')
  t.is(some.code, 3)
  t.deepEqual(JSON.parse(some.out), [
    { name: 'node06', result: 'refused', detail: 'node06 is lost: only pending hosts are approved' },
    { name: 'node07', result: 'done', detail: 'approved' },
    { name: 'node08', result: 'done', detail: 'approved' },
    { name: 'node09', result: 'missing', detail: 'no host is called so' },
  ])
  t.is((await hostless('host approve node06')).code, 1)
  t.is((await hostless('host approve node06 node01')).code, 1)
  t.is((await hostless('host approve @rack3,-@ssd')).code, 4)
})

test('cordon says why; host list has a column for it while a host is cordoned, and fits 80 columns', async (t) => {
  const { hostless, setting } = await start(t)
  t.notRegex((await hostless('host list')).out, /CORDONED/)
  const done = await run(setting, 'host', 'cordon', 'node01', '--reason', 'PDU 2 is changed on Friday')
  t.regex(done.out, /node01 +done +up, cordoned: PDU 2 is changed on Friday/)
  const { out } = await run({ ...setting, columns: 80 }, 'host', 'list')
  t.regex(out, /CORDONED/)
  t.regex(out, /node01 .*PDU 2 is/)
  t.deepEqual(
    out.split('\n').filter((line) => line.length > 80),
    [],
  )
  t.regex((await hostless('host show node01')).out, /Cordoned +PDU 2 is changed on Friday\n/)
  t.like(JSON.parse((await hostless('host list node01 --output json')).out)[0], { cordon: 'PDU 2 is changed on Friday', state: 'up' })
  t.regex((await hostless('host uncordon node01')).out, /node01 +done +up\n/)
})

test('host show says the word for a host and the four things beside it: of one that is lost in maintenance both', async (t) => {
  const { hostless, pool } = await start(t)
  const lost = { ...hostOf(9, { state: 'lost' }), service: 'maintenance' as const }
  pool.hosts.push(lost, { ...hostOf(8, { state: 'fenced' }), proof: 'its plug is in my hand' })
  const { out } = await hostless('host show node09')
  for (const line of [/State +lost\n/, /Trust +approved\n/, /Presence +lost\n/, /Service +maintenance\n/, /Power +unknown\n/])
    t.regex(out, line)
  t.regex((await hostless('host show node08')).out, /Power +fenced\nFenced, as +its plug is in my hand\n/)
  t.like(JSON.parse((await hostless('host list node09 --output json')).out)[0], { state: 'lost', presence: 'lost', service: 'maintenance' })
  t.regex((await hostless('host cordon node09')).out, /node09 +done +lost, in maintenance, cordoned: no reason given/)
})

test('approve shows who it lets in and names that; who takes the place of another is asked about', async (t) => {
  const { hostless, manager, pool, setting } = await start(t)
  const macs = [{ mac: '52:54:00:77:00:08', boot: true }]
  const change = { at: 0, differs: ['serial'], was: { serial: 'OLD1', macs }, is: { serial: 'NEW1', macs } }
  pool.hosts.push(hostOf(8, { state: 'pending', seen: 'aaaa' }), hostOf(9, { state: 'pending', seen: 'bbbb', change }))
  const named = () => manager.asked.filter(({ id }) => id === 'hosts.approve').map(({ input }) => input)
  const plain = await hostless('host approve node08')
  t.is(plain.code, 0)
  t.regex(plain.err, /^node08: .*booted from /)
  t.deepEqual(named(), [{ ref: idOf(8), seen: 'aaaa' }])
  const silent = await hostless('host approve node09')
  t.is(silent.code, 2)
  t.regex(silent.err, /node09: now .*serial number NEW1.*; known was .*serial number OLD1/)
  t.is((await run({ ...setting, answers: ['no'] }, 'host', 'approve', 'node09')).code, 1)
  t.is(named().length, 1)
  t.is((await hostless('host approve node0[8-9] --seen bbbb')).code, 2)
  t.is((await hostless('host approve node09 --seen cccc')).code, 0)
  t.deepEqual(named().at(-1), { ref: idOf(9), seen: 'cccc' })
})

test('group adds and removes, whatever letter a group begins with', async (t) => {
  const { hostless, manager, pool } = await start(t)
  t.is((await hostless('host group node0[1-2] +hot -ssd -V1 -h2 --output json')).code, 0)
  t.deepEqual(pool.hosts[0]?.groups, ['rack3', 'hot'])
  t.is((await hostless('host group node01 -hot')).code, 0)
  t.deepEqual(pool.hosts[0]?.groups, ['rack3'])
  for (const wrong of ['hot', '--hot', '+', '+a -a', '-']) t.is((await hostless(`host group node01 ${wrong}`)).code, 2, wrong)
  t.is(manager.asked.filter(({ id }) => id === 'hosts.change').length, 3)
})

test('reject and fence ask first; without a terminal they want --yes', async (t) => {
  const { hostless, setting, pool } = await start(t)
  t.is((await hostless('host reject node07')).code, 2)
  t.is(pool.hosts[6]?.state, 'pending')
  const refused = await run({ ...setting, answers: ['no'] }, 'host', 'reject', 'node07')
  t.is(refused.code, 1)
  t.regex(refused.err, /Shut out node07\? \[yes\/no\] /)
  t.is(pool.hosts[6]?.state, 'pending')
  t.is((await run({ ...setting, answers: ['yes'] }, 'host', 'reject', 'node07')).code, 0)
  t.is(pool.hosts[6]?.state, 'rejected')
  const without = await hostless('host fence node06 --yes')
  t.is(without.code, 2)
  t.regex(without.err, /what shows that they can run nothing now\? Say it with --proof TEXT/)
  t.is(pool.hosts[5]?.state, 'lost')
  t.is((await run(setting, 'host', 'fence', 'node06', '--yes', '--proof', 'power cut')).code, 0)
})

test('note, rename, history and boots', async (t) => {
  const { hostless, setting, pool } = await start(t)
  t.is((await run(setting, 'host', 'note', 'node01', 'DIMM 4 is on order')).code, 0)
  t.is(pool.hosts[0]?.notes, 'DIMM 4 is on order')
  t.is((await hostless('host rename node01 db01')).code, 0)
  t.is(pool.hosts[0]?.name, 'db01')
  t.is((await hostless('host rename node0* db02')).code, 2)
  const history = JSON.parse((await hostless('host history db01 node02 --limit 1 --output json')).out)
  t.deepEqual(
    history.map(({ host, what }: { host: string; what: string }) => [host, what]),
    [
      ['db01', 'approved'],
      ['node02', 'approved'],
    ],
  )
  t.regex((await hostless('host boots db01')).out, /stuck .*two offers, no REQUEST/)
})

test('host show: for a person what there is of each, for a program one shape for one host and for many', async (t) => {
  const { hostless } = await start(t)
  const { out } = await hostless('host show node01 node06')
  t.regex(out, /^Host +node01\n[\s\S]*NICs\n[\s\S]*eth0[\s\S]*Disks\n[\s\S]*nvme0n1[\s\S]*\n\nHost +node06\n[\s\S]*Alarms\n/)
  for (const line of ['host show node01', 'host show *']) {
    const json = JSON.parse((await hostless(`${line} --output json`)).out)
    t.deepEqual(Object.keys(json), ['hosts', 'nics', 'disks', 'vgs', 'guests', 'alarms', 'problems'])
    t.like(json.disks[0], { host: 'node01', name: 'nvme0n1', size: 2e12 })
  }
})

test('host find sends keys and an id for what was named, and says why the others do not fit', async (t) => {
  const { hostless, manager } = await start(t)
  const { out, code } = await hostless('host find --network vlan:100 --storage vg:data --storage @lun --memory 4G --from node01')
  t.is(code, 0)
  t.regex(out, /node01 +yes\nnode02 +yes\nnode05 +no +VG data: it does not reach the LUN below it; it has 2 GiB free of 4/)
  t.deepEqual(manager.asked.at(-1)?.input, {
    networks: ['vlan:100'],
    storage: ['vg:aBcDeF-0123-4567-89aB-cDeF-0123-456789', 'lun:naa.6001405a1b2c3d4e5f60718293a4b5c6'],
    memoryBytes: 4 * 2 ** 30,
    type: 'pvh',
    from: idOf(1),
  })
  t.regex((await hostless('host find --network vlan:101')).err, /no network is called vlan:101; did you mean vlan:100\?/)
  t.is((await hostless('host find --memory lots')).code, 2)
})

test('host boot --once says what hosts boot next, host show whose order that is, none takes it back, and each refusal has its reason', async (t) => {
  const { hostless, pool, manager, setting } = await start(t)
  const done = await hostless('host boot node01 node02 --once memtest')
  t.is(done.code, 0)
  t.regex(done.out, /node01 +done +memtest86\+ at its next boot, once\n/)
  t.deepEqual(manager.asked.at(-1)?.input, { ref: idOf(2), what: 'memtest' })
  const { out } = await run({ ...setting, columns: 80 }, 'host', 'show', 'node01')
  t.regex(out, /Boots once +memtest86\+\nOrdered by +user ada, 2023-11-14T22:13:20.000Z\nHolds until +2023-11-15/)
  t.regex((await hostless('host boot node01 --once none')).out, /node01 +done +the pool at its next boot/)
  t.notRegex((await hostless('host show node01')).out, /Boots once/)
  t.is((await hostless('host boot node01')).code, 2)
  t.is((await hostless('host boot node01 --once disk')).code, 2)
  pool.hosts.push(hostOf(8, { state: 'rejected' }))
  const refused = await hostless('host boot node08 --once local')
  t.is(refused.code, 1)
  t.regex(refused.out, /node08 +refused +an admin has rejected node08/)
})

test('a boot of something else stands in the list of boots as what it is, and is no failure', async (t) => {
  const { hostless, pool } = await start(t)
  const [boot] = pool.boots
  if (!boot) return t.fail()
  pool.boots.splice(0, pool.boots.length, { ...boot, outcome: 'once', once: 'local' })
  t.regex((await hostless('host boots node01')).out, /local disk, once/)
  t.regex((await hostless('boots')).out, /local disk, once/)
})
