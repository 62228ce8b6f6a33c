import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { ExecutionContext } from 'ava'
import type { Holder, KnownHost } from '../../../manager/claims/claim.ts'
import type { Need } from '../../../manager/claims/needs.ts'
import { Claims } from '../../../manager/claims/service.ts'
import type { Store } from '../../../manager/store/database.ts'
import { addHost } from '../../../manager/store/tables/hosts.ts'
import { saveInventory } from '../../../manager/store/tables/inventories.ts'
import { commandFor } from '../../program.ts'
import { hostIn } from '../hosts/conditions.ts'
import { onEach, storeAt } from '../store/dialects.ts'
import { automation, disk, freeMemory, GIB, guest, host, running } from './hosts.ts'

const memory = (bytes: number): Need & { readonly kind: 'memory' } => ({ part: 'memory', kind: 'memory', host: 'a', bytes })

function claimsOver(store: Store, ...hosts: readonly KnownHost[]): Claims {
  const known = new Map(hosts.map((one) => [one.id, one]))
  return new Claims(store.db, { hosts: () => hosts, knownInventory: (id) => known.get(id)?.inventory })
}

const took = (store: Store, claims: Claims, holder: Holder, ...needs: readonly Need[]) =>
  store.write(async (transaction) => (await claims.take(transaction, holder, needs)).kind)

onEach('claims come and go with what justifies them, and say whose they are', async (t, place) => {
  const store = await storeAt(t, place)
  const claims = claimsOver(store, host('a'))
  t.is(await took(store, claims, guest(1), memory(GIB), { part: 'nic', kind: 'mac' }), 'taken')
  const failing = store.write(async (transaction) => {
    await claims.take(transaction, guest(2), [memory(GIB)])
    throw new Error('what it was for failed')
  })
  await t.throwsAsync(failing)
  t.deepEqual(await claims.of(guest(2)), [])
  t.deepEqual(
    (await claims.of(guest(1))).map(({ space, mode }) => [space, mode]),
    [
      ['memory:a', 'amount'],
      ['mac', 'number'],
    ],
  )
  const [claim, ...others] = await claims.on({ kind: 'memory', host: 'a' })
  t.like(claim, { holder: guest(1), part: 'memory', guest: guest(1).id, length: GIB })
  t.is(others.length, 0)
  await store.write((transaction) => claims.release(transaction, guest(1), ['nic']))
  t.deepEqual(await claims.on({ kind: 'mac' }), [])
  await store.write((transaction) => claims.release(transaction, guest(1)))
  t.deepEqual(await claims.of(guest(1)), [])
})

onEach('a refusal takes nothing, says all that is wrong, and that something is not known before that it is short', async (t, place) => {
  const store = await storeAt(t, place)
  const silent = { ...host('b'), inventory: undefined }
  const claims = claimsOver(store, host('a'), silent)
  const needs: readonly Need[] = [memory(64 * GIB), { ...memory(1), host: 'b' }, { part: 'nic', kind: 'mac' }]
  const verdict = await store.write((transaction) => claims.take(transaction, guest(1), needs))
  t.like(verdict, { kind: 'refused', code: 'unread' })
  t.regex(
    verdict.kind === 'refused' ? verdict.reason : '',
    /^memory of a: 14\.6 GiB free, 64 GiB needed; memory of b is not known: the host has not reported$/,
  )
  t.deepEqual(await claims.of(guest(1)), [])
})

onEach('an automation holds what a guest will, and hands it over in one transaction', async (t, place) => {
  const store = await storeAt(t, place)
  const a = host('a')
  const claims = claimsOver(store, a)
  const all = memory(freeMemory(a))
  t.is(await took(store, claims, automation('create'), { ...all, guest: guest(1).id }), 'taken')
  t.is(await took(store, claims, guest(1), all), 'refused', 'both would count')
  const handed = await store.write(async (transaction) => {
    await claims.release(transaction, automation('create'))
    return (await claims.take(transaction, guest(1), [all])).kind
  })
  t.is(handed, 'taken')
})

onEach('a need is the same row however often it is asked for, and twice in one part it adds up', async (t, place) => {
  const store = await storeAt(t, place)
  const claims = claimsOver(store, host('a'))
  for (const _again of [1, 2]) t.is(await took(store, claims, guest(1), memory(GIB), memory(2 * GIB)), 'taken')
  t.deepEqual(
    (await claims.of(guest(1))).map(({ length }) => length),
    [3 * GIB],
  )
})

onEach('a manager that has not read its reports yet decides by what is on disk', async (t, place) => {
  const store = await storeAt(t, place)
  const a = host('a', { guests: [running(9, { disks: [disk('/root/x.img')] })] })
  await store.write(async (transaction) => {
    await addHost(transaction, {
      id: 'a',
      name: 'a',
      uuid: undefined,
      ...hostIn('up'),
      since: 1,
      groups: [],
      notes: '',
      created: 1,
      attempt: undefined,
    })
    const { problems = [], ...sections } = a.inventory ?? {}
    await saveInventory(transaction, 'a', 1, { run: 'r', revision: 1, sections, problems })
  })
  const claims = new Claims(store.db, { hosts: () => [{ ...a, inventory: {} }], knownInventory: () => undefined })
  const verdict = await store.write((transaction) =>
    claims.take(transaction, guest(1), [{ part: 'd', kind: 'writer', host: 'a', device: '/root/x.img' }]),
  )
  t.like(verdict, { kind: 'refused', reason: '/root/x.img of a is held by guest hand9 on a' })
})

onEach('two processes in the middle of a transaction each never see the same free GiB, nor the same MAC', async (t, place) => {
  const store = await storeAt(t, place)
  const claims = claimsOver(store, host('a'))
  const room = Math.floor(freeMemory(host('a')) / GIB)
  const [one, other] = await Promise.all([startTaker(t, place, 100, room), startTaker(t, place, 200, room)])
  t.deepEqual(await Promise.all([one.next(), other.next()]), ['ready', 'ready'])
  one.go()
  t.is(await one.next(), 'inside')
  // It cannot get inside before the first has committed: what that took, it sees.
  other.go()
  one.go()
  t.is(await other.next(), 'inside')
  other.go()
  const taken = await Promise.all([one.next(), other.next()])
  t.is(
    taken.reduce((sum, count) => sum + Number(count), 0),
    room,
  )
  const held = await claims.on({ kind: 'memory', host: 'a' })
  t.is(held.length, room)
  t.is(new Set((await claims.on({ kind: 'mac' })).map(({ item }) => item)).size, room)
})

async function startTaker(t: ExecutionContext, place: object, first: number, takes: number) {
  const [node, ...args] = commandFor(new URL('taker.ts', import.meta.url), JSON.stringify({ place, first, takes }))
  const child = spawn(node, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  t.teardown(() => child.kill('SIGKILL'))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    next: async () => String((await lines.next()).value),
    go: () => void child.stdin.write('go\n'),
  }
}
