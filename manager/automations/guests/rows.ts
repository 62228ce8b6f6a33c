// The rows and claims of a guest that follow from what its host has answered, whichever recipe asked.
import type { Transaction } from '../../store/database.ts'
import { removeClaims } from '../../store/tables/claims.ts'
import { changeDisk, changeGuest, removeDisk } from '../../store/tables/guests.ts'
import { RUNNING_PARTS } from './parts.ts'
import type { Written } from './written.ts'

/** Part of a guest's claims. */
export function diskPart(disk: string): string {
  return `disk ${disk}`
}

/** `ended`: what one that has ended is to be: `on` ought to run all the same. */
export async function answeredRows(
  transaction: Transaction,
  uuid: string,
  written: readonly Written[],
  ended: 'off' | 'on' = 'off',
): Promise<void> {
  for (const { effect, answer, at } of written) {
    if (effect.kind !== 'request' || answer.kind !== 'value') continue
    const body: { readonly kind: string; readonly disk?: unknown; readonly state?: unknown } = effect.body
    const disk = String(body.disk)
    switch (body.kind) {
      case 'start-guest':
        await changeGuest(transaction, uuid, { power: 'on', since: at })
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
