// Links that are cut, mirrors that stand still or differ, disks that fail and hosts that die, under a guest that writes all the time.
import test from 'ava'
import { findDevice } from '../../../../images/agent/simulator/state/devices.ts'
import { stall } from '../../../../images/agent/simulator/state/drbd.ts'
import { stampAt } from '../../../../images/agent/simulator/state/io.ts'
import { cut, heal } from '../../../../images/agent/simulator/state/power.ts'
import { withRam } from '../../../../images/agent/simulator/state/site.ts'
import { mapOfLv } from '../../../../images/agent/volumes/lvm.ts'
import { deviceOf, lvOf } from '../../../../manager/protocol/guest-disk.ts'
import { guestOf } from '../simulator/pair.ts'
import { DISK, type MirrorPair, mirrorPair, SECRET, startGuest, suspend } from './pair.ts'
import { after, before, drop, endsOf, expose, go, keep, MINOR, STEPS, settle, sync, takenBack, verify } from './steps.ts'

const reasonOf = (answer: { readonly kind: string; readonly reason?: string }): string =>
  answer.kind === 'refused' ? (answer.reason ?? '') : `not refused: ${JSON.stringify(answer)}`

const cutLink = ({ pair: { site } }: MirrorPair) => site.change((now) => cut(now, 'a', 'b'))
const healLink = ({ pair: { site } }: MirrorPair) => site.change((now) => heal(now, 'a', 'b'))
const standStill = ({ pair: { site } }: MirrorPair) => site.change((now) => stall(now, 'a', deviceOf(DISK)))

/** 4 KiB of T's copy are not what S has. */
function rot({ pair: { site }, t }: MirrorPair): void {
  const copy = findDevice(site.state, 'b', `/dev/mapper/${mapOfLv(t.vg.name, lvOf(DISK))}`)?.kname ?? ''
  site.change((now) => {
    const wrote = stampAt(now, 'b', copy, 800, 8, 'rot')
    return wrote.kind === 'done' ? wrote.value : now
  })
}

test('what T has not whole is not settled, and stays a mirror', async (t) => {
  for (const to of STEPS.keys()) {
    if (to >= after('sync-mirror')) break
    const pair = await mirrorPair()
    await go(pair, 0, to)
    suspend(pair)
    t.regex(reasonOf(await settle(pair.t)), /has not all|has no mirror, and was not settled/, STEPS[to - 1]?.name)
    t.is(pair.t.host.state().ram.drbd.length, to > before('open-mirror', 'T') ? 1 : 0)
    t.not(pair.t.state(), 'ready')
  }
})

test('a link that is cut and healed costs a resynchronisation by the bitmap, and the answer tells of the handshake', async (t) => {
  const pair = await mirrorPair()
  const { site } = pair.pair
  await go(pair, 0, after('sync-mirror'))
  cutLink(pair)
  site.pass(5_000)
  t.regex(reasonOf(await settle(pair.t)), /has not all: Connecting/)
  const again = sync(pair.s)
  healLink(pair)
  t.like(await again, { kind: 'mirror-synced' })
  suspend(pair)
  t.like(await settle(pair.t), { kind: 'mirror-settled', was: 'not settled' })
  t.true(pair.same())
})

test('what DRBD has left in sockets of a link that was cut is ended when the two meet again, and with the mirror on both', async (t) => {
  const pair = await mirrorPair()
  const { site } = pair.pair
  const left = () => [pair.s, pair.t].map(({ host }) => host.state().ram.leftSockets ?? 0)
  const part = () => {
    cutLink(pair)
    site.pass(5_000)
    healLink(pair)
    site.pass(5_000)
  }
  await go(pair, 0, after('sync-mirror'))
  t.deepEqual(left(), [0, 0])
  part()
  t.deepEqual(left(), [2, 2])
  await sync(pair.s)
  t.deepEqual(left(), [0, 2])
  await expose(pair.t)
  suspend(pair)
  t.is((await settle(pair.t)).kind, 'mirror-settled')
  t.is((await keep(pair.t)).kind, 'copy-kept')
  t.deepEqual(left(), [0, 0])
  const other = await mirrorPair()
  await go(other, 0, after('sync-mirror'))
  cutLink(other)
  other.pair.site.pass(5_000)
  for (const side of [other.s, other.t]) t.is((await drop(side)).kind, 'mirror-dropped')
  t.deepEqual(
    [other.s, other.t].map(({ host }) => host.state().ram.leftSockets),
    [0, 0],
  )
})

