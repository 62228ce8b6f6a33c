import test from 'ava'
import type { KnownHost } from '../../../manager/claims/claim.ts'
import { standOn } from '../../../manager/claims/running.ts'
import { host } from './hosts.ts'

const GUEST = '00000000-0000-4000-8000-0000000000f1'

const claimed = (one: KnownHost): string => {
  const stand = standOn(one, GUEST, 'may')
  return stand.kind === 'unknown' ? stand.reason.replace(/:.*/, '') : stand.kind
}

test('a host that is lost may run what was started on it, in maintenance too, until it is fenced; one that answers says', (t) => {
  t.is(claimed(host('a')), 'free')
  t.is(claimed(host('a', {}, 'maintenance')), 'free')
  t.is(claimed(host('a', {}, 'lost')), 'it is lost')
  t.is(claimed({ ...host('a', {}, 'lost'), service: 'maintenance' }), 'it is lost, in maintenance')
  t.is(claimed({ ...host('a', {}, 'maintenance'), presence: 'booting' }), 'it is maintenance, booting')
  t.is(claimed({ ...host('a', {}, 'fenced'), service: 'maintenance' }), 'free')
})

test('a fence that did not hold says nothing of what runs there, and a release ends what it said', (t) => {
  const fenced = host('a', {}, 'fenced')
  t.is(claimed(fenced), 'free')
  t.is(claimed({ ...fenced, presence: 'up' }), 'it is fenced, its agent answers')
  t.is(claimed({ ...fenced, presence: 'lost' }), 'it is fenced, lost')
  t.is(claimed({ ...fenced, power: 'off' }), 'it is approved')
  t.is(claimed({ ...fenced, trust: 'rejected' }), 'free', 'a rejection changes nothing of it')
  t.is(claimed(host('a', {}, 'rejected')), 'it is rejected')
})
