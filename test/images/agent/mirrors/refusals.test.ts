// What is not what was meant, or cannot be read, is left alone by each request.
import test from 'ava'
import { OTHER } from '../disks.ts'
import { type MirrorPair, mirrorPair, type Side, suspend } from './pair.ts'
import { after, drop, endsOf, expose, go, keep, leave, MINOR, making, opening, removeCopy, STEPS, settle, sync, verify } from './steps.ts'

const reasonOf = (answer: { readonly kind: string; readonly reason?: string }): string =>
  answer.kind === 'refused' ? (answer.reason ?? '') : `not refused: ${JSON.stringify(answer)}`

/** All that a host has, but for the time of its clock. */
function picture({ host }: Side): unknown {
  const { ram } = host.state()
  return [
    ram.drbd,
    ram.dm,
    [...ram.files].filter(([path]) => path.startsWith('/run/hostless/')),
    ram.domains.map(({ name, disks }) => [name, disks]),
  ]
}

const both = ({ s, t }: MirrorPair): unknown => [picture(s), picture(t), s.state(), t.state()]

test('an LV that is not what was meant is left alone, by each request', async (t) => {
  const pair = await mirrorPair('idle')
  const { s, t: far } = pair
  const before = both(pair)
  t.regex(reasonOf(await s.ask('make-copy', making)), /is there, and no copy that is being made/)
  t.deepEqual(await s.ask('remove-copy', { generation: 1 }), { kind: 'copy-removed', was: 'not there' }, 'what counts is no copy')
  t.regex(reasonOf(await s.ask('open-mirror', { ...opening(far), sizeBytes: 4096 })), /is not a copy that is being made/)
  t.regex(reasonOf(await s.ask('open-mirror', { ...opening(s), sizeBytes: 1 << 30 })), /has 12582912 bytes, and 1073741824 are needed/)
  t.regex(reasonOf(await far.ask('open-mirror', opening(far))), /there is no LV/)
  t.regex(reasonOf(await expose(s)), /no copy/)
  t.regex(reasonOf(await expose(far)), /no copy/)
  t.regex(reasonOf(await keep(s)), /there is no copy/)
  t.regex(reasonOf(await s.ask('leave-disk', { minor: MINOR, generation: 2, untilMs: 1 })), /its generation is 1/)
  t.regex(reasonOf(await leave(s)), /open/, 'its guest runs')
  for (const side of [s, far]) {
    t.regex(reasonOf(await side.ask('swap-disk', { minor: MINOR })), /open it first/)
    t.regex(reasonOf(await side.ask('connect-mirror', endsOf(side))), /no mirror of the disk .* was reset since/)
    t.regex(reasonOf(await side.ask('pace-mirror', { minor: MINOR })), /there is no mirror/)
    t.regex(reasonOf(await sync(side)), /there is no mirror/)
    t.regex(reasonOf(await verify(side)), /nothing to compare/)
    t.regex(reasonOf(await settle(side)), /has no mirror, and was not settled/)
    t.deepEqual(await drop(side), { kind: 'mirror-dropped', was: 'not there' })
  }
  t.deepEqual(both(pair), before)
  await go(pair, 0, 1)
  const made = both(pair)
  t.regex(reasonOf(await far.ask('make-copy', { ...making, generation: 3 })), /is a copy of generation 2/)
  t.regex(reasonOf(await far.ask('make-copy', { ...making, guest: OTHER })), /no copy that is being made/)
  t.deepEqual(await far.ask('remove-copy', { generation: 3 }), { kind: 'copy-removed', was: 'not there' })
  t.regex(reasonOf(await far.ask('expose-copy', { guest: OTHER, sizeBytes: 4096 })), /no copy/)
  t.regex(reasonOf(await far.ask('keep-copy', { guest: OTHER, generation: 2, epoch: 1 })), /there is no copy/)
  t.deepEqual(both(pair), made)
  await go(pair, 1, STEPS.length)
  const mirrored = both(pair)
  t.regex(reasonOf(await s.ask('swap-disk', { minor: 8 })), /open it first/)
  t.regex(reasonOf(await s.ask('connect-mirror', { ...endsOf(s), minor: 8 })), /no mirror of the disk .* was reset since/)
  t.regex(reasonOf(await s.ask('pace-mirror', { minor: 8 })), /there is no mirror/)
  t.regex(reasonOf(await s.ask('sync-mirror', { ...endsOf(s), minor: 8 })), /there is no mirror/)
  t.regex(reasonOf(await removeCopy(far)), /a mirror has .* open: drop-mirror first/, 'a mirror has it open')
  t.deepEqual(both(pair), mirrored)
})

test('a minor that another resource has is refused', async (t) => {
  const pair = await mirrorPair('idle')
  await pair.pair.ok(pair.s.host, 'drbdsetup new-resource other')
  await pair.pair.ok(pair.s.host, `drbdsetup new-minor other ${MINOR} 0`)
  t.regex(reasonOf(await pair.s.ask('open-mirror', opening(pair.s))), /DRBD minor 7 is taken by the resource other/)
})

test('what cannot be read refuses, and changes nothing', async (t) => {
  const asks = {
    's: open-mirror': ({ s }: MirrorPair) => s.ask('open-mirror', { ...opening(s), minor: 9 }),
    's: swap-disk': ({ s }: MirrorPair) => s.ask('swap-disk', { minor: MINOR }),
    's: connect-mirror': ({ s }: MirrorPair) => s.ask('connect-mirror', endsOf(s)),
    's: pace-mirror': ({ s }: MirrorPair) => s.ask('pace-mirror', { minor: MINOR }),
    's: verify-mirror': ({ s }: MirrorPair) => verify(s),
    's: drop-mirror': ({ s }: MirrorPair) => drop(s),
    't: drop-mirror': ({ t: far }: MirrorPair) => drop(far),
    't: settle-mirror': ({ t: far }: MirrorPair) => settle(far),
  }
  for (const [name, ask] of Object.entries(asks)) {
    const pair = await mirrorPair('idle')
    await go(pair, 0, after('sync-mirror'))
    suspend(pair)
    const before = both(pair)
    for (const { host } of [pair.s, pair.t]) host.faults.order((command) => command[1] === 'events2', { kind: 'fails' })
    t.regex(reasonOf(await ask(pair)), /what DRBD does on this host is not known/, name)
    t.deepEqual(both(pair), before, name)
  }
})

test('copies whose VG cannot be read are neither made, shown, kept, left nor removed', async (t) => {
  const asks = [
    (pair: MirrorPair) => pair.t.ask('make-copy', making),
    (pair: MirrorPair) => expose(pair.t),
    (pair: MirrorPair) => keep(pair.t),
    (pair: MirrorPair) => removeCopy(pair.t),
    (pair: MirrorPair) => leave(pair.s),
  ]
  for (const [index, ask] of asks.entries()) {
    const pair = await mirrorPair('idle')
    await go(pair, 0, 1)
    const before = both(pair)
    for (const { host } of [pair.s, pair.t]) host.faults.order('lvm', { kind: 'fails' })
    t.is((await ask(pair)).kind, 'refused', String(index))
    t.deepEqual(both(pair), before, String(index))
  }
})

test('what was meant for another VG of that name is refused', async (t) => {
  const pair = await mirrorPair('idle')
  const vg = { ...pair.s.vg, uuid: pair.t.vg.uuid }
  t.is((await pair.s.ask('open-mirror', { ...opening(pair.s), vg } as never)).kind, 'refused')
  t.deepEqual(pair.s.host.state().ram.drbd, [])
})
