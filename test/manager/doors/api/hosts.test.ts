// The API over a running manager with agents: what operators do all day.
import test, { type ExecutionContext } from 'ava'
import { z } from 'zod'
import { machineClock } from '../../../../images/agent/exec.ts'
import { startAgent } from '../../../../images/agent/main.ts'
import { type Machine, makeMachine, simulatedHost } from '../../../../images/agent/simulator.ts'
import { OPERATIONS } from '../../../../manager/contract/contract.ts'
import { type Host, host as hostSchema } from '../../../../manager/contract/hosts.ts'
import { statusOf } from '../../../../manager/doors/openapi.ts'
import { collectingLog } from '../../../appliance/wire/collecting-log.ts'
import { macOf, pushBoot, startTestAgent, until, uuidOf } from '../../site.ts'
import { type ApiSite, type Asked, startApiSite } from './asking.ts'

/** What came is what the description says. */
function answerOf(t: ExecutionContext, template: string, { status, text }: Asked): Record<string, unknown> {
  const operation = OPERATIONS.find((named) => named.operation.http === template)?.operation
  if (!operation) throw new Error(`the contract has no ${template}`)
  t.is(status, statusOf(operation), `${template}: ${text.slice(0, 300)}`)
  const read = operation.output.safeParse(JSON.parse(text))
  t.true(read.success, `${template}: ${read.error?.message}`)
  return z.record(z.string(), z.unknown()).parse(JSON.parse(text))
}

async function simulate(t: ExecutionContext, site: ApiSite, machines: readonly Machine[]): Promise<void> {
  for (const [index, machine] of machines.entries()) {
    const agent = await startAgent({
      host: simulatedHost(machine, machineClock),
      agent: '0.1.0',
      sampleSeconds: 0.2,
      boot: await pushBoot(site, macOf(index + 1)),
      findManager: async () => site.address,
      log: collectingLog().log,
    })
    t.teardown(() => agent.close())
  }
}

const hostsOf = (asked: Asked): readonly Host[] => z.object({ hosts: z.array(hostSchema) }).parse(JSON.parse(asked.text)).hosts
const detailOf = ({ text }: Asked): string => JSON.parse(text).detail

