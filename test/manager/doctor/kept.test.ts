import test from 'ava'
import type { Check } from '../../../manager/doctor/check.ts'
import type { Judged } from '../../../manager/doctor/finding.ts'
import { KeptFindings } from '../../../manager/doctor/kept.ts'

const SITE = { configFile: 'c', config: undefined, dataDir: '/', isRoot: false }

test('what was fine is looked at again within the hour, what was not within seconds, and nobody waits for it', async (t) => {
  const clock = { now: 0 }
  const done: string[] = []
  const found: { result: Judged['result'] } = { result: 'failed' }
  const check = (name: string, result: () => Judged['result']): Check => ({
    ...{ name, about: '' },
    examine: async () => {
      done.push(name)
      return [{ subject: name, result: result(), seen: 's' }]
    },
  })
  const kept = new KeptFindings(SITE, [check('fine', () => 'ok'), check('images', () => found.result)], () => clock.now)
  const look = async () => {
    const before = kept.now()
    await kept.settled()
    return before.map(({ check: name, result }) => `${name} ${result}`)
  }
  t.deepEqual(await look(), [], 'the first look is under way')
  t.deepEqual(await look(), ['fine ok', 'images failed'])
  t.deepEqual(done, ['fine', 'images'])
  clock.now += 20_000
  found.result = 'ok'
  await look()
  t.deepEqual(done, ['fine', 'images', 'images'])
  t.deepEqual(await look(), ['fine ok', 'images ok'])
  clock.now += 20_000
  await look()
  t.is(done.length, 3)
  clock.now += 3600_000
  await look()
  t.is(done.length, 5)
})
