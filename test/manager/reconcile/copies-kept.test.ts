// A copy that is the disk by the store, and whose move cannot tell it so any more.

import test, { type ExecutionContext } from 'ava'
import { lvOf, writeDiskTags } from '../../../manager/protocol/guest-disk.ts'
import type { RequestBody } from '../../../manager/protocol/requests.ts'
import { uuid } from '../../../manager/protocol/values.ts'
import { LeftDiskTask } from '../../../manager/reconcile/left-disks.ts'
import { addGuest, putDisk } from '../../../manager/store/tables/guests.ts'
import { DISK, GUEST } from '../../images/agent/disks.ts'
import { shownIn } from '../hosts/conditions.ts'
import { dataDirFor, until } from '../site.ts'
import { storeAt } from '../store/dialects.ts'

const VG = 'aaaaaa-bbbb-cccc-dddd-eeee-ffff-gggggg'
const NOW = 5000

interface Lying {
  readonly generation: number
  readonly state: 'making' | 'ready' | 'stale'
  readonly tags?: readonly string[]
}

/** The guest's disk is b's, of generation 2. Resolves with what is asked of hosts where these lie on a and on b. */
async function asks(t: ExecutionContext, lying: { readonly a?: Lying; readonly b?: Lying }, row: 'ready' | 'making' = 'ready') {
  const store = await storeAt(t, { dataDir: await dataDirFor(t), database: 'sqlite' })
  await store.write(async (transaction) => {
    const spec = JSON.stringify({ name: 'web1', memory: '256M' })
    await addGuest(transaction, { uuid: GUEST, name: 'web1', spec, host: 'b', power: 'on', since: 1, created: 1, created_by: 'ada' })
    const place = { id: DISK, guest: GUEST, vdev: 'xvda', host: 'b', vg_name: 'data', vg_uuid: VG }
    await putDisk(transaction, { ...place, size_bytes: 16 << 20, generation: 2, access: 'read-write', state: row, image: null })
  })
  const [disk, guest] = [uuid.parse(DISK), uuid.parse(GUEST)]
  const lvs = (one: Lying | undefined) =>
    one
      ? [
          {
            ...{ name: lvOf(disk), vg: 'data', vgUuid: VG, sizeBytes: 16 << 20 },
            tags: [...writeDiskTags({ disk, guest, generation: one.generation, epoch: 1, state: one.state }), ...(one.tags ?? [])],
          },
        ]
      : []
  const asked: { readonly host: string; readonly body: RequestBody }[] = []
  const answers = { 'keep-copy': 'copy-kept', 'leave-disk': 'disk-left', 'remove-disk': 'disk-removed' } as const
  const task = new LeftDiskTask({
    ...{ store, now: () => NOW, epoch: 7, random: () => 0.5 },
    after: (_milliseconds, action) => {
      action()
      return () => undefined
    },
    automations: { watchEnds: () => () => undefined },
    locks: { take: async () => ({ kind: 'taken', release: () => undefined }) },
    pool: {
      hosts: () => ['a', 'b'].map((id) => ({ id, name: id, ...shownIn('up') })),
      host: (id: string) => ({ id, name: id, ...shownIn('up') }),
      knownInventory: (host: 'a' | 'b') => ({ lvs: lvs(lying[host]) }),
      subscribe: () => () => undefined,
    } as never,
    request: async (host, body) => {
      asked.push({ host, body })
      return { kind: 'answered', answer: { kind: answers[body.kind as keyof typeof answers], was: 'there' } as never }
    },
  })
  t.teardown(() => task.close())
  await task.step('all')
  await until('that nothing is waited for', () => task.waitsFor().length === 0)
  return asked
}

test('a copy that is the disk by the store, as after a rebuild, is told to be it; what counts is not asked for again', async (t) => {
  const [first, ...others] = await asks(t, { b: { generation: 2, state: 'making' } })
  t.deepEqual(others, [])
  t.like(first, { host: 'b', body: { kind: 'keep-copy', disk: DISK, guest: GUEST, generation: 2, epoch: 7, vg: { uuid: VG } } })
  t.deepEqual(await asks(t, { b: { generation: 2, state: 'ready' } }), [])
  t.deepEqual(await asks(t, { b: { generation: 3, state: 'making' } }), [], 'another generation')
  t.deepEqual(await asks(t, { b: { generation: 2, state: 'making' } }, 'making'), [], 'the store does not call it ready')
})
