// `migrate-guest`: a guest goes to another host with its disks, live, or stopped for a moment where it cannot. Everything up to the hand-over
// is taken back where it does not come to that; nothing after it needs the old host, and what cannot be cleared away there at once is told,
// and not called a failure.
import { recipe } from '../../automation/recipe.ts'
import { all, hook, inTurn, newId, now, progress, type Steps, settle } from '../../automation/steps.ts'
import type { Need } from '../../claims/needs.ts'
import { lvOf } from '../../protocol/guest-disk.ts'
import { notOn, otherDisks } from '../guests/outdated.ts'
import { claimed, guestLock, look, remember, rowsUndo } from '../guests/parts.ts'
import { diskPart } from '../guests/rows.ts'
import { hostLock, vgLock, vgOfAllLocks } from '../locks.ts'
import { type MigrateArgs, migrateArgs } from './args.ts'
import { cleared } from './clearing.ts'
import { copyMade, exposed, type Mirrored, mirrored, opened, settled, synced } from './disks.ts'
import { endMove } from './history.ts'
import { kernelBrought } from './kernel.ts'
import { type Held, held, NotMoved, passedOn, saySeconds } from './memory.ts'
import { halted, START, STOP, started } from './restarting.ts'
import { MOVED, moveRows } from './rows.ts'
import { completed, SEED, seeded } from './seeding.ts'
import { fenced, going, joined, staying } from './shared.ts'
import { copying, streaming } from './turns.ts'

export const MIGRATE_GUEST = recipe<MigrateArgs>({
  name: 'migrate-guest',
  version: 5,
  parse: (given) => migrateArgs.parse(given),
  title: ({ guest, from, to, way }) => `migrate ${guest.name} from ${from.name} to ${to.name}${SAID[way]}`,
  locks: ({ guest, from, to, disks, sharedVgs }) => [
    guestLock(guest),
    ...[from, to].map((host) => hostLock(host, 'shared')),
    ...[...new Set(disks.map((disk) => disk.from.name))].map((vg) => vgLock(from, vg, 'shared')),
    ...[...new Set(disks.map((disk) => disk.to.name))].map((vg) => vgLock(to, vg, 'shared')),
    ...vgOfAllLocks([...disks.map((disk) => disk.from), ...disks.map((disk) => disk.to)], sharedVgs),
  ],
  outdated: async (db, { guest, from, disks }) => (await notOn(db, guest, from)) ?? (await otherDisks(db, guest, disks)),
  phases: ['claim', 'copy', 'mirror', SEED, 'sync', 'memory', STOP, 'settle', 'hand over', START, MOVED],
  noReturn: 'hand over',
  run: migrate,
  rows: moveRows,
  ended: endMove,
})

const SAID = { live: '', stopped: ', stopped', restarted: ', with a stop' } as const

export interface Migrated {
  readonly guest: string
  readonly on: string
  readonly seconds: number
  /** Of one that moved live: how much was sent. */
  readonly memoryBytes?: number
  /** Of its disks, and how many were sent for them. */
  readonly diskBytes?: number
  readonly sentBytes?: number
  /** For which it stood still at most, or was down but for its own boot. */
  readonly pauseMs?: number
  /** What is left to clear away, and why it was not. */
  readonly pending: readonly string[]
  /** LVs of the old host that are kept for good, as there are snapshots of them; left out: there are none. */
  readonly kept?: readonly string[]
}

