// Whatever ends a live migration before its time, the guest goes on where it was, and nothing is left of the stream.
import test from 'ava'
import { buildUnborn } from '../../../../../images/agent/simulator/state/migration.ts'
import { cut } from '../../../../../images/agent/simulator/state/power.ts'
import { killRelay, killXl } from '../../../../../images/agent/simulator/state/streams.ts'
import { lostWrites } from '../../../../../images/agent/simulator/state/time.ts'
import { streamPlaces } from '../../../../../images/agent/streams/places.ts'
import { guestOf } from '../../simulator/pair.ts'
import { HERE, stayed } from './ends.ts'
import { MIGRATION, moving } from './moving.ts'

test('an undo in each phase leaves the guest where it was, and the same move can be ordered again at once', async (t) => {
  for (const phase of ['opened', 'prepared', 'streaming', 'held'] as const) {
    const move = await moving()
    const { a, ask } = move
    if (phase === 'opened') await move.open()
    if (phase === 'prepared') await move.ready()
    if (phase === 'held') await move.held()
    if (phase === 'streaming') {
      const control = new AbortController()
      const sending = ask(a, await move.ready(), {
        signal: control.signal,
        tell: ({ phase: now }) => now === 'streaming' && control.abort(),
      })
      t.like(await sending, { kind: 'refused', cause: 'cancelled' })
    }
    t.is((await move.endReceive('not moved')).kind, 'receive-ended', phase)
    t.is((await move.endSend('not moved')).kind, 'send-ended', phase)
    await stayed(t, move, phase)
    const again = { migration: 'm-2' }
    t.like(await ask(a, await move.ready(again, again)), { outcome: { kind: 'held' } }, phase)
  }
})

test('a plan of which nothing came, as the agent ended before xl began, is no stream: it goes on here, and nothing is left', async (t) => {
  const move = await moving()
  const { kind: _, name: _name, ...plan } = await move.ready()
  await move.a.files.write(streamPlaces(MIGRATION).plan, JSON.stringify({ end: 'source', ...plan }), 0o600)
  t.is((await move.endReceive('not moved')).kind, 'receive-ended')
  t.deepEqual(await move.endSend('not moved', 'dropped'), { kind: 'send-ended', was: 'there' })
  await stayed(t, move)
})

test('the wrong pin on either side: nothing is sent, and the guest never stood still', async (t) => {
  const move = await moving()
  const { a, ask } = move
  const send = await move.ready()
  t.like(await ask(a, { ...send, to: { ...send.to, pin: 'f'.repeat(64) } }), {
    outcome: { kind: 'given-up', cause: 'wrong-peer' },
    bytes: 0,
    pausedMs: 0,
  })
  await move.endReceive('not moved')
  await move.endSend('not moved')
  await stayed(t, move)
  const other = await moving()
  const sending = await other.ready()
  await other.ask(other.b, {
    ...{ kind: 'accept-send', migration: MIGRATION, guest: other.guest.uuid },
    ...{ pin: 'f'.repeat(64), address: other.a.machine().address },
  })
  t.like(await other.ask(other.a, sending), { outcome: { kind: 'given-up', cause: 'link-lost' }, pausedMs: 0 })
})

test('a relay that is killed on either side, or a link that is cut, before the word: it goes on at the source, and the target is clean', async (t) => {
  for (const phase of ['streaming', 'held'] as const)
    for (const what of ['relay of a', 'relay of b', 'link', 'xl of b'] as const) {
      const move = await moving()
      const { a, b, ask, site } = move
      const strike = (): void =>
        site.change((now) => {
          if (what === 'relay of a') return killRelay(now, 'a', MIGRATION)
          if (what === 'relay of b') return killRelay(now, 'b', MIGRATION)
          return what === 'link' ? cut(now, 'a', 'b') : killXl(now, 'b', MIGRATION)
        })
      let isStruck = false
      const tell = ({ phase: now }: { readonly phase: string }): void => {
        if (now !== phase || isStruck) return
        isStruck = true
        strike()
      }
      const answer = await ask(a, await move.ready(), { tell })
      const message = `${phase}: ${what}`
      t.true(isStruck, message)
      if (phase === 'streaming') t.like(answer, { outcome: { kind: 'given-up' } }, message)
      t.deepEqual(move.domains(a), HERE, message)
      t.like(await move.go(), { outcome: { kind: 'dropped' } }, message)
      t.is((await move.endReceive('not moved')).kind, 'receive-ended', message)
      t.is((await move.endSend('not moved')).kind, 'send-ended', message)
      await stayed(t, move, message)
      t.deepEqual(b.state().ram.domains, [], message)
    }
})

