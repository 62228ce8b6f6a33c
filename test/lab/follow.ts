// Follows the boots of a rack's nodes on the appliance's control socket until all are up, one has failed, or time is over.

import { setTimeout as pause } from 'node:timers/promises'
import { watchAttempts } from './attempts.ts'
import { type Boot, diagnosisOf, isSettled, isUp, withAttempt } from './boots.ts'
import type { RackNode } from './node.ts'

/** A node that has just been powered on. Throws when it never was. */
export function bootOf(node: Pick<RackNode, 'name' | 'mac' | 'address' | 'poweredOnAt'>): Boot {
  const { name, mac, address, poweredOnAt } = node
  if (poweredOnAt === undefined) throw new Error(`${name} has not been powered on`)
  return { name, mac, address, poweredOnAt, attempt: undefined }
}

/** Thrown when not all nodes came up; carries how far each one got. */
export class BootsFailed extends Error {
  readonly boots: readonly Boot[]
  constructor(boots: readonly Boot[]) {
    super(
      boots
        .filter((boot) => !isUp(boot))
        .map((boot) => `${boot.name}: ${diagnosisOf(boot)}`)
        .join('\n'),
    )
    this.boots = boots
  }
}

/**
 * `changed` is called at each change. Resolves with the boots when all are up; rejects with a BootsFailed once none goes on
 * any more, or after `deadlineMs`. An appliance that goes away is asked again until then.
 */
export async function followBoots(
  start: readonly Boot[],
  socket: string,
  deadlineMs: number,
  changed: (boots: readonly Boot[]) => void,
): Promise<readonly Boot[]> {
  const deadline = AbortSignal.timeout(deadlineMs)
  let boots = start
  while (!deadline.aborted && !boots.every(isSettled)) {
    try {
      for await (const attempt of watchAttempts(socket, deadline)) {
        const before = boots
        boots = withAttempt(boots, attempt)
        if (boots.some((boot, index) => boot !== before[index])) changed(boots)
        if (boots.every(isSettled)) break
      }
    } catch (error) {
      if (!(error instanceof Error && 'code' in error)) throw error
    }
    if (!boots.every(isSettled)) await pause(200)
  }
  if (!boots.every(isUp)) throw new BootsFailed(boots)
  return boots
}
