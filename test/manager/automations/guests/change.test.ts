import type { ExecutionContext } from 'ava'
import { planChange, previewChange } from '../../../../manager/automations/guests/plans/change.ts'
import { planStart } from '../../../../manager/automations/guests/plans/life.ts'
import { guestChange } from '../../../../manager/protocol/guest-change.ts'
import { guestSpec } from '../../../../manager/protocol/guest-spec.ts'
import { disksOf } from '../../../../manager/store/tables/guests.ts'
import { refused, until } from '../../automation/scripted.ts'
import { running } from '../../claims/hosts.ts'
import { onEach } from '../../store/dialects.ts'
import { plannerOn } from './plan-rig.ts'
import { createArgs, DISK, GUEST, node, type Rig, rigAt, VG } from './rig.ts'

const GIB = 2 ** 30
const MAC = '00:16:3e:01:02:03'
const SPEC = {
  ...{ name: 'web1', uuid: GUEST, memory: '1G' },
  disks: [
    { vdev: 'xvda', size: '8G', pool: 'data' },
    { vdev: 'xvdb', size: '4G', pool: 'data' },
  ],
  nics: [{ network: 'lan', mac: MAC }],
}
const OTHER = '6b1f0000-0000-4000-8000-00000000000e'

/** web1 on host a, with two disks and a NIC. */
async function start(t: ExecutionContext, place: Parameters<typeof rigAt>[1], state: 'running' | 'stopped' = 'running') {
  const rig = await rigAt(t, place, [node('a')])
  const planner = plannerOn(rig)
  const vg = { name: 'data', uuid: VG }
  const disks = [
    { disk: DISK, vdev: 'xvda', vg, sizeBytes: 8 * GIB, access: 'read-write' },
    { disk: OTHER, vdev: 'xvdb', vg, sizeBytes: 4 * GIB, access: 'read-write' },
  ]
  const args = createArgs({ spec: JSON.stringify(SPEC), disks, power: state === 'running' ? 'on' : 'off' } as never)
  const made = await rig.automations.start({ recipe: 'create-guest', args, who: 'alice' })
  if (made.kind !== 'done') throw new Error(made.reason)
  await until(rig.automations, made.value.id, 'done')
  if (state === 'running') {
    const domain = running(7, {
      uuid: GUEST,
      name: 'web1',
      maxMemoryBytes: 4 * GIB,
      maxVcpus: 4,
      nics: [{ devid: 0, mac: MAC, bridge: 'xenbr0' }],
    })
    rig.hosts.set('a', node('a', { guests: [domain] } as never))
  }
  rig.asked.length = 0
  const change = (given: object) => ({ ref: GUEST, change: guestChange.parse(given) })
  const begin = (given: object, end?: Parameters<typeof until>[2]) => planner.begin(planChange(planner.deps, change(given)), end)
  const say = async (given: object) => {
    const said = await previewChange(planner.deps, change(given))
    return said.kind === 'done' ? said.value.map(({ what, when }) => `${what}, ${when}`) : [said.reason]
  }
  const record = async () => (await planner.deps.book.find(GUEST))?.record
  return { rig, planner, begin, say, record }
}

const standing = async (rig: Rig) => ({
  claims: (await rig.store.db.selectFrom('claims').selectAll().orderBy('part').orderBy('space').execute()).map(
    ({ part, space, length, holder_name }) => `${part} ${space} ${length} ${holder_name}`,
  ),
  disks: (await disksOf(rig.store.db)).map(({ vdev, size_bytes, state }) => `${vdev} ${size_bytes} ${state}`),
  spec: await rig.store.db.selectFrom('guests').select(['name', 'spec']).execute(),
})

const ALL = {
  ...{ name: 'shop1', memory: '2G', vcpus: 2, notes: 'shop' },
  ...{ addDisks: [{ size: '1G', pool: 'data' }], removeDisks: ['xvdb'] },
  ...{ growDisks: [{ vdev: 'xvda', size: '9G' }], addNics: [{ network: 'lan' }], removeNics: [MAC] },
}

onEach('a guest that runs has all of a change at once, and its rows, its spec and its claims are so', async (t, place) => {
  const { rig, begin, record } = await start(t, place)
  t.is(await begin(ALL), '')
  t.deepEqual(rig.asked, [
    ...['keep-guest a', 'make-disk a', 'attach-disk a', 'attach-nic a', 'resize-guest a', 'rename-guest a'],
    ...['detach-nic a', 'detach-disk a', 'grow-disk a', 'remove-disk a'],
  ])
  const after = await record()
  t.like(after, { name: 'shop1', spec: { name: 'shop1', memory: 2 * GIB, vcpus: 2, notes: 'shop' } })
  t.deepEqual(
    after?.disks.map(({ vdev, sizeBytes, state }) => [vdev, sizeBytes, state]),
    [
      ['xvda', 9 * GIB, 'ready'],
      ['xvdc', GIB, 'ready'],
    ],
  )
  t.deepEqual(
    after?.spec.disks.map(({ vdev, size }) => [vdev, size]),
    [
      ['xvda', 9 * GIB],
      ['xvdc', GIB],
    ],
  )
  const [nic] = after?.spec.nics ?? []
  t.regex(nic?.mac ?? '', /^00:16:3e:/)
  t.not(nic?.mac, MAC as never)
  const claims = await rig.claims.of({ kind: 'guest', id: GUEST })
  t.deepEqual([...new Set(claims.map(({ holder }) => holder.name))], ['shop1'])
  t.deepEqual(
    [...new Set(claims.map(({ part }) => part))].sort(),
    [`disk ${DISK}`, `disk ${after?.disks[1]?.id}`, 'memory', 'name', `nic ${nic?.mac}`, 'run'].sort(),
  )
  t.true(claims.some(({ space, length }) => space === `vg:${VG}` && length === 9 * GIB))
  t.true(claims.some(({ space }) => space === 'guest-name:shop1'))
})

