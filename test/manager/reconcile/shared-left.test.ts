// LVs in VGs that several hosts see: one host sees to one of them at a time.
import test from 'ava'
import { oneOfEach, type SeenIn, sharedAmong } from '../../../manager/reconcile/shared-left.ts'

const seen = (host: string, vgUuid: string, act: SeenIn['act'] = 'remove', active = false): [string, SeenIn] => [
  `${host} ${vgUuid} ${act}`,
  { host, act, lv: { vgUuid, active } },
]

test('a VG is shared that two hosts report, and not one that is seen twice by the same', async (t) => {
  const vgs = (...uuids: readonly string[]) => ({ vgs: uuids.map((uuid) => ({ uuid })) }) as never
  const all = [vgs('one', 'san'), undefined, vgs('two', 'san'), vgs('three', 'three')]
  t.deepEqual([...(await sharedAmong(new Set(['san', 'one', 'three']), all))], ['san'])
  t.deepEqual([...(await sharedAmong(new Set(['one']), all))], [])
})

test('of a shared VG one LV at a time is seen to, by the host that has it active', (t) => {
  const due = new Map([seen('a', 'san'), seen('b', 'san', 'leave', true), seen('a', 'own'), seen('b', 'other', 'leave')])
  const hosts = [...oneOfEach(due, new Set(['san'])).values()].map(({ host, lv }) => `${host} ${lv.vgUuid}`).toSorted()
  t.deepEqual(hosts, ['a own', 'b other', 'b san'])
})

test('what writes no metadata waits for nobody', (t) => {
  const due = new Map([seen('a', 'san', 'part', true), seen('b', 'san', 'remove'), seen('c', 'san', 'remove')])
  t.deepEqual(
    [...oneOfEach(due, new Set(['san'])).values()].map(({ act, host }) => `${host} ${act}`),
    ['a part', 'b remove'],
  )
})
