// What is wished of a host, decided by operator.ts on its row as it is and written in the same transaction, with its line of history.

import type { ProblemCode } from '../outcome.ts'
import { stateOf } from '../protocol/host.ts'
import type { Transaction } from '../store/database.ts'
import { revokeCertificates } from '../store/tables/certificates.ts'
import { addHistory } from '../store/tables/history.ts'
import { dropClaims, type HostRecord, hostById, isNameTaken, takeIdentity, updateHost } from '../store/tables/hosts.ts'
import { type Ruling, rule, type Wish } from './operator.ts'

export type Written =
  /** `over`: keys of alarms that it has answered. */
  | { readonly kind: 'changed'; readonly record: HostRecord; readonly over: readonly string[]; readonly alarm: string | undefined }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'refused'; readonly reason: string; readonly code?: ProblemCode }

export interface WishFacts {
  readonly isConnected: boolean
  /** As in the history. */
  readonly who: string
  readonly at: number
}

/** All of it or, where one is refused, nothing. One of a kind. */
export async function writeWishes(
  transaction: Transaction,
  id: string,
  wishes: readonly Wish[],
  { isConnected, who, at }: WishFacts,
): Promise<Written> {
  const record = await hostById(transaction, id)
  if (!record) return { kind: 'refused', reason: `there is no host ${id}` }
  const rulings: Ruling[] = []
  for (const wish of wishes) {
    const taken = wish.kind === 'rename' && (await isNameTaken(transaction, wish.name))
    rulings.push(rule(wish, record, { isConnected, isNameTaken: taken, who, at }))
  }
  const refusal = rulings.find((ruling) => ruling.kind === 'refused')
  if (refusal) return refusal
  const changes = rulings.filter((ruling) => ruling.kind === 'change')
  if (changes.length === 0) return { kind: 'nothing' }
  for (const { set, what, takes } of changes) {
    if (set.trust === 'rejected') {
      await revokeCertificates(transaction, id, at, `rejected by ${who}`)
      await dropClaims(transaction, id)
    }
    if (takes) await takeIdentity(transaction, record, takes)
    const isNewWord = stateOf({ ...record, ...set }) !== stateOf(record)
    await updateHost(transaction, id, { ...set, ...(isNewWord ? { since: at } : {}) })
    await addHistory(transaction, id, { at, who, what })
  }
  const changed = await hostById(transaction, id)
  if (!changed) throw new Error(`host ${id} went away while it was changed`)
  const hasTaken = changes.some(({ takes }) => takes !== undefined)
  const alarm = changes.find((one) => one.alarm !== undefined)?.alarm
  return { kind: 'changed', record: changed, alarm, over: hasTaken ? [`identity-changed ${id}`, `identity-changed kept out ${id}`] : [] }
}