test('two machines are let in, renamed, grouped, compared and asked for a place, and their history says by whom', async (t) => {
  t.timeout(90_000)
  const site = await startApiSite(t)
  const [viewer, operator, admin] = [site.as('viewer'), site.as('operator'), site.as('admin')]
  await simulate(t, site, [makeMachine('api', 0), makeMachine('api', 1)])
  const waiting = await until('two pending hosts with inventories', async () => {
    const found = hostsOf(await viewer('GET', '/hosts')).filter(({ state, hardware, load }) => state === 'pending' && hardware && load)
    return found.length === 2 && found
  })
  const [one, two] = ['node01', 'host-525400770002'].map((name) => waiting.find((host) => host.name === name))
  if (!one || !two) return t.fail()
  t.is(one.cpuGroup, undefined, 'a pending host runs no guests')

  t.is((await viewer('POST', `/hosts/${one.id}/approve`)).status, 403)
  t.like(answerOf(t, 'POST /hosts/:ref/approve', await operator('POST', '/hosts/node01/approve')), { id: one.id, state: 'up', cpuGroup: 1 })
  t.like(answerOf(t, 'POST /hosts/:ref/approve', await operator('POST', `/hosts/${two.id}/approve`, {})), { id: two.id, state: 'up' })
  const renamed = await operator('PATCH', `/hosts/${two.id}`, { name: 'node02', groups: ['rack1', 'blue'], notes: 'a note\nof two lines' })
  t.like(answerOf(t, 'PATCH /hosts/:ref', renamed), { name: 'node02', groups: ['blue', 'rack1'], notes: 'a note\nof two lines' })

  t.like(answerOf(t, 'GET /hosts', await viewer('GET', '/hosts?limit=1')), { hosts: [{ name: 'node01' }], next: 'node01' })
  const last = answerOf(t, 'GET /hosts', await viewer('GET', '/hosts?limit=1&after=node01'))
  t.like(last, { hosts: [{ name: 'node02' }] })
  t.false('next' in last)
  for (const bad of ['limit=0', 'limit=501', 'after=No%20Name', 'page=2']) t.is((await viewer('GET', `/hosts?${bad}`)).status, 400, bad)

  const taken = await operator('PATCH', '/hosts/node02', { groups: [], name: 'node01' })
  t.is(taken.status, 409)
  t.is(detailOf(taken), 'another host is called node01')
  t.deepEqual(answerOf(t, 'GET /hosts/:ref', await viewer('GET', '/hosts/node02')).groups, ['blue', 'rack1'], 'all of it or nothing')
  t.is((await operator('PATCH', '/hosts/nobody', { name: 'node03' })).status, 404)
  t.is(detailOf(await operator('POST', '/hosts/node02/release')), 'node02 is not fenced')
  t.regex(detailOf(await admin('POST', '/hosts/node02/fence')), /^proof: what shows that the host cannot run anything now\?/)
  t.regex(detailOf(await admin('POST', '/hosts/node02/fence', { proof: 'somebody said so' })), /its agent is connected/)
  const guests = z
    .array(z.object({ hostName: z.string(), load: z.unknown() }))
    .parse(answerOf(t, 'GET /guests', await viewer('GET', '/guests')).guests)
  t.true(guests.length > 0 && guests.every(({ hostName, load }) => hostName.startsWith('node0') && load))
  const runs = guests.filter(({ hostName }) => hostName === 'node02').length
  t.like(answerOf(t, 'GET /hosts/:ref', await viewer('GET', '/hosts/node02')), { guests: runs })
  t.regex(detailOf(await operator('POST', '/hosts/node02/maintain')), /guests? runs? on node02: evacuate it first/)

  const history = answerOf(t, 'GET /hosts/:ref/history', await viewer('GET', '/hosts/node02/history?limit=4')).entries
  t.deepEqual(
    z
      .array(z.object({ who: z.string(), what: z.string() }))
      .parse(history)
      .map(({ who, what }) => `${who}: ${what}`),
    [
      'user operator: notes changed',
      'user operator: groups: blue rack1 (before: none)',
      `user operator: renamed from ${two.name} to node02`,
      'user operator: up (pending before): approved',
    ],
  )
  const cordoned = answerOf(t, 'POST /hosts/:ref/cordon', await operator('POST', '/hosts/node02/cordon', { reason: 'PDU 2' }))
  t.like(cordoned, { state: 'up', cordon: { reason: 'PDU 2', who: 'user operator' } })
  const where = await viewer('POST', '/placement', {})
  t.regex(JSON.stringify(answerOf(t, 'POST /placement', where).refused), /node02 is cordoned: PDU 2/)
  t.is(answerOf(t, 'POST /hosts/:ref/uncordon', await operator('POST', '/hosts/node02/uncordon')).cordon, undefined)
  t.is((await operator('POST', '/hosts/node02/cordon', { reason: 'a\nb' })).status, 400)
  answerOf(t, 'GET /hosts/:ref/inventory', await viewer('GET', '/hosts/node01/inventory'))
  t.deepEqual(answerOf(t, 'GET /hosts/:ref/boots', await viewer('GET', '/hosts/node01/boots')).boots, [])

  const matrix = answerOf(t, 'GET /matrix', await viewer('GET', '/matrix'))
  t.like(matrix, { hosts: [{ name: 'node01' }, { name: 'node02' }] })
  const things = z
    .array(z.object({ key: z.string(), kind: z.string(), hosts: z.number() }))
    .parse(answerOf(t, 'GET /things', await viewer('GET', '/things')).things)
  const shared = things.find(({ kind, hosts }) => kind === 'lun' && hosts === 2)
  const vlan = things.find(({ kind }) => kind === 'vlan')
  if (!shared || !vlan) return t.fail('the simulated hosts share nothing')
  const detail = answerOf(t, 'GET /things/:key', await viewer('GET', `/things/${encodeURIComponent(shared.key)}`))
  t.like(detail, {
    key: shared.key,
    cells: [
      { name: 'node01', reached: true },
      { name: 'node02', reached: true },
    ],
  })
  t.is((await viewer('GET', '/things/lun%3Anaa.0')).status, 404)
  answerOf(t, 'GET /local-storage', await viewer('GET', '/local-storage'))

  const place = answerOf(
    t,
    'POST /placement',
    await viewer('POST', '/placement', { storage: [shared.key], networks: [vlan.key, 'vlan:4000'] }),
  )
  t.like(place, {
    fits: [],
    refused: [{ name: 'node01', reasons: ['node01 does not reach vlan:4000: no host sees vlan:4000'] }, { name: 'node02' }],
  })
  const live = answerOf(t, 'POST /placement', await viewer('POST', '/placement', { storage: [shared.key], from: one.id }))
  const against = [{ reasons: ['node01 is where it runs'] }, { reasons: ['NX/XD is off in the BIOS of node02'] }]
  t.like(live, { fits: [], refused: against })

  const cpu = answerOf(t, 'GET /cpu', await viewer('GET', '/cpu'))
  const group = (number: number, name: string) => ({ number, vendor: 'AuthenticAMD', hosts: [{ name }] })
  t.like(cpu, { groups: [group(1, 'node01'), group(2, 'node02')], unknown: [], levels: [{ hosts: ['node01', 'node02'] }] })
  const explain = async (query: string) => answerOf(t, 'GET /cpu/explain', await viewer('GET', `/cpu/explain?${query}`))
  t.like(await explain(`from=node02&to=${one.id}`), {
    from: 'node02',
    to: 'node01',
    type: 'pvh',
    compatible: true,
    reasons: [],
    missing: [],
  })
  const lacking = { compatible: false, reasons: ['NX/XD is off in the BIOS of node02'], missing: [{ name: 'nx', word: 'e1d', bit: 20 }] }
  t.like(await explain('from=node01&to=node02'), lacking)
  t.regex(JSON.stringify((await explain('from=node01&to=node02&type=pv')).reasons), /without shadow paging/)
  t.is((await viewer('GET', '/cpu/explain?from=node01')).status, 400)
  t.is((await viewer('GET', '/cpu/explain?from=node01&to=nobody')).status, 404)

  const out = answerOf(t, 'POST /hosts/:ref/reject', await admin('POST', '/hosts/node02/reject'))
  t.like(out, { state: 'rejected' })
  t.like(answerOf(t, 'GET /matrix', await viewer('GET', '/matrix')), { hosts: [{ name: 'node01' }] })
  t.regex(detailOf(await viewer('GET', '/cpu/explain?from=node01&to=node02')), /the CPU of node02 is not known/)
  const metrics = await viewer('GET', '/metrics')
  t.regex(metrics.text, /^hostless_hosts\{state="up"\} 1$/m)
  t.regex(metrics.text, /^hostless_hosts\{state="rejected"\} 1$/m)
  t.regex(metrics.text, /^hostless_samples_total [1-9]/m)
  t.regex(metrics.text, /^hostless_agent_message_bytes_total [1-9]\d{3}/m)
  t.regex(metrics.text, /^hostless_api_request_seconds_count\{method="PATCH",route="\/hosts\/:ref",status="200"\} 1$/m)
})