test('ends that parted once both were the same, and have met again, are of another generation when the copy is settled', async (t) => {
  for (const parts of [false, true]) {
    const pair = await mirrorPair()
    await go(pair, 0, before('sync-mirror'))
    const first = await sync(pair.s)
    if (parts) {
      cutLink(pair)
      pair.pair.site.pass(5_000)
      healLink(pair)
      pair.pair.site.pass(5_000)
    }
    suspend(pair)
    const last = await settle(pair.t)
    if (first.kind !== 'mirror-synced' || last.kind !== 'mirror-settled') return t.fail(JSON.stringify([first, last]))
    t.regex(last.mirrored ?? '', /^[0-9A-F]{16}$/)
    t.is(last.mirrored === first.generation, !parts)
    t.deepEqual(await settle(pair.t), { ...last, was: 'settled' }, 'as it was told before')
  }
})

test('where generations cannot be read nobody says that both are the same, and the copy is not settled; asked again it is', async (t) => {
  const pair = await mirrorPair()
  await go(pair, 0, before('sync-mirror'))
  const unread = { kind: 'fails', code: 20, stderr: 'it does not work' } as const
  pair.s.host.faults.order('drbdsetup get-gi', unread, 2)
  t.regex(reasonOf(await sync(pair.s)), /generations cannot be read/)
  t.like(await sync(pair.s), { kind: 'mirror-synced' })
  suspend(pair)
  pair.t.host.faults.order('drbdsetup get-gi', unread, 1)
  t.regex(reasonOf(await settle(pair.t)), /generations cannot be read/)
  t.like(await settle(pair.t), { kind: 'mirror-settled', was: 'not settled' })
})

test('a synchronisation that is asked for again, as its agent was gone, counts meetings of before', async (t) => {
  const pair = await mirrorPair()
  await go(pair, 0, before('sync-mirror'))
  const handshakes = async () => {
    const answer = await sync(pair.s)
    return answer.kind === 'mirror-synced' ? answer.handshakes : answer.reason
  }
  t.is(await handshakes(), 1)
  t.is(await handshakes(), 1, 'they have been together since')
  cutLink(pair)
  pair.pair.site.pass(5_000)
  healLink(pair)
  pair.pair.site.pass(5_000)
  t.is(await handshakes(), 2)
  const other = await mirrorPair()
  await go(other, 0, before('pace-mirror'))
  await other.s.ask('pace-mirror', { minor: MINOR, rateKBps: 1000 })
  const ended = new AbortController()
  let looks = 0
  other.s.host.listen(([, verb]) => {
    looks += verb === 'events2' ? 1 : 0
    if (looks === 3) ended.abort()
  })
  other.s.task = { ...other.s.task, signal: ended.signal }
  t.like(await sync(other.s), { kind: 'refused', cause: 'cancelled' })
  other.s.task = { ...other.s.task, signal: new AbortController().signal }
  t.like(await sync(other.s), { kind: 'mirror-synced', handshakes: 2 }, 'whatever happened between the two')
})

test('a comparison in which the two part is made again; where they part each time nobody says that they are the same', async (t) => {
  for (const parts of [1, 9]) {
    const pair = await mirrorPair()
    await go(pair, 0, after('sync-mirror'))
    let [verifies, cuts] = [0, 0]
    pair.s.host.listen(([, verb]) => {
      if (verb === 'verify') verifies += 1
      else if (verb === 'events2' && verifies > cuts && cuts < parts) {
        cuts += 1
        cutLink(pair)
        healLink(pair)
      }
    })
    const answer = await verify(pair.s)
    if (parts === 1) t.deepEqual([answer.kind, verifies], ['mirror-verified', 2])
    else t.regex(reasonOf(answer), /differed, or were parted, in each of 3 comparisons/)
  }
})

test('a link that is cut while it copies counts as another handshake', async (t) => {
  const pair = await mirrorPair()
  await go(pair, 0, before('pace-mirror'))
  await pair.s.ask('pace-mirror', { minor: MINOR, rateKBps: 1000 })
  let looks = 0
  pair.s.host.listen(([, verb]) => {
    looks += verb === 'events2' ? 1 : 0
    if (looks === 3) cutLink(pair)
    if (looks === 6) healLink(pair)
  })
  t.like(await sync(pair.s), { kind: 'mirror-synced', handshakes: 2 })
  t.true(pair.same())
})

