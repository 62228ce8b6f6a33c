import test from 'ava'
import { capFor, MOST_TRIES } from '../../../../manager/automations/migrate/slowing.ts'
import { judge, type Seen } from '../../../../manager/automations/migrate/whose.ts'

type Domain = readonly [name: string, state: Seen['domains'][number]['state']]

const seen = (phase: Seen['phase'], ...domains: readonly Domain[]): Seen =>
  ({
    ...{ kind: 'stream-seen', relay: 'lives', domains: domains.map(([name, state], domid) => ({ domid, name, state })) },
    ...(phase === undefined ? {} : { phase }),
  }) as Seen

test('a guest is whose host runs it', (t) => {
  t.is(judge({ target: seen('gone', ['web1', 'running']), source: undefined }).kind, 'moved')
  t.is(judge({ target: undefined, source: seen('dropped', ['web1', 'running']) }).kind, 'not moved')
})

test('what its target has dropped is the source’s, what the source has given up after the word is the target’s', (t) => {
  t.is(judge({ target: seen('dropped'), source: seen('held', ['web1', 'suspended']) }).kind, 'not moved')
  t.is(judge({ target: seen(undefined), source: seen('handing') }).kind, 'moved')
  t.is(judge({ target: seen(undefined), source: seen('gone') }).kind, 'moved')
})

test('a target that was reset after the source had given the guest up may have let it go on: its disks are the ones that count', (t) => {
  const reset: Seen = { kind: 'stream-seen', relay: 'none', domains: [] }
  t.is(judge({ target: reset, source: seen('handing', ['web1--migratedaway', 'suspended']) }).kind, 'moved')
  t.is(judge({ target: reset, source: seen('handing', ['web1', 'suspended']) }).kind, 'unknown', 'xl has not given it up yet')
  t.is(judge({ target: reset, source: seen('held', ['web1', 'running']) }).kind, 'not moved')
})

test('nothing is guessed: not while the target is silent, paused, or both run it', (t) => {
  for (const looked of [
    { target: undefined, source: undefined },
    { target: undefined, source: seen('handing', ['web1', 'suspended']) },
    { target: undefined, source: seen('gone') },
    { target: seen('held', ['web1--incoming', 'paused']), source: seen('held', ['web1', 'suspended']) },
    { target: seen(undefined), source: seen('handing', ['web1--migratedaway', 'suspended']) },
    { target: seen('gone', ['web1', 'running']), source: seen('dropped', ['web1', 'running']) },
  ]) {
    t.is(judge(looked).kind, 'unknown')
  }
})

test('a guest is slowed step by step, never to a stand, and not for ever', (t) => {
  const caps = Array.from({ length: MOST_TRIES }, (_, at) => capFor(2, at + 1))
  t.deepEqual(caps, [100, 40, undefined])
  t.is(capFor(1, 9), undefined)
})