test('pollers that show the tag of the newest list are told that nothing has changed, until something has', async (t) => {
  const site = await startApiSite(t)
  for (const path of ['/hosts', '/matrix']) {
    let etag = ''
    const poll = () => site.ask('GET', path, { token: site.tokens.viewer, headers: { 'if-none-match': `"other", ${etag}` } })
    // The host of the list before may still have something to tell.
    const unchanged = await until('a poll of what has not changed', async () => {
      etag = String((await site.as('viewer')('GET', path)).headers.etag)
      const polled = await poll()
      return polled.status === 304 && polled
    })
    t.is(unchanged.text, '')
    t.regex(etag, /^W\/"\d+-\d+"$/)
    startTestAgent(t, async () => site.address, await pushBoot(site, macOf(path.length)), { macs: [macOf(path.length)] })
    await until('the list with another host', async () => (await poll()).status === 200)
  }
  t.is((await site.ask('GET', '/hosts', { headers: { 'if-none-match': '*' } })).status, 401)
})

test('an alarm is listed, counted at its host, and cleared once', async (t) => {
  const site = await startApiSite(t, { enrol: 'auto' })
  startTestAgent(t, async () => site.address, await pushBoot(site, macOf(1)), { systemUuid: uuidOf(1), macs: [macOf(1)] })
  const host = await until('a host', async () => hostsOf(await site.as('viewer')('GET', '/hosts'))[0])
  t.is(host.alarms, 0)
  await site.manager.pool.alarm({ kind: 'agent-refused', about: `host ${host.id}`, host: host.id, text: 'the agent was cut off' })
  const alarmed = await until('a host with an alarm', async () => {
    const [found] = hostsOf(await site.as('viewer')('GET', '/hosts'))
    return found?.alarms === 1 && found
  })
  t.is(alarmed.id, host.id)
  const { alarms } = answerOf(t, 'GET /alarms', await site.as('viewer')('GET', '/alarms'))
  const [{ key, hostName }] = z.tuple([z.object({ key: z.string(), hostName: z.string() })]).parse(alarms)
  t.is(hostName, 'node01')
  t.is((await site.as('operator')('DELETE', `/alarms/${encodeURIComponent(key)}`)).status, 204)
  t.is((await site.as('operator')('DELETE', `/alarms/${encodeURIComponent(key)}`)).status, 404)
  t.is((await site.manager.pool.alarms()).length, 0)
})

