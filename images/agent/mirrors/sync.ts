// The requests sync-mirror and verify-mirror: waited for with a watchdog, as DRBD 8.4 can stand still at 100 %. What stands still is joined
// anew, a few times; then it is said.
import type { AnswerOf, Refusal, RequestOf } from '../../../manager/protocol/requests.ts'
import type { Uuid } from '../../../manager/protocol/values.ts'
import { pause } from '../pause.ts'
import { refused } from '../requests/refusal.ts'
import type { Task } from '../requests/task.ts'
import { failureOf, type World } from '../requests/world.ts'
import { type Ends, endsOf, join, protocolOf } from './connect.ts'
import { generationsOf, UNREAD } from './generations.ts'
import { kernelWords } from './kernel-words.ts'
import { isWhole, lookMirror, type Mirror, sayMirror, sayMissing } from './look.ts'
import { metPath, resourceOf } from './names.ts'
import { endLeftSockets } from './sockets.ts'

/** Milliseconds. */
const LOOK = 1000
const STANDS_STILL = 60_000
/** What stands alone looks for nobody, and comes to nothing by itself. */
const STANDS_ALONE = 5000
const MOST_JOINS = 3
const MIB = 1 << 20

/** Comparisons in which the two were parted. */
const MOST_PASSES = 3

interface Course {
  readonly kind: 'whole'
  readonly milliseconds: number
  readonly handshakes: number
  readonly sizeBytes: number
  /** As it was when they met last; undefined: it could not be read. */
  readonly generation: string | undefined
}

export async function syncMirror(world: World, body: RequestOf<'sync-mirror'>, task: Task): Promise<AnswerOf<'sync-mirror'> | Refusal> {
  const { disk, minor } = body
  const before = (await world.backend.read(metPath(disk)))?.trim()
  const course = await untilWhole(world, body, task, 'copying', (generation) => met(world, disk, generation, 'not whole yet'))
  if (course.kind === 'refused') return course
  const failure = await failureOf(world.backend, ['drbdsetup', 'net-options', ...endsOf(body), '--protocol=C'])
  const sent = await sentOf(world, disk)
  const generation = (await generationsOf(world, minor))?.current
  await met(world, disk, generation, 'whole')
  await world.collect(['drbd'])
  if (failure !== undefined) return refused('unable', `the two ends cannot be told to wait for each other: ${failure}`)
  if (generation === undefined) return refused('unable', UNREAD)
  const { milliseconds, sizeBytes } = course
  // They have met before this was asked: but for the same meeting that is one more, whatever was seen of it. So it is when they have parted
  // between two looks.
  const isSame = before === undefined || (course.handshakes === 1 && before === metText(course.generation, 'whole'))
  const handshakes = course.handshakes + (isSame ? 0 : 1) + (generation === course.generation ? 0 : 1)
  return {
    ...{ kind: 'mirror-synced', bytes: sizeBytes, milliseconds, handshakes, generation },
    ...(sent === undefined ? {} : { sent }),
  }
}

/** For who asks again after this agent is gone. */
function met(world: World, disk: Uuid, generation: string | undefined, what: 'whole' | 'not whole yet'): Promise<void> {
  return world.files.write(metPath(disk), metText(generation, what), 0o600)
}

function metText(generation: string | undefined, what: 'whole' | 'not whole yet'): string {
  return `${generation ?? 'of an unknown generation'}, ${what}`
}

/** Since they have met. */
async function sentOf({ backend }: World, disk: Uuid): Promise<number | undefined> {
  const ran = await backend.run(['drbdsetup', 'events2', '--now', '--statistics', resourceOf(disk)])
  if (ran.kind !== 'ended') return undefined
  const [, kibibytes] = /^exists peer-device .*\bsent:(\d+)/m.exec(ran.stdout) ?? []
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024
}

/** What differs is sent when the two meet anew, and then nobody has compared: it counts once a comparison has gone through without that. */
export async function verifyMirror(
  world: World,
  body: RequestOf<'verify-mirror'>,
  task: Task,
): Promise<AnswerOf<'verify-mirror'> | Refusal> {
  for (let pass = 1; ; pass += 1) {
    const begun = await beginVerify(world, body)
    if (begun.kind === 'refused') return begun
    const course = await untilWhole(world, body, task, 'comparing')
    if (course.kind === 'refused') return course
    const { generation } = begun
    const isTogether = course.handshakes === 1 && (await generationsOf(world, body.minor))?.current === generation
    if (isTogether) return { kind: 'mirror-verified', bytes: course.sizeBytes, generation }
    if (pass === MOST_PASSES)
      return refused(
        'unable',
        `the two copies differed, or were parted, in each of ${MOST_PASSES} comparisons: whether they are the same is not known`,
      )
  }
}

