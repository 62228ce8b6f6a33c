// LVs in VGs that several hosts see: one host sees to one of them at a time.
import test from 'ava'
import { oneOfEach, type SeenIn, sharedIn } from '../../../manager/reconcile/shared-left.ts'

const seen = (host: string, vgUuid: string, act: SeenIn['act'] = 'remove', active = false): [string, SeenIn] => [
  `${host} ${vgUuid} ${act}`,
  { host, act, lv: { vgUuid, active } },
]

test('a VG is shared that two hosts report, and not one that is seen twice by the same', (t) => {
  const vgs = (...uuids: readonly string[]) => ({ vgs: uuids.map((uuid) => ({ uuid })) }) as never
  t.deepEqual([...sharedIn([vgs('one', 'san'), undefined, vgs('two', 'san'), vgs('three', 'three')])], ['san'])
})

test('of a shared VG one LV at a time is seen to, by the host that has it active, and none while an automation has it', (t) => {
  const due = new Map([seen('a', 'san'), seen('b', 'san', 'leave', true), seen('a', 'own'), seen('b', 'other', 'leave')])
  const hosts = (held: readonly string[]) =>
    [...oneOfEach(due, new Set(['san']), (uuid) => held.includes(uuid)).values()].map(({ host, lv }) => `${host} ${lv.vgUuid}`).toSorted()
  t.deepEqual(hosts([]), ['a own', 'b other', 'b san'])
  t.deepEqual(hosts(['san']), ['a own', 'b other'])
})

test('what writes no metadata waits for nobody', (t) => {
  const due = new Map([seen('a', 'san', 'part', true), seen('b', 'san', 'remove')])
  t.deepEqual(
    [...oneOfEach(due, new Set(['san']), () => true).values()].map(({ act }) => act),
    ['part'],
  )
})
