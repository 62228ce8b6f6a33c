import { planCreate } from '../../../../../manager/automations/guests/plans/create.ts'
import { planDestroy } from '../../../../../manager/automations/guests/plans/life.ts'
import { vmDetailAnswer } from '../../../../../manager/doors/answers/vm-answer.ts'
import { guestSpec } from '../../../../../manager/protocol/guest-spec.ts'
import { disksOf } from '../../../../../manager/store/tables/guests.ts'
import { onEach } from '../../../store/dialects.ts'
import { IMAGE, plannerOn } from '../plan-rig.ts'
import { node, rigAt } from '../rig.ts'

const SECRET = '#cloud-config\npassword: hunter2\n'
const KEY = 'ssh-ed25519 AAAAC3Nza ada@desk'
const specOf = (seed: object, name = 'web1') =>
  guestSpec.parse({ name, memory: '1G', disks: [{ size: '8G', pool: 'data', image: 'debian13' }], seed })

onEach('a guest with a seed has one disk more, read-only, of its own instance, which goes with the guest', async (t, place) => {
  const rig = await rigAt(t, place, [node('a')])
  const { deps, seeds, begin } = plannerOn(rig)
  const among = new Set(['a'])
  for (const name of ['web_1', 'web2']) {
    const spec = specOf({ sshKeys: [KEY], userData: SECRET }, name)
    t.is(await begin(planCreate(deps, { spec, among, power: 'on', who: 'alice' })), '')
  }
  t.like(seeds, [{ hostname: 'web-1', sshKeys: [KEY], userData: SECRET }, { hostname: 'web2' }])
  const [web1, web2] = [await deps.book.find('web_1'), await deps.book.find('web2')]
  t.deepEqual([web1?.uuid, web2?.uuid], [seeds[0]?.instanceId, seeds[1]?.instanceId] as never)
  t.not(web1?.uuid, web2?.uuid)
  const seed = (await disksOf(rig.store.db, web1?.uuid)).find(({ vdev }) => vdev === 'xvdz')
  t.like(seed, { access: 'read-only', size_bytes: 2 ** 20, state: 'ready', vg_name: 'data' })
  t.deepEqual(rig.asked.slice(0, 3), ['keep-guest a', 'make-disk a', 'make-disk a'])
  t.is(await begin(planDestroy(deps, { ref: 'web_1', disks: 'remove' })), '')
  t.deepEqual(rig.asked.slice(-3), ['remove-disk a', 'remove-disk a', 'forget-guest a'])
})

onEach('what may be a secret of a seed stands neither in what is shown of its guest nor in the database', async (t, place) => {
  const rig = await rigAt(t, place, [node('a')])
  const { deps, begin } = plannerOn(rig)
  const spec = specOf({ hostname: 'www', sshKeys: [KEY], userData: SECRET, networkConfig: 'version: 2\n' })
  t.is(await begin(planCreate(deps, { spec, power: 'off', who: 'alice' })), '')
  const view = await deps.book.find('web1')
  if (!view) return t.fail('it is not there')
  const shown = vmDetailAnswer(view, () => undefined)
  t.like(shown.spec, { seed: { hostname: 'www', sshKeys: [KEY], userData: { bytes: SECRET.length }, networkConfig: { bytes: 11 } } })
  t.deepEqual(
    shown.disks.map(({ vdev, content, image }) => [vdev, content, image]),
    [
      ['xvda', undefined, IMAGE],
      ['xvdz', 'seed', undefined],
    ],
  )
  const kept = JSON.stringify([
    await rig.store.db.selectFrom('automations').selectAll().execute(),
    await rig.store.db.selectFrom('automation_journal').selectAll().execute(),
    await rig.store.db.selectFrom('guests').selectAll().execute(),
  ])
  t.false(kept.includes('hunter2'))
  const again = guestSpec.parse({ ...shown.spec, name: 'web2', uuid: undefined, disks: [{ size: '8G', pool: 'data' }] })
  t.regex(
    await begin(planCreate(deps, { spec: again, power: 'off', who: 'alice' })),
    /has only the size of seed\.userData.*--user-data FILE/,
  )
})