async function beginVerify(
  world: World,
  { disk, minor }: RequestOf<'verify-mirror'>,
): Promise<{ readonly kind: 'begun'; readonly generation: string } | Refusal> {
  const before = await lookMirror(world, disk)
  if (before.kind === 'unread') return refused('unable', before.reason)
  if (before.mirror?.connection !== 'Connected') return refused('unable', 'the two copies are not connected: there is nothing to compare')
  if (before.mirror.disk === 'Diskless')
    return refused('unable', `the disk beneath the mirror has failed here: ${sayMirror(before.mirror)}`)
  const generations = await generationsOf(world, minor)
  if (!generations) return refused('unable', UNREAD)
  if (!before.mirror.replication.startsWith('Verify')) {
    const failure = await failureOf(world.backend, ['drbdsetup', 'verify', String(minor)])
    if (failure !== undefined) return refused('unable', failure)
  }
  return { kind: 'begun', generation: generations.current }
}

async function untilWhole(
  world: World,
  body: Ends & { readonly minor: number },
  { signal, tell }: Task,
  phase: string,
  onMet?: (generation: string | undefined) => Promise<void>,
): Promise<Course | Refusal> {
  const { clock } = world
  const { disk, minor } = body
  const began = clock.steady()
  let moved = began
  let best = Number.POSITIVE_INFINITY
  let handshakes = 0
  let joins = 0
  let wasJoined = false
  let generation: string | undefined
  for (;;) {
    if (signal.aborted) return refused('cancelled', 'it is not wanted any more')
    const looked = await lookMirror(world, disk)
    if (looked.kind === 'read') {
      const { mirror } = looked
      if (mirror?.minor !== minor) return refused('unable', sayMissing(disk, minor))
      if (mirror.disk === 'Diskless') return refused('unable', `the disk beneath the mirror has failed here: ${sayMirror(mirror)}`)
      const isJoined = mirror.connection === 'Connected'
      if (isJoined && !wasJoined) {
        handshakes += 1
        await endLeftSockets(world)
        generation = (await generationsOf(world, minor))?.current
        await onMet?.(generation)
      }
      wasJoined = isJoined
      if (isWhole(mirror)) {
        const milliseconds = Math.round(clock.steady() - began)
        return { kind: 'whole', milliseconds, handshakes, sizeBytes: mirror.sizeBytes ?? 0, generation }
      }
      const left = progressed(mirror)
      if (left < best) [best, moved] = [left, clock.steady()]
      tellOf(mirror, phase, tell)
      if (clock.steady() - moved > (mirror.connection === 'StandAlone' ? STANDS_ALONE : STANDS_STILL)) {
        if (joins === MOST_JOINS) return refused('unable', await stoodStill(world, disk, mirror))
        joins += 1
        ;[best, moved] = [Number.POSITIVE_INFINITY, clock.steady()]
        const failure = await joinAnew(world, body)
        // They may have met again before the next look.
        wasJoined = false
        if (failure !== undefined) return refused('unable', `the mirror stands still and cannot be joined anew: ${failure}`)
      }
    }
    await pause(clock, LOOK, signal)
  }
}

/** The less the nearer to its end; a connection that is yet to come is the farthest. */
function progressed({ connection, replication, outOfSyncBytes }: Mirror): number {
  if (connection !== 'Connected') return Number.MAX_SAFE_INTEGER
  return outOfSyncBytes + (replication === 'Established' ? 0 : 1)
}

function tellOf({ sizeBytes, outOfSyncBytes, connection }: Mirror, phase: string, tell: Task['tell']): void {
  if (sizeBytes === undefined) return
  const done = Math.floor(Math.max(0, sizeBytes - outOfSyncBytes) / MIB)
  tell({ phase: connection === 'Connected' ? phase : 'waiting for the other end', done, total: Math.ceil(sizeBytes / MIB), unit: 'MiB' })
}

async function stoodStill(world: World, disk: Uuid, mirror: Mirror): Promise<string> {
  const why = await kernelWords(world, disk)
  const still = `the mirror stands still, and did so after it was joined anew ${MOST_JOINS} times: ${sayMirror(mirror)}`
  return why === undefined ? still : `${still}; the kernel says: ${why}`
}

/** The other end waits for this one. Undefined: it looks for it again; whether it comes to anything is seen by who looks. */
async function joinAnew(world: World, ends: Ends): Promise<string | undefined> {
  // The other end keeps its protocol, and two of them do not meet.
  const protocol = await protocolOf(world, ends.disk)
  // What is alone has no connection to end.
  await failureOf(world.backend, ['drbdsetup', 'disconnect', ...endsOf(ends)])
  return join(world, ends, protocol)
}

export const syncChanges = { 'sync-mirror': syncMirror, 'verify-mirror': verifyMirror } as const
