// A manager whose database is deleted while guests run: hosts come back by their certificates, and all is known again.
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { alarms } from '../../../../manager/contract/alarms.ts'
import { automations } from '../../../../manager/contract/automations.ts'
import { hosts } from '../../../../manager/contract/hosts.ts'
import { manager as ofManager } from '../../../../manager/contract/manager.ts'
import { networks } from '../../../../manager/contract/networks.ts'
import { storage } from '../../../../manager/contract/storage.ts'
import { vms } from '../../../../manager/contract/vms.ts'
import { ask, type Site, startSite, told, until } from '../../site.ts'
import { guestHost } from './guest-host.ts'

async function ended(site: Site, started: Promise<{ readonly automation: { readonly id: string } }>): Promise<void> {
  const { automation } = await started
  const shown = await until('its end', async () => {
    const one = await told(site.manager, automations.show, { id: automation.id })
    return one.state !== 'running' && one.state !== 'queued' && one
  })
  if (shown.state !== 'done') throw new Error(`${shown.state}: ${shown.reason}`)
}

/** The keys stay. */
async function withoutDatabase(t: ExecutionContext, site: Site): Promise<Site> {
  const { port } = site.address
  await site.manager.close()
  for (const name of await readdir(site.dataDir)) if (name.startsWith('manager.db')) await rm(join(site.dataDir, name))
  return startSite(t, { dataDir: site.dataDir, port })
}

test('guests, disks, claims and networks are back, the same domains run on, and can be stopped, started and destroyed', async (t) => {
  let site = await startSite(t, { enrol: 'auto' })
  const host = await guestHost(t, () => site, 1)
  await until('its host', () => site.manager.pool.hosts().find(({ state, inventory }) => state === 'up' && inventory))
  const [before] = site.manager.pool.hosts()
  await ended(site, told(site.manager, storage.createVg, { host: 'node01', name: 'data', disks: 'empty' }))
  await told(site.manager, networks.create, { name: 'blue', bridge: 'xenbr0', vlan: 7 })
  const spec = (name: string) => ({
    ...{ name, memory: '256M', vcpus: 2, notes: `of ${name}`, tags: ['a:b'], restart: 'always' as const },
    disks: [
      { size: '16M', pool: 'data' },
      { size: '8M', pool: 'data' },
    ],
    nics: [{ network: 'blue' }],
  })
  await ended(site, told(site.manager, vms.create, { spec: spec('web1') }))
  await ended(site, told(site.manager, vms.create, { spec: spec('shop'), power: 'off' }))
  const shown = async () => {
    const all = (await told(site.manager, vms.list, {})).vms.map(({ name }) => told(site.manager, vms.show, { ref: name }))
    return (await Promise.all(all)).map(({ uuid, name, spec: own, host: on, disks, createdBy }) => ({
      uuid,
      name,
      own,
      on,
      disks,
      createdBy,
    }))
  }
  const [wanted, domains, claims] = [await shown(), host.domains(), await claimRows(site)]
  host.asked.length = 0

  site = await withoutDatabase(t, site)
  const back = await until('its host again', () => site.manager.pool.hosts().find(({ inventory }) => inventory))
  t.like(back, { id: before?.id, state: 'pending' }, 'what was rejected is lost, too: a person says who it is')
  const early = await ask(site.manager, ofManager.rebuild, {})
  t.regex(early.kind === 'refused' ? early.reason : 'done', /not all hosts could be read.*hostless host approve/)
  t.is((await told(site.manager, ofManager.rebuild, { mode: 'preview' })).unread.length, 1)
  const { seen } = await told(site.manager, hosts.show, { ref: back.id })
  await told(site.manager, hosts.approve, { ref: back.id, ...(seen === undefined ? {} : { seen }) })
  await until('that it is up', () => site.manager.pool.host(back.id)?.state === 'up')
  const alarm = await until('an alarm that names the command', async () =>
    (await told(site.manager, alarms.list, {})).alarms.find(({ kind }) => kind === 'unknown-guests'),
  )
  t.regex(alarm.text, /web1.*hostless manager rebuild/)
  const preview = await told(site.manager, ofManager.rebuild, { mode: 'preview' })
  t.deepEqual(
    preview.guests.map(({ name, power, by }) => [name, power, by]),
    [
      ['shop', 'off', 'record'],
      ['web1', 'on', 'record'],
    ],
  )
  t.deepEqual(
    (await told(site.manager, vms.list, {})).vms.map(({ state }) => state),
    ['unmanaged'],
  )

  const rebuilt = await told(site.manager, ofManager.rebuild, {})
  t.is(rebuilt.done, 'written')
  t.deepEqual(rebuilt.disagree, [])
  t.deepEqual(rebuilt.networks, [{ name: 'blue', bridge: 'xenbr0' }])
  t.true(rebuilt.unknown.some((line) => line.startsWith('users, tokens and roles')))
  t.is(site.manager.pool.host(back.id)?.name, 'node01')
  t.deepEqual(await shown(), wanted)
  t.deepEqual(await claimRows(site), claims)
  t.deepEqual(host.domains(), domains, 'the same domains')
  t.deepEqual(
    host.asked.filter((kind) => !/^(collect|read-guests|keep-guest|set-properties|scan-file-system)$/.test(kind)),
    [],
  )
  t.deepEqual((await told(site.manager, ofManager.rebuild, {})).guests, [], 'a second one finds nothing left to do')
  await until(
    'the end of the alarm',
    async () => !(await told(site.manager, alarms.list, {})).alarms.some(({ kind }) => kind === 'unknown-guests'),
  )

  await ended(site, told(site.manager, vms.stop, { ref: 'web1', how: 'hard' }))
  await ended(site, told(site.manager, vms.start, { ref: 'web1' }))
  await ended(site, told(site.manager, vms.start, { ref: 'shop' }))
  await ended(site, told(site.manager, vms.change, { ref: 'shop', change: { name: 'store' } }))
  for (const ref of ['web1', 'store']) await ended(site, told(site.manager, vms.destroy, { ref }))
  t.deepEqual(host.domains(), {})
  t.deepEqual((await told(site.manager, ofManager.rebuild, {})).guests, [])
})

