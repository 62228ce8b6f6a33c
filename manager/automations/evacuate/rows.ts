// What an evacuation remembers: who has left, in the transaction that says so. A move back to there forgets it (migrate/rows.ts).
import type { JournalEntry } from '../../automation/journal.ts'
import { MANAGER } from '../../automation/ports.ts'
import type { Transaction } from '../../store/database.ts'
import { guestOf } from '../../store/tables/guests.ts'
import { leaveHome } from '../../store/tables/homes.ts'
import { bookOf } from '../guests/written.ts'
import { ownOutcome, ownRequest } from '../own/request.ts'
import type { EvacuateArgs } from './args.ts'

export async function evacuateRows(
  transaction: Transaction,
  automation: string,
  { host, guests }: EvacuateArgs,
  entries: readonly JournalEntry[],
): Promise<void> {
  const { now } = await bookOf(transaction, automation, entries)
  for (const { effect, answer, at } of now) {
    if (effect.kind !== 'request' || effect.host !== MANAGER || answer.kind !== 'value') continue
    const [request, outcome] = [ownRequest.safeParse(effect.body), ownOutcome.safeParse(answer.value)]
    if (!request.success || request.data.kind !== 'move-guest' || !outcome.success || outcome.data.outcome !== 'done') continue
    const { guest } = request.data
    const state = guests.find(({ uuid }) => uuid === guest)?.state
    // It may have been destroyed, or moved back, between its move and this.
    const row = await guestOf(transaction, guest)
    if (state && row && row.host !== host.id) await leaveHome(transaction, { guest, host: host.id, state, left_at: at, automation })
  }
}
