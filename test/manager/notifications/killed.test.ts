// What is to be told outlives the manager: killed while a message is under way, it is sent again by the next, with the same id.
import test from 'ava'
import { CONTRACT } from '../../../manager/contract/contract.ts'
import { patience } from '../../patience.ts'
import { freePort, startProcess, writeConfig } from '../process.ts'
import { dataDirFor, startSite, told, until } from '../site.ts'
import { startWeb, status } from './receivers.ts'

const LATER = { gather: 3600_000, between: 60_000, again: 1000 }

test('kill -9 after the commit and before the answer: the next manager sends it again, and the receiver can tell', async (t) => {
  t.timeout(patience(120_000))
  const dataDir = await dataDirFor(t)
  const web = await startWeb(t, () => undefined)
  const site = await startSite(t, { dataDir, settings: { notifications: LATER } })
  await told(site.manager, CONTRACT.notifications.set, { name: 'chat', kind: 'webhook', url: web.url })
  await site.manager.pool.alarm({ kind: 'pv-missing', about: 'vg0', text: 'a PV of vg0 is missing' })
  await site.manager.close()
  t.is(web.posts.length, 0)

  const config = await writeConfig(dataDir, dataDir, await freePort())
  const first = startProcess(t, config)
  await first.ready
  await until('a message that is not answered', () => web.posts.length === 1, patience(40_000))
  await first.kill('SIGKILL')
  web.answers(status(204))
  const second = startProcess(t, config)
  await second.ready
  await until('it again', () => web.posts.length === 2, patience(40_000))
  const [one, again] = web.posts
  t.is(one?.headers['hostless-id'], again?.headers['hostless-id'])
  t.is(one?.body, again?.body)
  t.is(await second.kill('SIGTERM'), 0)
  t.is(web.posts.length, 2)
})
