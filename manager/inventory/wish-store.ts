// What is wished of a host, decided by operator.ts on its row as it is and written in the same transaction, with its line of history.
import { revokeCertificates } from '../store/certificates.ts'
import type { Transaction } from '../store/database.ts'
import { addHistory } from '../store/history.ts'
import { dropClaims, type HostRecord, hostById, isNameTaken, updateHost } from '../store/hosts.ts'
import { rule, type Wish } from './operator.ts'

export type Written =
  | { readonly kind: 'changed'; readonly record: HostRecord }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'refused'; readonly reason: string }

export interface WishFacts {
  readonly isConnected: boolean
  /** As in the history. */
  readonly who: string
  readonly at: number
}

export async function writeWish(transaction: Transaction, id: string, wish: Wish, { isConnected, who, at }: WishFacts): Promise<Written> {
  const record = await hostById(transaction, id)
  if (!record) return { kind: 'refused', reason: `there is no host ${id}` }
  const taken = wish.kind === 'rename' && (await isNameTaken(transaction, wish.name))
  const decided = rule(wish, record, { isConnected, isNameTaken: taken, who, at })
  if (decided.kind !== 'change') return decided
  const { set, what } = decided
  if (set.state === 'rejected') {
    await revokeCertificates(transaction, id, at, `rejected by ${who}`)
    await dropClaims(transaction, id)
  }
  await updateHost(transaction, id, { ...set, ...(set.state ? { since: at } : {}) })
  await addHistory(transaction, id, { at, who, what })
  const changed = await hostById(transaction, id)
  if (!changed) throw new Error(`host ${id} went away while it was changed`)
  return { kind: 'changed', record: changed }
}