function* migrate(args: MigrateArgs): Steps<Migrated> {
  const { guest, from, to, way } = args
  const { uuid, name } = guest
  const told = { guest: name, uuid, from: from.name, to: to.name, way }
  yield* hook('before', 'migrate', told)
  const began = yield* now()
  yield* progress('claim', `what ${name} needs of ${to.name}`)
  const given = yield* claimed(rowsUndo(`give back what ${name} needs of ${to.name}`, `hostless vm show ${name}`), needsOf(args))
  // Before there is a copy: a host without its manager's database tells which copy counts by what is written here, and by the LVs' tags.
  if (args.remembered) {
    const { vg, record, before } = args.remembered
    yield* remember(to, name, { vg, record: { ...record, arriving: way === 'live' ? 'live' : 'stopped' } }, before)
  }
  if (way !== 'stopped') yield* kernelBrought(args)
  const { mirrors, sent } = going(args).length === 0 ? NOTHING : yield* inTurn(copying(args), () => copied(args, given))
  const copiedAt = yield* now()
  const stream = way === 'live' ? yield* inTurn(streaming(args), () => moved(args, mirrors, copiedAt)) : undefined
  const since = way === 'restarted' ? yield* now() : undefined
  const whole = args.restarting && since !== undefined ? yield* halted(args, args.restarting, mirrors) : mirrors
  if (stream === undefined) {
    yield* progress('settle')
    if (staying(args).length > 0) yield* fenced(args, staying(args))
    yield* settled(args, whole)
    yield* progress('hand over', name)
  }
  yield* since === undefined ? progress(MOVED, sayMoved(args, sent, stream)) : progress(START, `${name} on ${to.name}`)
  yield* settle()
  const up = since === undefined ? undefined : yield* started(args, mirrors)
  const downMs = up?.kind === 'up' && since !== undefined ? up.at - since : undefined
  if (up) yield* progress(MOVED, sayMoved(args, sent, undefined, downMs))
  const { pending, kept } = yield* cleared(args, mirrors, stream)
  yield* all([from, to].map((host) => () => look(host)))
  yield* hook('after', 'migrate', told)
  if (up?.kind === 'down') throw new NotStarted([up.why, ...pending].join('; '))
  const seconds = Math.round(((yield* now()) - began) / 1000)
  return {
    ...{ guest: uuid, on: to.id, seconds, pending },
    ...(kept.length > 0 ? { kept } : {}),
    ...(stream ? { memoryBytes: stream.bytes, pauseMs: stream.pausedMs } : {}),
    ...(downMs === undefined ? {} : { pauseMs: downMs }),
    ...(sent === undefined ? {} : { diskBytes: sizeOf(args), sentBytes: sent }),
  }
}

/** It has moved, and is down. */
class NotStarted extends Error {
  override readonly name = 'NotStarted'
}

function sayMoved(args: MigrateArgs, sent: number | undefined, stream: Held | undefined, downMs?: number): string {
  const said = [
    ...(sent === undefined ? [] : [`${inMib(sent)} MiB were sent of ${inMib(sizeOf(args))} MiB of disks`]),
    ...(stream ? [`${inMib(stream.bytes)} MiB of memory were sent, and it stood still for at most ${saySeconds(stream.pausedMs)}`] : []),
    ...(downMs === undefined ? [] : [`it was down for ${saySeconds(downMs)}, and then boots`]),
  ]
  return `${args.guest.name} is on ${args.to.name}${said.length === 0 ? '' : `: ${said.join('; ')}`}`
}

/** Of those that are copied. */
function sizeOf(args: MigrateArgs): number {
  return going(args).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
}

function inMib(bytes: number): string {
  return (bytes / MIB).toFixed(1)
}

const MIB = 2 ** 20

interface Copied {
  readonly mirrors: readonly Mirrored[]
  /** Bytes; undefined: that was not counted. */
  readonly sent: number | undefined
}

const NOTHING: Copied = { mirrors: [], sent: undefined }

