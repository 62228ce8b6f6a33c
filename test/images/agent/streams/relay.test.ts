// Two relays over real TLS, each with the model of its xl: wherever it ends, the guest is on exactly one of two hosts.
import test, { type ExecutionContext } from 'ava'
import { newIdentity } from '../../../../images/agent/streams/relay/identity.ts'
import { BANNER, READY } from '../../../../images/agent/streams/xl-talk.ts'
import { until } from '../../../manager/site.ts'
import { type RelayPair, relayPair } from './pair.ts'

const both = async ({ source, target }: RelayPair) => {
  const [ofSource, ofTarget] = await Promise.all([source, target])
  return [ofSource.phase, ofSource.cause, ofTarget.phase, ofTarget.cause]
}

function here(t: ExecutionContext, { s, t: far }: RelayPair): void {
  t.deepEqual([s.guest, far.guest], ['running', 'none'])
}

test('the whole way: memory arrives octet for octet, the word is held until it is told, and then the guest is there and not here', async (t) => {
  const pair = await relayPair(t, { bytes: 3_000_001 })
  const { s, t: far, askT } = pair
  await pair.held()
  t.false(s.has(READY), 'the word is kept back')
  t.deepEqual([s.guest, far.guest], ['suspended', 'incoming'])
  t.true(far.got.equals(s.memory))
  t.like(await askT({ ask: 'go' }), { phase: 'handing' })
  await until('the word', () => s.has(READY) || undefined)
  s.giveUp()
  await until('it goes on there', () => far.guest === 'running' || undefined)
  await until('the report', () => s.has(Buffer.from('unpause results')) || undefined)
  s.end()
  t.deepEqual(await both(pair), ['gone', undefined, 'gone', undefined])
  t.deepEqual([s.guest, far.guest], ['destroyed', 'running'])
  t.like(pair.saved.target, { started: true, bytes: 3_000_001 })
})

test('an abort in each phase before the word leaves the guest where it was and nothing there', async (t) => {
  for (const phase of ['streaming', 'suspended', 'held'] as const)
    for (const end of ['askS', 'askT'] as const) {
      const pair = await relayPair(t)
      if (phase === 'held') await pair.held()
      else {
        await pair.banner()
        pair.s.write(pair.s.memory.subarray(0, 1000))
        if (phase === 'suspended') pair.suspend()
      }
      t.like(await pair.askS({ ask: 'look' }), { phase })
      await pair[end]({ ask: 'abort' })
      t.deepEqual(await both(pair), ['dropped', 'aborted', 'dropped', 'aborted'], `${phase} ${end}`)
      here(t, pair)
    }
})

test('a link that is cut in each phase before the word leaves the guest where it was and nothing there', async (t) => {
  for (const phase of ['streaming', 'suspended', 'held'] as const) {
    const pair = await relayPair(t)
    if (phase === 'held') await pair.held()
    else {
      await pair.banner()
      pair.s.write(pair.s.memory.subarray(0, 1000))
      if (phase === 'suspended') pair.suspend()
    }
    pair.cut()
    t.deepEqual(await both(pair), ['dropped', 'link-lost', 'dropped', 'link-lost'], phase)
    here(t, pair)
  }
})

test('a link that is cut after the word, before the source has given the guest up: the target drops it, the source waits to be told', async (t) => {
  const pair = await relayPair(t)
  await pair.held()
  await pair.askT({ ask: 'go' })
  await until('the word', () => pair.s.has(READY) || undefined)
  pair.cut()
  t.like(await pair.target, { phase: 'dropped', cause: 'link-lost' })
  pair.s.giveUp()
  t.like(await pair.askS({ ask: 'abort' }), { phase: 'handing' }, 'who does not know what became of the target decides nothing')
  t.is(pair.t.guest, 'none')
  t.like(await pair.askS({ ask: 'decide', become: 'not moved' }), { phase: 'dropped' })
  await until('xl may have it back', () => pair.s.has(Buffer.from('unpause results')) || undefined)
  pair.s.end()
  t.like(await pair.source, { phase: 'dropped', cause: 'aborted' })
  here(t, pair)
})

test('a link that is cut after the source has given the guest up: it goes on at the target, and the source ends it when it is told', async (t) => {
  const pair = await relayPair(t)
  await pair.held()
  await pair.askT({ ask: 'go' })
  await until('the word', () => pair.s.has(READY) || undefined)
  pair.s.giveUp()
  await until('it is given up', () => pair.saved.target?.phase === 'gone' || undefined)
  pair.cut()
  t.like(await pair.target, { phase: 'gone', started: true })
  if (pair.saved.source?.phase === 'handing') await pair.askS({ ask: 'decide', become: 'moved' })
  await until('xl is told', () => pair.s.has(Buffer.from('unpause results')) || undefined)
  pair.s.end()
  t.like(await pair.source, { phase: 'gone' })
  t.deepEqual([pair.s.guest, pair.t.guest], ['destroyed', 'running'])
})