test('xl of the source is killed: while the guest runs that is said, and it was not given up; once it stands still nobody can tell from there', async (t) => {
  for (const [phase, outcome] of [
    ['streaming', { kind: 'given-up', cause: 'xl-failed', reason: 'xl migrate was killed before its time.' }],
    ['suspended', { kind: 'undefined' }],
  ] as const) {
    const move = await moving()
    const tell = ({ phase: now }: { readonly phase: string }): void => {
      if (now === phase) move.site.change((site) => killXl(site, 'a', MIGRATION))
    }
    t.like(await move.ask(move.a, await move.ready(), { tell }), { outcome }, phase)
    if (phase === 'streaming') t.deepEqual(move.domains(move.a), HERE)
  }
})

test('what xl has died over before it had a name is none of the guest: a look passes it by, it has not come, and the next move takes it away', async (t) => {
  const move = await moving()
  const { b, ask, guest, site } = move
  const leave = (): void => site.change((now) => buildUnborn(now, 'b', { uuid: guest.uuid, type: 'pvh' }))
  leave()
  t.is((await move.open()).kind, 'receive-opened')
  t.deepEqual(b.state().ram.domains, [], 'of an earlier move')
  leave()
  t.like(await ask(b, { kind: 'look-stream', migration: MIGRATION, guest: guest.uuid }), { domains: [] })
  t.like(await move.endReceive('moved'), { kind: 'refused' })
  t.is((await move.endReceive('not moved')).kind, 'receive-ended')
  await stayed(t, move)
})

test('nobody decides: the source takes it back by itself, and a go that comes then does nothing', async (t) => {
  const move = await moving()
  t.like(await move.held(), { outcome: { kind: 'held' } })
  move.site.pass(10_001)
  t.deepEqual([move.domains(move.a), move.domains(move.b)], [HERE, []])
  t.like(await move.go(), { outcome: { kind: 'dropped', cause: 'hold-expired' } })
  await move.endReceive('not moved')
  await move.endSend('not moved')
  await stayed(t, move)
})

test('the source is reset in the hold: the target has nothing that goes on, and says so', async (t) => {
  const move = await moving()
  await move.held()
  move.a.die()
  t.like(await move.go(), { outcome: { kind: 'dropped', cause: 'link-lost' } })
  t.is((await move.endReceive('not moved')).kind, 'receive-ended')
  t.deepEqual([move.domains(move.b), move.left(move.b), await move.kept(move.b)], [[], [], undefined])
})

test('the target is reset in the hold: the guest goes on at the source by itself', async (t) => {
  const move = await moving()
  await move.held()
  move.b.die()
  move.site.pass(100)
  t.deepEqual(move.domains(move.a), HERE)
  t.is((await move.endSend('not moved')).kind, 'send-ended')
  t.is(await move.kept(move.a), 'started')
})

test('a pause that would be too long is no move: the guest goes on, and about how long it would have been is told', async (t) => {
  const move = await moving()
  const answer = await move.ask(move.a, await move.ready({ maxPauseMs: 2 }))
  t.like(answer, { outcome: { kind: 'given-up', cause: 'would-pause' } })
  t.true(answer.kind === 'guest-sent' && answer.outcome.kind === 'given-up' && (answer.outcome.pauseMs ?? 0) >= 2)
  await move.endReceive('not moved')
  await move.endSend('not moved')
  await stayed(t, move)
})

test('none of its writes is lost by a move that is given up in the hold', async (t) => {
  const move = await moving()
  await move.held()
  await move.endReceive('not moved')
  await move.endSend('not moved')
  move.site.pass(10_000)
  const guest = guestOf(move.a, 'web1')
  t.deepEqual(guest && lostWrites(move.site.state, 'a', guest), [])
})
