import test, { type ExecutionContext } from 'ava'
import { startFakeManager } from './fake-manager.ts'
import { run, settingFor } from './operator.ts'
import { poolData } from './pool-data.ts'

async function start(t: ExecutionContext) {
  const setting = await settingFor(t, await startFakeManager(t, poolData()))
  return (line: string) => run(setting, ...line.split(' '))
}

test('manager rebuild says what is made, what hosts disagree about, what nothing tells; and ends with 3 while a host is not read', async (t) => {
  const hostless = await start(t)
  const looked = await hostless('manager rebuild --dry-run')
  t.is(looked.code, 3)
  for (const said of [
    /Guests to be made/,
    /web1 +node01 +on/,
    /blue|lan/,
    /web1 runs as web0/,
    /users, tokens and roles/,
    /hostless host approve node02/,
  ])
    t.regex(looked.out, said)
  t.is(looked.err, 'error: 1 host not read: nothing is made until then\n')
  t.regex((await hostless('manager rebuild')).out, /Guests made/)
  const told = JSON.parse((await hostless('manager rebuild --dry-run --output json')).out)
  t.like(told.guests[0], { name: 'web1', by: 'record', power: 'on' })
})

test('its help says when it is for, and --take-over that the newer manager is gone', async (t) => {
  const { out } = await (await start(t))('manager rebuild --help')
  t.regex(out, /after the database was lost/)
  t.regex(out, /--dry-run/)
  t.regex(out, /--take-over[\s\S]*newer[\s\S]*manager/)
})