test('a link that stays cut is refused, and the guest goes on', async (t) => {
  const pair = await mirrorPair()
  await go(pair, 0, before('sync-mirror'))
  cutLink(pair)
  t.regex(reasonOf(await sync(pair.s)), /stands still, and did so after it was joined anew 3 times: Connecting/)
  t.deepEqual(pair.lost(), [])
  t.deepEqual(await takenBack(pair), [])
})

test('a synchronisation that stands still is joined anew, and counted', async (t) => {
  const pair = await mirrorPair('idle')
  await go(pair, 0, before('sync-mirror'))
  standStill(pair)
  const answer = await sync(pair.s)
  t.true(answer.kind === 'mirror-synced' && answer.handshakes === 2 && answer.milliseconds > 60_000, JSON.stringify(answer))
  t.true(pair.same())
})

test('one that never moves is refused', async (t) => {
  const pair = await mirrorPair('idle')
  await go(pair, 0, before('pace-mirror'))
  await pair.s.ask('pace-mirror', { minor: MINOR, rateKBps: 4 })
  pair.s.host.listen(([, verb]) => {
    if (verb === 'events2') standStill(pair)
  })
  t.regex(reasonOf(await sync(pair.s)), /stands still, and did so after it was joined anew 3 times: Connected, SyncSource/)
})

test('what protocol the ends have outlives being joined anew: a comparison that stands still after sync-mirror comes to its end', async (t) => {
  const pair = await mirrorPair()
  await go(pair, 0, after('sync-mirror'))
  let verifies = 0
  let isStalled = false
  pair.s.host.listen(([, verb]) => {
    if (verb === 'verify') verifies += 1
    else if (verifies === 1 && !isStalled) {
      isStalled = true
      standStill(pair)
    }
  })
  t.like(await verify(pair.s), { kind: 'mirror-verified' })
  t.is(verifies, 2, 'the first has not come to its end')
  const protocols = [pair.s, pair.t].map(({ host }) => host.state().ram.drbd[0]?.connection?.options.get('protocol'))
  t.deepEqual(protocols, ['C', 'C'])
  suspend(pair)
  t.like(await settle(pair.t), { was: 'not settled' })
})

test('copies that differ are found by a comparison, not settled until they are the same, and are made so', async (t) => {
  const pair = await mirrorPair()
  await go(pair, 0, after('sync-mirror'))
  rot(pair)
  t.false(pair.same())
  await pair.pair.ok(pair.s.host, `drbdsetup verify ${MINOR}`)
  t.regex(reasonOf(await settle(pair.t)), /has not all: Connected, Verify/, 'it is being compared')
  pair.pair.site.pass(10_000)
  t.regex(reasonOf(await settle(pair.t)), /4096 bytes out of sync/)
  t.like(await verify(pair.s), { kind: 'mirror-verified' })
  t.true(pair.same())
  suspend(pair)
  t.like(await settle(pair.t), { was: 'not settled' })
})

test('two ends with other secrets never mirror; no reason has the secret, and a label is no secret', async (t) => {
  const pair = await mirrorPair()
  await go(pair, 0, before('connect-mirror', 'T'))
  t.regex(reasonOf(await pair.t.ask('connect-mirror', { ...endsOf(pair.t), secret: { of: 'x' } })), /label of a secret/)
  await pair.t.ask('connect-mirror', { ...endsOf(pair.t), secret: SECRET.replace('a', 'b') })
  const stderr = `unrecognized option '--shared-secret=${SECRET}'`
  pair.s.host.faults.order('drbdsetup connect', { kind: 'fails', code: 20, stderr }, 1)
  const broken = await pair.s.ask('connect-mirror', endsOf(pair.s))
  t.regex(reasonOf(broken), /unrecognized option/)
  t.like(await pair.s.ask('connect-mirror', endsOf(pair.s)), { kind: 'mirror-connected' })
  const refusal = await sync(pair.s)
  t.regex(reasonOf(refusal), /stands still/)
  t.false(JSON.stringify([refusal, broken]).includes(SECRET))
  t.deepEqual(await takenBack(pair), [])
})

