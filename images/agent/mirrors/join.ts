// The request join-mirror: S looks for T while the guest's writes to this disk are held. DRBD 8.4 may lose a write that comes between the two
// bitmaps' exchange and the resync (WFBitMapS): a moment on any network, in which nobody writes here. To compare all of both disks after
// it would read them whole once more, and DRBD's comparison sends about 3 % of a disk's size, more than most ways back have to send in all;
// it is what is done where the exchange was not seen to end in time.
import { deviceOf } from '../../../manager/protocol/guest-disk.ts'
import type { AnswerOf, Refusal, RequestOf } from '../../../manager/protocol/requests.ts'
import type { Command } from '../backend.ts'
import { refused } from '../requests/refusal.ts'
import type { Task } from '../requests/task.ts'
import { saidBy, type World } from '../requests/world.ts'
import { readMaps } from '../volumes/maps.ts'
import { connectCommand, pace, relax, secretless } from './connect.ts'
import { lookMirror, sayMissing } from './look.ts'

/**
 * A program of its own, with two clocks: whatever becomes of this one or of the agent, the other lets the guest go on after two seconds, and
 * after ten where it took longer than two to suspend it.
 * Arguments: the guest's device, the minor, and what connects. `held N`: by its own clock (1/100 s of /proc/uptime) the exchange had ended
 * before the other could let go. `/proc/drbd` is read without a program. `resume` of what runs does nothing.
 */
export const HOLD = `g=$1 minor=$2
shift 2
now() { read -r up _ </proc/uptime; n=\${up%.*}\${up#*.}; }
now; began=$n; cs=
( sleep 2; dmsetup resume --noudevsync "$g"; sleep 8; exec dmsetup resume --noudevsync "$g" ) >/dev/null 2>&1 & timer=$!
dmsetup suspend --nolockfs --noudevsync "$g" || { kill $timer; exec "$@"; }
"$@" || { code=$?; dmsetup resume --noudevsync "$g"; kill $timer; exit $code; }
while :; do
  while read -r which state _; do [ "$which" = "$minor:" ] && cs=$state; done </proc/drbd
  now
  [ $((n - began)) -lt 190 ] || break
  case $cs in cs:SyncSource|cs:PausedSyncS|cs:Connected) seen=yes; break ;; cs:StandAlone) break ;; esac
  sleep 0.02
done
dmsetup resume --noudevsync "$g"
kill $timer
[ "$seen" = yes ] && echo "held $(((n - began) * 10))"
exit 0`

const SECONDS = 40

export async function joinMirror(world: World, body: RequestOf<'join-mirror'>, task: Task): Promise<AnswerOf<'join-mirror'> | Refusal> {
  const { disk, minor } = body
  const looked = await lookMirror(world, disk)
  if (looked.kind === 'unread') return refused('unable', looked.reason)
  if (looked.mirror?.minor !== minor) return refused('unable', sayMissing(disk, minor))
  const paced = await pace(world, minor, body.rateKBps)
  if (paced !== undefined) return refused('unable', paced)
  const command = connectCommand(body, 'A', 'soon')
  if (typeof command === 'string') return refused('unable', command)
  const before = await isWrittenTo(world, body)
  const hold: Command = ['sh', '-c', HOLD, 'hostless-join', deviceOf(disk), String(minor), ...command]
  const ran = await task.run('join', before ? hold : command, { seconds: SECONDS })
  const failure = saidBy(command, ran)
  await relax(world, body)
  await world.collect(['drbd'])
  const after = await lookMirror(world, disk)
  const isThere = after.kind === 'read' && after.mirror !== undefined && after.mirror.connection !== 'StandAlone'
  if (!isThere) return refused('unable', secretless(body, failure ?? 'the two ends have parted'))
  const [, milliseconds] = /^held (\d+)$/m.exec(ran.kind === 'ended' ? ran.stdout : '') ?? []
  if (milliseconds !== undefined) return { kind: 'mirror-joined', writes: 'held', heldMs: Number(milliseconds) }
  // Nobody had it to write to, before or after.
  const isIdle = !before && failure === undefined && !(await isWrittenTo(world, body))
  return { kind: 'mirror-joined', writes: isIdle ? 'held' : 'not held', heldMs: 0 }
}

/** Or that is not known. */
async function isWrittenTo(world: World, { disk }: Pick<RequestOf<'join-mirror'>, 'disk'>): Promise<boolean> {
  const read = await readMaps(world)
  return read.kind === 'unread' || read.maps.has(deviceOf(disk))
}
