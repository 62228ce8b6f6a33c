import test from 'ava'
import { type Sighting, type Standing, stateOf } from '../../../manager/guests/state.ts'

const NOW = 1_000_000
const KNOWN = { host: 'a', power: 'on', since: 0, made: 'yes' } as const
const A = { name: 'node01', silent: undefined }
const seen = (host: string, state: Sighting['state'] = 'running', report: Sighting['report'] = 'fresh'): Sighting => ({
  ...{ host, hostName: `name of ${host}`, report, state },
})
const state = (given: Partial<Standing>): string =>
  stateOf({ known: KNOWN, seen: [seen('a')], host: A, recipe: undefined, now: NOW, ...given }).state

test('a guest stands as its host reports it', (t) => {
  t.is(state({}), 'running')
  t.is(state({ seen: [seen('a', 'paused')] }), 'paused')
  t.is(state({ seen: [seen('a', 'crashed')] }), 'crashed')
  t.is(state({ seen: [seen('a', 'suspended')] }), 'suspended')
  t.is(state({ seen: [seen('a', 'dying')] }), 'stopping')
  t.is(state({ seen: [seen('a', 'shutdown')] }), 'stopped')
})

test('what is not seen on a host that was read has ended, but for a report that is older than its start', (t) => {
  t.is(state({ seen: [] }), 'stopped')
  t.is(state({ seen: [], known: { ...KNOWN, since: NOW - 1000 } }), 'running')
  t.is(state({ seen: [], known: { ...KNOWN, power: 'off' } }), 'stopped')
  t.is(state({ seen: [], known: { ...KNOWN, power: 'off', made: 'no' } }), 'defined')
})

test('while its host is silent a guest that was to run is lost, whatever was reported before', (t) => {
  const host = { name: 'node01', silent: 'node01 is lost, and may run it' }
  t.is(state({ host, seen: [seen('a', 'running', 'stale')] }), 'lost')
  t.is(state({ host, seen: [] }), 'lost')
  t.is(state({ host, seen: [], known: { ...KNOWN, power: 'off' } }), 'stopped')
})

test('seen twice, or elsewhere than on a silent host that may run it, it is in conflict, and says where', (t) => {
  const twice = stateOf({ known: KNOWN, seen: [seen('a'), seen('b')], host: A, recipe: 'start-guest', now: NOW })
  t.like(twice, { state: 'conflicted', why: 'it may run on name of a and name of b and node01: destroy it by hand on all but one' })
  t.is(state({ host: { name: 'node01', silent: 'it is lost' }, seen: [seen('b')] }), 'conflicted')
  t.is(state({ seen: [seen('a'), seen('b', 'crashed')] }), 'running', 'what has ended runs nowhere')
})

test('an automation that has it says what becomes of it', (t) => {
  t.is(state({ recipe: 'create-guest', seen: [] }), 'deploying')
  t.is(state({ recipe: 'start-guest', seen: [] }), 'starting')
  t.is(state({ recipe: 'stop-guest' }), 'stopping')
  t.is(state({ recipe: 'migrate-guest', seen: [seen('a'), seen('b', 'paused')] }), 'migrating')
  t.is(state({ recipe: 'reboot-guest' }), 'running')
})