test('a go that comes late, or twice, does nothing more than it did', async (t) => {
  const pair = await relayPair(t)
  await pair.banner()
  t.like(await pair.askT({ ask: 'go' }), { phase: 'streaming' }, 'nothing is held yet')
  await pair.held()
  await pair.askT({ ask: 'go' })
  t.like(await pair.askT({ ask: 'go' }), { phase: 'handing' })
  await until('the word', () => pair.s.has(READY) || undefined)
  t.like(await pair.askT({ ask: 'abort' }), { phase: 'dropped' }, 'it may still be taken back: the source has not given it up')
  await until('xl may have it back', () => pair.s.has(Buffer.from('unpause results')) || undefined)
  pair.s.guest = 'renamed'
  pair.s.end()
  t.like(await pair.source, { phase: 'dropped', cause: 'aborted' })
  t.like(await pair.target, { phase: 'dropped', cause: 'aborted' })
  here(t, pair)
})

test('a word that nobody decides on is dropped by whichever end has less patience, and the other follows', async (t) => {
  const bySource = await relayPair(t, { source: { holdMs: 1 } })
  await bySource.banner()
  await bySource.s.send()
  t.deepEqual(await both(bySource), ['dropped', 'hold-expired', 'dropped', 'hold-expired'])
  here(t, bySource)
  const byTarget = await relayPair(t, { target: { holdMs: 1 } })
  await byTarget.banner()
  await byTarget.s.send()
  t.deepEqual(await both(byTarget), ['dropped', 'hold-expired', 'dropped', 'hold-expired'])
  here(t, byTarget)
})

test('a source that does not give the guest up in time is not waited for: the target drops it, and xl takes it back', async (t) => {
  const pair = await relayPair(t, { target: { patience: { hand: 1 } } })
  await pair.held()
  await pair.askT({ ask: 'go' })
  t.like(await pair.target, { phase: 'dropped', cause: 'link-lost' })
  await until('xl may have it back', () => pair.s.has(Buffer.from('unpause results')) || undefined)
  pair.s.guest = 'renamed'
  pair.s.end()
  t.like(await pair.source, { phase: 'dropped' })
  here(t, pair)
})

test('a target whose xl cannot let the guest go on gives it back', async (t) => {
  const pair = await relayPair(t)
  pair.t.code = 3
  await pair.held()
  await pair.askT({ ask: 'go' })
  await until('the word', () => pair.s.has(READY) || undefined)
  pair.s.giveUp()
  t.like(await pair.target, { phase: 'dropped', cause: 'xl-failed' })
  await until('xl may have it back', () => pair.s.has(Buffer.from('unpause results')) || undefined)
  pair.s.end()
  t.like(await pair.source, { phase: 'dropped', cause: 'peer-dropped' })
  here(t, pair)
})

test('an xl that ends before its time on either side ends both', async (t) => {
  const here1 = await relayPair(t)
  await here1.banner()
  here1.s.end()
  t.deepEqual(await both(here1), ['dropped', 'xl-failed', 'dropped', 'xl-failed'])
  here(t, here1)
  const there = await relayPair(t)
  await there.banner()
  there.t.kill()
  t.deepEqual(await both(there), ['dropped', 'xl-failed', 'dropped', 'xl-failed'])
  here(t, there)
})

test('who has another certificate than the one that was told is turned away on either side, and nothing is read of it', async (t) => {
  const other = newIdentity().pin
  const wrongTarget = await relayPair(t, { pins: { ofTarget: other } })
  t.like(await wrongTarget.source, { phase: 'dropped', cause: 'wrong-peer', bytes: 0 })
  t.is((await wrongTarget.askT({ ask: 'look' }))?.phase, 'waiting')
  await wrongTarget.askT({ ask: 'abort' })
  t.like(await wrongTarget.target, { phase: 'dropped', bytes: 0 })
  const wrongSource = await relayPair(t, { pins: { ofSource: other } })
  t.like(await wrongSource.source, { phase: 'dropped', cause: 'link-lost', bytes: 0 })
  t.regex((await wrongSource.source).reason ?? '', /does not let this host in/)
  t.is(wrongSource.t.got.length, 0)
  t.false(wrongSource.s.has(BANNER))
  await wrongSource.askT({ ask: 'abort' })
  await wrongSource.target
})

test('a pause that becomes longer than it may be is ended: the guest goes on where it was, and how long it would have been is told', async (t) => {
  const pair = await relayPair(t, { source: { maxPauseMs: 1 } })
  await pair.banner()
  pair.s.write(pair.s.memory.subarray(0, 1000))
  pair.suspend()
  t.deepEqual(await both(pair), ['dropped', 'would-pause', 'dropped', 'would-pause'])
  const { pauseMs = 0, reason } = await pair.source
  t.true(pauseMs >= 1)
  t.regex(reason ?? '', /it would stand still for about/)
  here(t, pair)
})

test('a rate holds a stream back until another one is given', async (t) => {
  const pair = await relayPair(t, { bytes: 2_000_000, source: { rateKBps: 1 } })
  await pair.banner()
  const sending = pair.s.send()
  await until('something', async () => ((await pair.askS({ ask: 'look' }))?.bytes ?? 0) > 0 || undefined)
  // At this rate it would take half an hour.
  await pair.askS({ ask: 'pace' })
  await sending
  await until('the hold', async () => (await pair.askS({ ask: 'look' }))?.phase === 'held' || undefined)
  t.true(pair.t.got.equals(pair.s.memory))
  await pair.askS({ ask: 'abort' })
  t.deepEqual(await both(pair), ['dropped', 'aborted', 'dropped', 'aborted'])
})