test('a failed disk of S is not swapped back to, nor synchronised: the guest lives on what T has', async (t) => {
  const pair = await mirrorPair()
  await go(pair, 0, after('sync-mirror'))
  await pair.pair.ok(pair.s.host, `drbdsetup detach ${MINOR}`)
  t.regex(reasonOf(await drop(pair.s)), /would lose writes/)
  t.regex(reasonOf(await sync(pair.s)), /has failed here/)
  t.regex(reasonOf(await verify(pair.s)), /has failed here/)
  t.regex(reasonOf(await pair.s.ask('open-mirror', { minor: MINOR, sizeBytes: 12 << 20, role: 'primary' })), /would lose writes/)
  t.regex(await pair.pair.ok(pair.s.host, 'drbdsetup events2 --now --statistics'), /connection:Connected/, 'it is not even parted')
  t.deepEqual(pair.lost(), [])
})

test('a guest that writes past a mirror is never led onto it once it is joined', async (t) => {
  const pair = await mirrorPair()
  await go(pair, 0, before('swap-disk'))
  for (const side of [pair.t, pair.s]) await side.ask('connect-mirror', endsOf(side))
  t.regex(reasonOf(await pair.s.ask('swap-disk', { minor: MINOR })), /is joined already, and what the guest writes goes past it/)
  t.deepEqual(await takenBack(pair), [])
  t.deepEqual(pair.lost(), [])
})

test('a guest that starts anew on S while its disk is mirrored writes through the mirror, and never past it', async (t) => {
  for (const to of [after('open-mirror'), after('swap-disk'), after('connect-mirror'), STEPS.length]) {
    for (const device of ['there', 'gone']) {
      const pair = await mirrorPair()
      await go(pair, 0, to)
      await pair.pair.ok(pair.s.host, 'xl destroy web')
      if (device === 'gone') await pair.pair.ok(pair.s.host, `dmsetup remove ${deviceOf(DISK)}`)
      t.is(await startGuest(pair.s), 'started', STEPS[to - 1]?.name)
      t.regex(await pair.pair.ok(pair.s.host, `dmsetup table ${deviceOf(DISK)}`), /linear 147:7 0/, STEPS[to - 1]?.name)
      const rest = await go(pair, to, STEPS.length)
      t.deepEqual(
        rest.filter(({ kind }) => kind === 'refused'),
        [],
      )
      t.deepEqual(await takenBack(pair), [])
    }
  }
})

test('S that dies before the hand-over has its whole disk; T that dies leaves the guest where it is', async (t) => {
  t.timeout(120_000)
  for (let to = 1; to <= STEPS.length; to += 1) {
    const what = STEPS[to - 1]?.name
    const pair = await mirrorPair()
    const { site } = pair.pair
    await go(pair, 0, to)
    const workload = guestOf(pair.s.host, 'web')?.workload
    pair.s.host.die()
    pair.s.host.boot()
    t.is(await startGuest(pair.s), 'started')
    if (workload) {
      const domains = pair.s.host.state().ram.domains.map((one) => (one.name === 'web' ? { ...one, workload } : one))
      site.change((now) => withRam(now, 'a', { domains }))
    }
    t.deepEqual(pair.lost(), [], `S dies after ${what}`)
    t.deepEqual(await takenBack(pair), [], `S dies after ${what}`)
    const other = await mirrorPair()
    await go(other, 0, to)
    other.t.host.die()
    other.pair.site.pass(2_000)
    t.like(await drop(other.s), { kind: 'mirror-dropped' }, `T dies after ${what}`)
    other.t.host.boot()
    t.deepEqual(await takenBack(other), [], `T dies after ${what}`)
    other.pair.site.pass(1_000)
    t.deepEqual(other.lost(), [], `T dies after ${what}`)
  }
})

test('T that dies once its copy was settled knows nothing of it: the copy is not settled, and nobody else’s', async (t) => {
  const pair = await mirrorPair()
  await go(pair, 0, STEPS.length)
  suspend(pair)
  t.like(await settle(pair.t), { was: 'not settled' })
  pair.t.host.die()
  pair.t.host.boot()
  t.regex(reasonOf(await settle(pair.t)), /whether it has all is not known/)
  t.deepEqual(await takenBack(pair), [])
  t.is(reasonOf(await keep(pair.t)).includes('no copy'), true)
  t.regex(reasonOf(await expose(pair.t)), /there is no copy/)
})
