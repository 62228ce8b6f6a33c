import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { automationsOn, hosts, refused, until } from '../automation/scripted.ts'
import { onEach, storeAt } from '../store/dialects.ts'
import { INSTALL } from './example.ts'

const ROOT = join(import.meta.dirname, '../../..')
const START = { recipe: 'install', args: { guest: 'web1', host: 'node01', memoryMiB: 512 }, who: 'alice' }

onEach('the example of "how to write one" installs a guest, and clears its mark', async (t, place) => {
  const rack = hosts()
  const automations = await automationsOn(t, { store: await storeAt(t, place), recipes: [INSTALL], hosts: rack })
  const started = await automations.start(START)
  if (started.kind !== 'done') return t.fail(started.reason)
  await until(automations, started.value.id, 'done')
  t.deepEqual(
    rack.asked.map(([, { kind }]) => kind),
    ['can-host', 'set-busy', 'install', 'start', 'set-busy'],
  )
})

onEach('where the example cannot start its guest, what it has installed is cleaned up', async (t, place) => {
  const rack = hosts()
  rack.answer = ({ kind }) => (kind === 'start' ? refused('unable', 'no bridge lan') : 'done')
  const automations = await automationsOn(t, { store: await storeAt(t, place), recipes: [INSTALL], hosts: rack })
  const started = await automations.start(START)
  if (started.kind !== 'done') return t.fail(started.reason)
  await until(automations, started.value.id, 'failed')
  t.is((await automations.show(started.value.id))?.reason, 'no bridge lan')
  t.deepEqual(
    rack.asked.map(([, { kind }]) => kind),
    ['can-host', 'set-busy', 'install', 'start', 'set-busy', 'cleanup'],
  )
})

test('the README shows the example as it is', (t) => {
  const readme = readFileSync(join(ROOT, 'manager/automations/README.md'), 'utf8')
  const example = readFileSync(join(ROOT, 'test/manager/automations/example.ts'), 'utf8')
  const body = example.slice(example.indexOf('export const INSTALL'))
  t.true(readme.includes(body.trim()), 'copy test/manager/automations/example.ts into manager/automations/README.md')
})
