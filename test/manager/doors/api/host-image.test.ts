import { mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { macOf, pushBoot, startTestAgent, until } from '../../site.ts'
import { detailOf, startApiSite } from './asking.ts'

test('a host is not set to boot an image that no appliance is known to have, unless somebody insists', async (t) => {
  const site = await startApiSite(t)
  startTestAgent(t, async () => site.address, await pushBoot(site, macOf(1)), { macs: [macOf(1)] })
  await until('a host', () => site.manager.pool.hosts().find(({ connection }) => connection))
  const set = (wanted: object) => site.as('operator')('PUT', '/hosts/node01/boot', wanted)
  const refused = await set({ image: 'dom0-typo' })
  t.is(refused.status, 409)
  t.is(JSON.parse(refused.text).code, 'unknown')
  t.regex(detailOf(refused), /no machine has come up with an image dom0-typo yet.*none of that name is published.*--force/)
  const settings = async () => JSON.parse((await site.as('viewer')('GET', '/hosts/node01/boot')).text)
  t.deepEqual(await settings(), {})
  t.is((await set({ image: 'dom0-typo', force: true })).status, 200)
  t.deepEqual(await settings(), { image: 'dom0-typo' })
  t.is((await set({ root: 'ram' })).status, 200, 'what is left as it is, is not asked about')
  t.is((await set({ image: null })).status, 200)

  const folder = join(site.dataDir, 'images', 'dom0-test')
  await mkdir(folder, { recursive: true })
  t.is((await set({ image: 'dom0-test' })).status, 409, 'it is there, and not published')
  await symlink('00eca195fa3b047e', join(folder, 'published'))
  t.is((await set({ image: 'dom0-test' })).status, 200)
  t.deepEqual(await settings(), { image: 'dom0-test', root: 'ram' })
})
