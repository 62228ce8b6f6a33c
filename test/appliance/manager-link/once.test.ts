// An order from the command line to a host's console: appliance, manager and command line as processes, killed where it hurts.
import { X509Certificate } from 'node:crypto'
import { request } from 'node:http'
import test, { type ExecutionContext } from 'ava'
import { ONCE_TIME } from '../../../appliance/timeline/attempt.ts'
import type { ManagerAddress } from '../../../manager/protocol/appliance.ts'
import { homeFor } from '../../manager/cli/operator.ts'
import { startCli } from '../../manager/cli/started.ts'
import { enrolRaw, rawIdentity } from '../../manager/raw-agent.ts'
import { macOf, until } from '../../manager/site.ts'
import { newRack, type Rack } from './rack.ts'

const HOST = '127.0.2.1'
/** What takes processes of a busy machine, ms. */
const PATIENCE = 120_000

const whatOf = (text: string) => (/sanboot/.test(text) ? 'local' : /^shell/m.test(text) ? 'shell' : /hl\.boot=/.test(text) ? 'pool' : text)
const attemptIn = (text: string) => /attempt ([a-z2-7]{16})/.exec(text)?.[1] ?? ''

/** What the host gets now; waits for an appliance. */
const script = (rack: Rack): Promise<string> => until('a script', async () => (await rack.get(`/boot/${macOf(1)}`, HOST))?.text, PATIENCE)

/** The boot is over: with no DHCP of ours nothing else says so. */
function end(url: string, text: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = request(`${url}/report/${attemptIn(text)}`, { method: 'POST', localAddress: HOST, agent: false }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0))
    })
    asked.on('error', reject)
    asked.end('stage=up\nstatus=done\n')
  })
}

/** The command line of an admin, logged in. */
async function adminOf(t: ExecutionContext, rack: Rack, { port, authority }: ManagerAddress) {
  const home = await homeFor(t)
  const hostless = async (line: string, input = '') => {
    const cli = startCli(t, { HOME: home, XDG_CONFIG_HOME: `${home}/.config` }, ...line.split(' '))
    cli.type(input)
    cli.endInput()
    return { code: await cli.ended, out: cli.out(), err: cli.err() }
  }
  const password = 'a long enough password\n'
  t.is((await hostless(`user add ada --role admin --local --data-dir ${rack.dataDir}`, password)).code, 0)
  const { fingerprint256 } = new X509Certificate(authority)
  const login = await hostless(`login https://127.0.0.1:${port} --user ada --fingerprint ${fingerprint256}`, password)
  t.is(login.code, 0, login.err)
  return hostless
}

test.serial('an order is followed by one boot over kill -9 of appliance and manager, told late, and seen by who gave it', async (t) => {
  t.timeout(900_000)
  const rack = await newRack(t, `[{ name: node01, mac: ${macOf(1)} }]`)
  let [manager, appliance] = [await rack.start('manager'), await rack.start('appliance')]
  const boot = await rack.boot(macOf(1), HOST)
  const place = await rack.findManager(boot, HOST)
  await until('an enrolment', async () => (await enrolRaw(place, boot, [macOf(1)], rawIdentity(), HOST)).kind === 'enrolled', PATIENCE)
  const hostless = await adminOf(t, rack, place)
  const first = await script(rack)
  t.is(whatOf(first), 'pool')

  const ordered = await hostless('host boot node01 --once local')
  t.is(ordered.code, 0, ordered.err)
  t.regex(ordered.out, /node01 +done +local disk at its next boot, once/)
  t.regex((await hostless('host show node01')).out, /Boots once +local disk\nOrdered by +user ada, /)
  t.is(whatOf(await script(rack)), 'pool', 'this boot has begun')
  t.is(await end(rack.http, first), 204)
  const second = await until(
    'the boot that follows it',
    async () => {
      const text = await script(rack)
      if (whatOf(text) === 'local') return text
      await end(rack.http, text) // the plan was on its way
      return false
    },
    PATIENCE,
  )
  const served = Date.now()
  await Promise.all([manager.kill(), appliance.kill()])

  appliance = await rack.start('appliance')
  const same = await script(rack)
  if (Date.now() - served < ONCE_TIME) {
    t.is(whatOf(same), 'local', 'iPXE asks again')
    t.is(attemptIn(same), attemptIn(second))
  } else t.log('this machine is so busy that the appliance started too late for what iPXE asks again')
  t.is(await end(rack.http, same), 204)
  t.is(whatOf(await script(rack)), 'pool', 'and the next boot is of the pool, whatever the manager knows')

  manager = await rack.start('manager')
  await until(
    'that it is told',
    async () => {
      const { code, out } = await hostless('host show node01')
      return code === 0 && !/Boots once/.test(out)
    },
    PATIENCE,
  )
  t.regex(
    (await hostless('host history node01')).out.replaceAll(/\s+/g, ' '),
    /appliance boots local disk, once, now, as user ada has ordered/,
  )
  const listed = await until(
    'that the boot is told',
    async () => {
      const { out } = await hostless('host boots node01')
      return /local disk, once/.test(out) && out
    },
    PATIENCE,
  )
  t.notRegex(listed, /failed|stuck/)

  t.is((await hostless('host boot node01 --once shell')).code, 0)
  t.is((await hostless('host boot node01 --once none')).code, 0)
  t.regex((await hostless('audit')).out.replaceAll(/\s+/g, ' '), /order host node01 .*to boot local disk once/)
})