for (const broken of ['make-disk', 'attach-disk', 'attach-nic', 'resize-guest', 'rename-guest', 'detach-nic', 'detach-disk', 'grow-disk']) {
  onEach(`of a change whose ${broken} fails nothing is left: rows, spec and claims are as before`, async (t, place) => {
    const { rig, begin } = await start(t, place)
    const before = await standing(rig)
    let isBroken = true
    rig.answer = ({ kind }) => {
      if (kind !== broken || !isBroken) return 'done'
      isBroken = false
      return refused('unable', 'it does not go')
    }
    t.is(await begin(ALL, 'failed'), 'it does not go')
    t.deepEqual(await standing(rig), before)
    const live = rig.asked.filter((one) => /attach|detach|resize|rename/.test(one))
    t.is(live.length % 2, 0, 'each is taken back')
    t.true(rig.asked.includes('remove-disk a'))
  })
}

onEach('a guest that is stopped is changed without its host, but for its disks and what its VG remembers', async (t, place) => {
  const { rig, begin, record } = await start(t, place, 'stopped')
  t.is(await begin({ name: 'shop1', memory: '64G', vcpus: 8, addNics: [{ network: 'lan' }], removeNics: [MAC] }), '')
  t.deepEqual(rig.asked, ['keep-guest a'])
  t.like(await record(), { name: 'shop1', spec: { memory: 64 * GIB, vcpus: 8 } })
  rig.hosts.set('a', node('a', {}, 'lost'))
  t.regex(await begin({ addDisks: [{ size: '1G', pool: 'data' }] }), /a is lost: disks of shop1 can be changed when it is up/)
})

onEach('a disk that was taken from its guest and does not go is not given to it again, and goes with the next change', async (t, place) => {
  const { rig, planner, begin, record } = await start(t, place)
  rig.answer = ({ kind }) => (kind === 'remove-disk' ? refused('unable', 'it is busy') : 'done')
  t.is(await begin({ removeDisks: ['xvdb'] }, 'failed'), 'it is busy')
  t.false(rig.asked.includes('attach-disk a'), 'what was told to go is not brought back')
  t.deepEqual(
    (await record())?.disks.map(({ vdev, state }) => [vdev, state]),
    [
      ['xvda', 'ready'],
      ['xvdb', 'leaving'],
    ] as never,
  )
  rig.hosts.set('a', node('a'))
  await rig.store.db.updateTable('guests').set({ power: 'off' }).execute()
  const planned = await planStart(planner.deps, { ref: 'web1' })
  t.deepEqual(planned.kind === 'done' && planned.value.args.guest.disks.map(({ vdev }) => vdev), ['xvda'])
  rig.answer = () => 'done'
  t.is(await begin({ removeDisks: ['xvdb'] }), '')
  t.deepEqual(
    (await record())?.disks.map(({ vdev }) => vdev),
    ['xvda'],
  )
})

onEach('what would be other is said with its time, and what cannot be is refused with why', async (t, place) => {
  const { rig, planner, say, begin } = await start(t, place)
  t.deepEqual(
    await say({ memory: '2G', vcpus: 8, maxVcpus: 8, restart: 'always', notes: 'x', growDisks: [{ vdev: 'xvdb', size: '5G' }] }),
    [
      'notes none → x, at once',
      'maxVcpus none → 8, from its next start on',
      'restart on-failure → always, from its next start on',
      'vcpus 1 → 8, from its next start on',
      'memory 1G → 2G, at once',
      'disk xvdb grown to 5G, at once',
    ],
  )
  t.deepEqual(await say({ removeDisks: ['xvdb'] }), ['disk xvdb removed, with all on it, at once'])
  t.deepEqual(await say({}), [])
  const no: readonly (readonly [object, RegExp])[] = [
    [{ removeDisks: ['xvda'] }, /boots from disk xvda, which stays/],
    [{ growDisks: [{ vdev: 'xvda', size: '1G' }] }, /disk xvda has 8G, and cannot shrink to 1G/],
    [{ removeDisks: ['xvdq'] }, /has no disk xvdq: it has xvda, xvdb/],
    [{ removeNics: ['00:16:3e:ff:ff:ff'] }, /has no NIC 00:16:3e:ff:ff:ff/],
    [{ addNics: [{ network: 'lam' }] }, /there is no network lam: is it lan\?/],
    [{ addDisks: [{ size: '1G', pool: 'fast' }] }, /has no VG fast/],
    [{ maxMemory: '512M' }, /maxMemory is less than the 1G/],
  ]
  for (const [given, reason] of no) t.regex(await begin(given), reason)
  const spec = guestSpec.parse({ ...SPEC, uuid: OTHER })
  t.regex(await planner.begin(planChange(planner.deps, { ref: 'web1', spec })), /its UUID is who it is/)
  t.deepEqual(rig.asked, [])
})