/** Its disks go over, up to where both hosts have the same: they stay so while it waits for what comes next. */
function* copied(args: MigrateArgs, given: Readonly<Record<string, number>>): Steps<Copied> {
  const { from, to } = args
  const disks = going(args)
  yield* progress('copy', disks.map(({ vdev }) => vdev).join(', '))
  yield* all(disks.map((disk) => () => copyMade(args, disk)))
  const mirrors: Mirrored[] = []
  for (const disk of disks) {
    const [minor = 0, port = 0] = [given[minorPart(disk.disk)], given[portPart(disk.disk)]]
    mirrors.push({ ...disk, minor, port, secret: yield* newId() })
  }
  yield* progress('mirror', `${from.name} to ${to.name} over ${args.over.network}`)
  if (!args.seed) {
    yield* all(mirrors.map((one) => () => mirrored(args, one)))
    yield* progress('sync')
    const whole = yield* all(mirrors.map((one) => () => synced(args, one)))
    return { mirrors: whole.map(({ mirror }) => mirror), sent: undefined }
  }
  yield* all(mirrors.map((one) => () => opened(args, one)))
  const seeds = yield* seeded(args, mirrors)
  yield* progress('sync')
  const whole = yield* all(seeds.map((one) => () => completed(args, one)))
  return { mirrors: whole.map(({ mirror }) => mirror), sent: whole.reduce((sum, { sent }) => sum + sent, 0) }
}

/**
 * Its memory goes over; its last word is held until every disk is whole, and then passed on. Gives for how long it stood still in all, at most.
 * `copiedAt`: milliseconds since the epoch.
 */
function* moved(args: MigrateArgs, copied: readonly Mirrored[], copiedAt: number): Steps<Held> {
  const { guest, from, to } = args
  // Where the mirrors have parted while it waited for its turn, it is better known before its memory goes over than after.
  const mirrors = (yield* now()) - copiedAt > WAITED ? yield* syncedAgain(args, copied) : copied
  yield* all(mirrors.map((one) => () => exposed(args, one)))
  const stay = staying(args)
  if (stay.length > 0) yield* all(stay.map((one) => () => joined(args, one)))
  yield* progress('memory', guest.name)
  const stream = yield* held(args)
  const since = yield* now()
  yield* progress('settle')
  // Before the word: what the old host has on its way to a disk that stays must not come after what the new one writes.
  if (stay.length > 0) yield* all([() => fenced(args, stay), () => settled(args, mirrors)])
  else yield* settled(args, mirrors)
  yield* progress('hand over', `${guest.name} to ${to.name}`)
  const passed = yield* passedOn(args, stream.migration)
  if (passed.kind === 'not moved') throw new NotMoved(`${guest.name} goes on on ${from.name}: ${to.name} did not take it`)
  const answered = yield* now()
  return { ...stream, pausedMs: stream.pausedMs + (passed.heldMs ?? answered - since) }
}

/** Milliseconds. */
const WAITED = 5000

function* syncedAgain(args: MigrateArgs, mirrors: readonly Mirrored[]): Steps<readonly Mirrored[]> {
  return (yield* all(mirrors.map((one) => () => synced(args, one)))).map(({ mirror }) => mirror)
}

function needsOf({ guest, to, from, way, memoryBytes, disks }: MigrateArgs): readonly Need[] {
  const of = { guest: guest.uuid }
  return [
    ...(way !== 'stopped' ? [{ ...of, part: 'memory', kind: 'memory', host: to.id, bytes: memoryBytes } as const] : []),
    ...staying({ disks }).flatMap(({ disk, to: vg, access }): readonly Need[] => {
      const device = `/dev/${vg.name}/${lvOf(disk)}`
      return access === 'read-write' ? [{ ...of, part: `onto ${diskPart(disk)}`, kind: 'writer', host: to.id, device }] : []
    }),
    ...going({ disks }).flatMap(({ disk, to: vg, thinPool, sizeBytes, access }): readonly Need[] => {
      const part = { ...of, part: diskPart(disk), host: to.id }
      return [
        ...(thinPool === undefined ? [{ ...part, kind: 'space', vg: vg.uuid, lv: lvOf(disk), bytes: sizeBytes } as const] : []),
        ...(access === 'read-write' ? [{ ...part, kind: 'writer', device: `/dev/${vg.name}/${lvOf(disk)}` } as const] : []),
        { ...of, part: minorPart(disk), kind: 'minor', hosts: [from.id, to.id] },
        { ...of, part: portPart(disk), kind: 'port', hosts: [from.id, to.id] },
      ]
    }),
  ]
}

const minorPart = (disk: string): string => `minor ${disk}`
const portPart = (disk: string): string => `port ${disk}`