async function claimRows(site: Site): Promise<readonly unknown[]> {
  return site.manager.store.db
    .selectFrom('claims')
    .selectAll()
    .orderBy('holder')
    .orderBy('part')
    .orderBy('space')
    .orderBy('start')
    .execute()
}

test('a manager that has lost its epoch with all the rest is not obeyed until it takes over, and then only after its next start', async (t) => {
  let site = await startSite(t, { enrol: 'auto' })
  await guestHost(t, () => site, 1)
  await until('its host', () => site.manager.pool.hosts().find(({ state }) => state === 'up'))
  // Older managers have been heard by then.
  for (let starts = 0; starts < 3; starts += 1) {
    const { port } = site.address
    await site.manager.close()
    site = await startSite(t, { dataDir: site.dataDir, port, enrol: 'auto' })
    await until('its host again', () => site.manager.pool.hosts().find(({ connection }) => connection))
  }
  await rm(join(site.dataDir, 'keys/epoch'))
  site = await withoutDatabase(t, site)
  const refused = await until('that it has heard a newer one', async () => {
    const answer = await ask(site.manager, ofManager.rebuild, {})
    return answer.kind === 'refused' && /has heard a newer manager \(epoch \d+\)/.test(answer.reason) && answer.reason
  })
  t.regex(refused, /hostless manager rebuild --take-over/)
  const taken = await ask(site.manager, ofManager.rebuild, { takeOver: 'yes' })
  t.regex(taken.kind === 'refused' ? taken.reason : '', /from the next start of this manager on they obey it/)
  const { port } = site.address
  await site.manager.close()
  site = await startSite(t, { dataDir: site.dataDir, port })
  await until('its host, that obeys', () => site.manager.pool.hosts().find(({ connection }) => connection))
})
