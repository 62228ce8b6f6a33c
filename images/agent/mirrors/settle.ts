// The request settle-mirror: while the guest stands still, the copy becomes this host's own, or stays a mirror. So little is done here as
// can be; what is left of the mirror goes with keep-copy or drop-mirror.
import { lvOf } from '../../../manager/protocol/guest-disk.ts'
import type { AnswerOf, Refusal, RequestOf } from '../../../manager/protocol/requests.ts'
import { refused } from '../requests/refusal.ts'
import { failureOf, type World } from '../requests/world.ts'
import { generationsOf, UNREAD } from './generations.ts'
import { isWhole, lookMirror, sayMirror } from './look.ts'
import { resourceOf, settledPath } from './names.ts'

export async function settleMirror(world: World, body: RequestOf<'settle-mirror'>): Promise<AnswerOf<'settle-mirror'> | Refusal> {
  const { vg, disk, generation } = body
  const { backend, files } = world
  const name = `the copy ${vg.name}/${lvOf(disk)}`
  const looked = await lookMirror(world, disk)
  if (looked.kind === 'unread') return refused('unable', looked.reason)
  if (!looked.mirror) {
    const [told, mirrored] = ((await backend.read(settledPath(disk))) ?? '').trim().split(' ')
    return told === String(generation)
      ? { kind: 'mirror-settled', was: 'settled', ...(mirrored === undefined ? {} : { mirrored }) }
      : refused('unable', `${name} has no mirror, and was not settled: whether it has all is not known`)
  }
  if (!isWhole(looked.mirror)) {
    // Told of an earlier look: what was whole then need not be whole now.
    await files.remove(settledPath(disk))
    return refused('unable', `${name} has not all: ${sayMirror(looked.mirror)}`)
  }
  const mirrored = (await generationsOf(world, body.minor))?.current
  // They may have parted since both were the same, for all that is known.
  if (mirrored === undefined) return refused('unable', `${name}: ${UNREAD}`)
  // Before it goes down: who asks again after a crash is told what was so.
  await files.write(settledPath(disk), `${generation} ${mirrored}`, 0o600)
  const failure = await failureOf(backend, ['drbdsetup', 'down', resourceOf(disk)])
  return failure === undefined
    ? { kind: 'mirror-settled', was: 'not settled', mirrored }
    : refused('unable', `the mirror does not go down: ${failure}`)
}
