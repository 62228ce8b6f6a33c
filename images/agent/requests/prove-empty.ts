// The request prove-empty: whether LUNs that another host is to make a VG of are empty as this host sees them, too. It changes nothing.
import type { AnswerOf, Refusal, RequestOf } from '../../../manager/protocol/requests.ts'
import { identify } from '../volumes/identity.ts'
import { readDisks, whyNotEmpty } from '../volumes/proof.ts'
import { refused } from './refusal.ts'
import type { World } from './world.ts'

export async function proveEmpty(world: World, { disks }: RequestOf<'prove-empty'>): Promise<AnswerOf<'prove-empty'> | Refusal> {
  const known = await readDisks(world)
  if (typeof known === 'string') return refused('unable', known)
  for (const ref of disks) {
    const disk = identify(ref, known)
    if (disk.kind === 'refused') return refused('unable', disk.reason)
    const { users, signatures } = await whyNotEmpty(world, known, disk)
    const [why] = [...users, ...signatures]
    if (why !== undefined)
      return refused('unable', `${disk.name} is not empty on this host: ${[...users, ...signatures].slice(0, 4).join('; ')}`)
  }
  return { kind: 'disks-empty' }
}
