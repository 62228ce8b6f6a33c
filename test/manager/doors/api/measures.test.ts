// What hosts and guests used, over the API of a whole manager with an agent, and over its restart.
import test, { type ExecutionContext } from 'ava'
import { machineClock } from '../../../../images/agent/exec.ts'
import { startAgent } from '../../../../images/agent/main.ts'
import { makeMachine, simulatedHost } from '../../../../images/agent/simulator.ts'
import { CONTRACT } from '../../../../manager/contract/contract.ts'
import type { Measures } from '../../../../manager/contract/measures.ts'
import { collectingLog } from '../../../appliance/wire/collecting-log.ts'
import { macOf, pushBoot, startSite, told, until } from '../../site.ts'
import { type ApiSite, type Asked, startApiSite } from './asking.ts'

const measuresOf = ({ text }: Asked): Measures => CONTRACT.measured.vm.output.parse(JSON.parse(text))

async function startReporting(t: ExecutionContext, site: ApiSite): Promise<void> {
  const agent = await startAgent({
    host: simulatedHost(makeMachine('measures', 0), machineClock),
    ...{ agent: '0.1.0', sampleSeconds: 0.2, boot: await pushBoot(site, macOf(1)) },
    ...{ findManager: async () => site.address, log: collectingLog().log },
  })
  t.teardown(() => agent.close())
}

test('a host’s and a guest’s hour and day are told from the first sample on, and the day outlives the manager', async (t) => {
  t.timeout(90_000)
  const site = await startApiSite(t, { enrol: 'auto' })
  const viewer = site.as('viewer')
  await startReporting(t, site)
  const uuid = await until('a guest that runs', async (): Promise<string | undefined> => {
    const { vms } = CONTRACT.vms.list.output.parse(JSON.parse((await viewer('GET', '/vms')).text))
    return vms[0]?.uuid
  })
  const hour = await until('some samples', async () => {
    const measured = measuresOf(await viewer('GET', `/vms/${uuid}/measures`))
    return measured.times.length >= 3 && measured
  })
  t.is(hour.last, '1h')
  t.true(hour.times.every((at) => at > hour.from && at <= hour.until))
  t.true(hour.cpu.mean.some((share) => share !== null && share > 0 && share <= 1))
  t.true(
    hour.written.mean.some((rate) => (rate ?? 0) > 0),
    'vbds are counted',
  )
  t.true(
    hour.sent.mean.some((rate) => (rate ?? 0) > 0),
    'vifs are counted',
  )
  t.is(hour.cpu.most, undefined)
  const since = hour.times.at(-1) ?? 0
  const later = await until('what is newer', async () => {
    const measured = measuresOf(await viewer('GET', `/vms/${uuid}/measures?since=${since}`))
    return measured.times.length > 1 && measured
  })
  t.is(later.times[0], since)
  const day = measuresOf(await viewer('GET', '/hosts/node01/measures?last=1d'))
  t.is(day.times.length, 288)
  t.true((day.cpu.mean.findLast((share) => share !== null) ?? 0) > 0)
  t.true((day.memory.most?.findLast((bytes) => bytes !== null) ?? 0) > 2 ** 20)

  t.is((await viewer('GET', '/hosts/nobody/measures')).status, 404)
  t.is((await viewer('GET', '/vms/nobody/measures')).status, 404)
  for (const query of ['last=2d', 'since=-1', 'since=x', 'step=1'])
    t.is((await viewer('GET', `/hosts/node01/measures?${query}`)).status, 400)

  await site.manager.close()
  const again = await startSite(t, { dataDir: site.dataDir })
  const kept = await told(again.manager, CONTRACT.measured.host, { ref: 'node01', last: '1d' })
  t.true((kept.cpu.mean.findLast((share) => share !== null) ?? 0) > 0)
})
