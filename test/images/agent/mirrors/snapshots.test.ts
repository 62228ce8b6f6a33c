// Snapshots of a disk, by whomever they were made: nothing of a move takes them away.
import test from 'ava'
import { findGroup } from '../../../../images/agent/simulator/state/activation.ts'
import { lvOf } from '../../../../manager/protocol/guest-disk.ts'
import { DISK, type MirrorPair, mirrorPair, suspend } from './pair.ts'
import { go, keep, leave, making, STEPS, settle } from './steps.ts'

const tagsOf = ({ pair, s }: MirrorPair): readonly string[] =>
  findGroup(pair.site.state, s.host.name, s.vg.name)?.volumes.find(({ name }) => name === lvOf(DISK))?.tags ?? []

/** Up to where T has the guest, and S's domain is gone. */
async function moved(snapshots: readonly string[]): Promise<MirrorPair> {
  const pair = await mirrorPair('idle')
  for (const name of snapshots) await pair.pair.ok(pair.s.host, `lvcreate -y -s -n ${name} -L 4m data/${lvOf(DISK)}`)
  await go(pair, 0, STEPS.length)
  suspend(pair)
  await settle(pair.t)
  await keep(pair.t)
  await pair.pair.ok(pair.s.host, 'xl destroy web')
  return pair
}

test('a disk that is left has no time to go where it has snapshots, and says which', async (t) => {
  const plain = await moved([])
  t.deepEqual(await leave(plain.s), { kind: 'disk-left', was: 'not left' })
  t.true(tagsOf(plain).includes('hostless.until=5000'))
  const pair = await moved(['before', 'monday'])
  t.deepEqual(await leave(pair.s), { kind: 'disk-left', was: 'not left', snapshots: ['data/before', 'data/monday'] })
  t.is(pair.s.state(), 'stale', 'nothing starts on it')
  t.false(tagsOf(pair).some((tag) => tag.startsWith('hostless.until=')))
  t.deepEqual(await leave(pair.s), { kind: 'disk-left', was: 'left', snapshots: ['data/before', 'data/monday'] })
})

test('a guest that comes back does not take the room of what its snapshots lie on', async (t) => {
  const pair = await moved(['before'])
  await leave(pair.s)
  const back = await pair.s.ask('make-copy', { ...making, generation: 3 })
  t.regex(back.kind === 'refused' ? back.reason : back.kind, /left behind, has snapshots: data\/before\. Remove them first/)
  await pair.pair.ok(pair.s.host, 'dmsetup info data-before')
  await pair.pair.ok(pair.s.host, 'lvremove -y data/before')
  t.is((await pair.s.ask('make-copy', { ...making, generation: 3 })).kind, 'copy-made')
})

test('nor does what its snapshots lie on become the copy: they would be of another content', async (t) => {
  const pair = await moved(['before'])
  await leave(pair.s)
  const [was, asked] = [tagsOf(pair), { ...making, generation: 3, left: 'kept' } as const]
  const back = await pair.s.ask('make-copy', asked)
  t.regex(back.kind === 'refused' ? back.reason : back.kind, /left behind, has snapshots: data\/before\. Remove them first/)
  t.deepEqual([tagsOf(pair), pair.s.state()], [was, 'stale'])
  await pair.pair.ok(pair.s.host, 'lvremove -y data/before')
  t.like(await pair.s.ask('make-copy', asked), { kind: 'copy-made', was: 'not there' })
  t.is(pair.s.state(), 'making')
})
