import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { newAttemptId, openAttemptStore } from '../../../appliance/store/attempts.ts'
import { openStore } from '../../../appliance/store/database.ts'
import { apply, newTracker, openAttempt, type Tracker, views } from '../../../appliance/timeline/tracker.ts'
import type { Mac } from '../../../appliance/wire/addresses.ts'
import { mac } from '../boot/plans.ts'
import { dhcp, MAC, NAMES, NORMAL, report, script, T0, type Timed } from '../timeline/boots.ts'

const directory = mkdtempSync(join(tmpdir(), 'hostless-attempts-'))
test.after.always(() => rmSync(directory, { recursive: true }))

/** A tracker whose writes go to a store, as main.ts wires them. */
function booting(file = ':memory:') {
  const store = openStore(file)
  const attempts = openAttemptStore(store)
  let tracker: Tracker = newTracker(NAMES, attempts.load())
  let boots = 0
  return {
    store,
    attempts,
    now: () => tracker,
    play(events: readonly Timed[], from = 0, of: Mac = MAC) {
      for (const [seconds, event] of events) {
        const change = apply(tracker, of, event, T0 + (from + seconds) * 1000, `boot${boots}`)
        boots += change.tracker === tracker ? 0 : 1
        attempts.save(change.write)
        tracker = change.tracker
      }
    },
  }
}

const pinnedTo = (events: readonly Timed[], generation: string): readonly Timed[] =>
  events.map(([seconds, event]) => [seconds, event.kind === 'script' ? script(generation) : event])
const nobody = () => undefined

test('an attempt id is 16 characters of base32 and never the same', (t) => {
  const ids = Array.from({ length: 200 }, () => newAttemptId())
  t.true(ids.every((id) => /^[a-z2-7]{16}$/.test(id)))
  t.is(new Set(ids).size, 200)
})

test('after a crash at any event the attempt goes on where it was', (t) => {
  for (const [index] of NORMAL.entries()) {
    const file = join(directory, `crash-${index}.sqlite`)
    const before = booting(file)
    before.play(NORMAL.slice(0, index + 1))
    // No close: what was saved must be there for another process already.
    const after = booting(file)
    const at = T0 + 30_000
    t.deepEqual(views(after.now(), at), views(before.now(), at), `crash after event ${index}`)
    after.play(NORMAL.slice(index + 1))
    t.like(views(after.now(), at), [{ state: 'up', generation: '0123456789abcdef' }])
    t.is(views(after.now(), at).length, 1)
    after.store.close()
    before.store.close()
  }
})

test('a token is fresh for each script, and only the hash of the last one is kept', (t) => {
  const { store, attempts, play } = booting()
  play(NORMAL.slice(0, 7))
  const [first, second] = [attempts.issueToken('boot0'), attempts.issueToken('boot0')]
  t.regex(first, /^[A-Za-z0-9_-]{43}$/)
  t.not(first, second)
  const kept = store.prepare('SELECT token_hash FROM attempts').pluck().get()
  t.is(kept, createHash('sha256').update(second).digest('hex'))
  const everything = JSON.stringify([store.prepare('SELECT * FROM attempts').all(), store.prepare('SELECT * FROM boot_events').all()])
  t.false(everything.includes(first) || everything.includes(second))
  play(NORMAL.slice(7))
  t.is(store.prepare('SELECT token_hash FROM attempts').pluck().get(), kept, 'later events leave it alone')
  t.throws(() => attempts.issueToken('nope'), { message: /nope is not in the store/ })
})

test('an attempt that was opened for a script is in the store, so that its token can be made', (t) => {
  const { attempts, now } = booting()
  const opened = openAttempt(now(), mac('52:54:00:99:00:01'), T0, 'abcdefghijklmn23')
  attempts.save(opened.write)
  t.regex(attempts.issueToken(opened.attempt.id), /^.{43}$/)
})

test('running is the generation that each host booted last', (t) => {
  const { attempts, play } = booting()
  const other = mac('52:54:00:77:00:02')
  play(pinnedTo(NORMAL, '00000000000000aa'))
  play(pinnedTo(NORMAL, '00000000000000bb'), 100)
  play(pinnedTo(NORMAL, '00000000000000aa'), 0, other)
  t.deepEqual(JSON.parse(JSON.stringify(attempts.running((one) => NAMES.get(one)))), [
    { mac: MAC, host: 'node01', image: 'dom0', generation: '00000000000000bb', since: T0 + 100_000 },
    { mac: other, image: 'dom0', generation: '00000000000000aa', since: T0 },
  ])
})

test('what a host runs is what it booted last, by whichever of its NICs', (t) => {
  const { attempts, play } = booting()
  const other = mac('52:54:00:77:00:02')
  play(pinnedTo(NORMAL, '00000000000000aa'))
  play(pinnedTo(NORMAL, '00000000000000bb'), 100, other)
  t.deepEqual(
    attempts.running(() => 'node01').map(({ generation }) => String(generation)),
    ['00000000000000bb'],
  )
})

test('a boot that has not mounted its root protects its generation and the one before', (t) => {
  const { attempts, play } = booting()
  play(pinnedTo(NORMAL, '00000000000000aa'))
  play(pinnedTo(NORMAL.slice(0, 8), '00000000000000bb'), 100)
  t.deepEqual(
    attempts.running(nobody).map(({ generation }) => String(generation)),
    ['00000000000000aa', '00000000000000bb'],
  )
  play([[9, report('root')]], 100)
  t.deepEqual(
    attempts.running(nobody).map(({ generation }) => String(generation)),
    ['00000000000000bb'],
  )
})

test('a host that never got a script runs nothing; the same generation twice counts once', (t) => {
  const { attempts, play } = booting()
  play([[0, dhcp('DISCOVER', 'firmware')]])
  t.deepEqual(attempts.running(nobody), [])
  play(NORMAL, 200)
  play(NORMAL.slice(0, 8), 300)
  t.deepEqual(
    attempts.running(nobody).map(({ since }) => since),
    [T0 + 300_000],
  )
})

test('what is forgotten is gone with its events', (t) => {
  const { store, attempts, play } = booting()
  play(NORMAL)
  attempts.save([{ kind: 'forget', id: 'boot0' }])
  t.deepEqual(attempts.load(), [])
  t.is(store.prepare('SELECT count(*) FROM boot_events').pluck().get(), 0)
})

test('rows that this version cannot read are left out, the rest is loaded', (t) => {
  const { store, attempts, play } = booting()
  play(NORMAL.slice(0, 3))
  store
    .prepare(
      "INSERT INTO boot_events (attempt, seq, at, event) VALUES ('boot0', 50, 1, '{broken'), ('boot0', 51, 1, '{\"event\":{\"kind\":\"later\"}}')",
    )
    .run()
  store.prepare("INSERT INTO attempts (id, mac, started) VALUES ('odd', 'no mac', 1)").run()
  t.deepEqual(
    attempts.load().map(({ id, events }) => [id, events.length]),
    [['boot0', 3]],
  )
})