test('what a hostile agent calls its things comes out as JSON, whole and escaped', async (t) => {
  const site = await startApiSite(t, { enrol: 'auto' })
  const hostile = '</script>"\\<b>&\u00e9\u4e2d\'--;'
  const agent = startTestAgent(t, async () => site.address, await pushBoot(site, macOf(1)), { macs: [macOf(1)] })
  await until('its first report', () => site.manager.pool.hosts().find(({ inventory }) => inventory))
  const counts = {
    domid: 1,
    uuid: uuidOf(7),
    type: 'pvh',
    state: 'running',
    vcpus: 1,
    maxVcpus: 1,
    memoryBytes: 1,
    maxMemoryBytes: 1,
  } as const
  agent.change({ guests: [{ ...counts, name: hostile, disks: [], nics: [] }], dmi: { product: hostile, memoryModules: [] } })
  const guest = await until('the guest', async () => {
    const { guests } = JSON.parse((await site.as('viewer')('GET', '/guests')).text)
    return guests[0]
  })
  t.is(guest.name, hostile)
  const { headers, text } = await site.as('viewer')('GET', '/hosts')
  t.is(headers['content-type'], 'application/json')
  t.is(JSON.parse(text).hosts[0].hardware.product, hostile)
})

test('maintenance is not granted on a list of guests that could not be read; the refusal says what, with a code', async (t) => {
  const site = await startApiSite(t, { enrol: 'auto' })
  const agent = startTestAgent(t, async () => site.address, await pushBoot(site, macOf(1)), { macs: [macOf(1)] })
  await until('its first report', () => site.manager.pool.hosts().find(({ inventory }) => inventory))
  agent.change({ guests: [] }, [{ section: 'guests', source: 'xl list -v', reason: 'stopped after 20 s' }])
  const host = await until('an unknown number of guests', async () => {
    const [found] = hostsOf(await site.as('viewer')('GET', '/hosts'))
    return found?.unread && found
  })
  t.is(host.guests, undefined)
  const refused = await site.as('operator')('POST', '/hosts/node01/maintain')
  t.is(refused.status, 409)
  t.like(JSON.parse(refused.text), { code: 'unread' })
  t.regex(detailOf(refused), /whether guests run on node01 is not known: guests \(xl list -v: stopped after 20 s\)/)
  agent.change({ vgs: [] }, [{ section: 'vgs', source: 'vgs', reason: 'stopped after 20 s' }])
  await until('what it has for itself, with what is not known', async () => {
    const { text } = await site.as('viewer')('GET', '/local-storage')
    return JSON.parse(text).hosts[0]?.unread?.some(({ section }: { section: string }) => section === 'vgs')
  })
  agent.change({ guests: [] }, [])
  await until('that there are none', async () => hostsOf(await site.as('viewer')('GET', '/hosts'))[0]?.guests === 0)
  t.is((await site.as('operator')('POST', '/hosts/node01/maintain')).status, 200)
})
