// The rows and claims of a guest that follow from what its host is asked for and has answered, whichever recipe asked.
import type { Transaction } from '../../store/database.ts'
import { removeClaims } from '../../store/tables/claims.ts'
import { changeDisk, changeGuest, removeDisk, spoilDisk } from '../../store/tables/guests.ts'
import { RUNNING_PARTS, type StartArgs } from './parts.ts'
import type { Book } from './written.ts'

/** Part of a guest's claims. */
export function diskPart(disk: string): string {
  return `disk ${disk}`
}

interface Body {
  readonly kind: string
  readonly disk?: unknown
  readonly state?: unknown
}

interface Becoming {
  /** What one that has ended is to be: `on` ought to run all the same. */
  readonly ended?: 'off' | 'on'
  /** What it is started with. */
  readonly cpu?: StartArgs['cpu']
}

export async function rowsOfHost(
  transaction: Transaction,
  uuid: string,
  { begun, now }: Book,
  { ended = 'off', cpu }: Becoming = {},
): Promise<void> {
  for (const effect of begun) {
    const body: Body | undefined = effect.kind === 'request' ? effect.body : undefined
    // Whatever comes of it: part of its content may be gone, and nothing starts on it any more.
    if (body?.kind === 'remove-disk') await spoilDisk(transaction, String(body.disk))
  }
  for (const { effect, answer, at } of now) {
    if (effect.kind !== 'request' || answer.kind !== 'value') continue
    const body: Body = effect.body
    const disk = String(body.disk)
    switch (body.kind) {
      case 'start-guest':
        await changeGuest(transaction, uuid, { power: 'on', since: at, cpu: cpu === undefined ? null : JSON.stringify(cpu) })
        break
      case 'stop-guest':
      case 'destroy-guest':
        if (ended === 'off') await endedRows(transaction, uuid, at)
        else await removeClaims(transaction, 'guest', uuid, RUNNING_PARTS)
        break
      case 'pause-guest':
        await changeGuest(transaction, uuid, { power: body.state === 'paused' ? 'paused' : 'on', since: at })
        break
      case 'make-disk':
        await changeDisk(transaction, disk, { state: 'ready' })
        break
      case 'remove-disk':
        await removeDisk(transaction, disk)
        await removeClaims(transaction, 'guest', uuid, [diskPart(disk)])
        break
    }
  }
}

/** It is certain that it runs nowhere. */
export async function endedRows(transaction: Transaction, uuid: string, at: number): Promise<void> {
  await changeGuest(transaction, uuid, { power: 'off', since: at })
  await removeClaims(transaction, 'guest', uuid, RUNNING_PARTS)
}
