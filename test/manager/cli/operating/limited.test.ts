// The command line of who is limited to groups, and of who limits them.
import test from 'ava'
import { run } from '../operator.ts'
import { start } from './start.ts'

test('of several hosts one that is not of the groups keeps all from being done, by its name; one alone the manager refuses', async (t) => {
  const { hostless, pool, manager } = await start(t)
  pool.limit = ['rack3']
  const both = await hostless('host cordon node03,node04,node05')
  t.is(both.code, 1)
  t.is(both.err, 'error: node04, node05: outside your groups, you may act on rack3 alone; nothing was done\n')
  t.false(manager.asked.some(({ id }) => id === 'hosts.cordon'))
  t.is(pool.hosts[2]?.service, 'in')
  const one = await hostless('host cordon node04')
  t.is(one.code, 1)
  t.regex(one.out.replace(/\s+/g, ' '), /node04 refused this acts on host node04 \(rack4.*you may act on rack3 alone/)
  t.is((await hostless('host cordon @rack3')).code, 0)
  for (const line of [
    'host group node03,node04 +hot',
    'host image node03,node04 dom0',
    'host boot node03,node04 --once memtest',
    'host evacuate node03 node04',
    'storage vg remove data --on node03 node04 --yes',
  ]) {
    const { code, err } = await hostless(line)
    t.is(code, 1, line)
    t.regex(err, /node04: outside your groups/, line)
  }
  t.is((await hostless('host list')).code, 0)
  t.regex((await hostless('vm-network create lan --bridge xenbr0')).out, /this acts on the whole pool/)
})

test('who has no limit does it to all of them', async (t) => {
  const { hostless, manager } = await start(t)
  t.is((await hostless('host cordon node03,node04')).code, 0)
  t.is(manager.asked.filter(({ id }) => id === 'access.whoami').length, 1, 'once, of several')
})

test('a user of an issuer is listed with where they come in from, in 80 columns, too', async (t) => {
  const { hostless, setting, pool } = await start(t)
  const issuer = 'https://login.example/realms/company'
  pool.users.push({ name: 'hopper', role: 'operator', groups: ['rack3', 'rack4'], issuer, created: 1_700_000_000_000 })
  const { out } = await run({ ...setting, columns: 80 }, 'user', 'list')
  t.regex(out, /hopper +operator +rack3, rack4 +login\.example/)
  t.regex(out, /ada +admin +the whole pool +local/)
  t.true(out.split('\n').every((line) => line.length <= 80))
  t.regex((await hostless('user show hopper')).out, /From +https:\/\/login\.example\/realms\/company/)
  t.log(out)
})

test('users are limited to groups, and listed with them', async (t) => {
  const { hostless, setting, manager, pool } = await start(t)
  const stdin = 'a long enough password'
  const added = await run({ ...setting, stdin }, 'user', 'add', 'alan', '--role', 'operator', '--groups', '@rack3,lab', 'rack3')
  t.is(added.code, 0)
  t.deepEqual(manager.asked.at(-1)?.input, { name: 'alan', role: 'operator', password: stdin, groups: ['rack3', 'lab'] })
  t.regex(added.out, /added as operator, acts on rack3, lab alone/)
  t.is((await hostless('user set grace')).code, 2)
  t.is((await hostless('user set grace --groups a --all-groups')).code, 2)
  t.regex((await hostless('user set grace --role operator --groups rack3 rack4')).out, /operator, acts on rack3, rack4/)
  t.deepEqual(pool.users.find(({ name }) => name === 'grace')?.groups, ['rack3', 'rack4'])
  t.regex((await hostless('user list')).out, /grace +operator +rack3, rack4/)
  t.regex((await hostless('user list')).out, /ada +admin +the whole pool/)
  t.regex((await hostless('user show grace')).out, /Acts on +rack3, rack4/)
  t.is((await hostless('user show nobody')).code, 4)
  t.is((await hostless('user set grace --all-groups')).code, 0)
  t.deepEqual(manager.asked.at(-1)?.input, { name: 'grace', groups: null })
  t.is(pool.users.find(({ name }) => name === 'grace')?.groups, undefined)
  t.is((await hostless('token issue ci --groups lab')).code, 0)
  t.deepEqual(manager.asked.at(-1)?.input, { label: 'ci', groups: ['lab'], days: 90 })
})
