// What is kept of a move when it has come to its end: read from its journal, in the transaction of the end.
import type { Kysely } from 'kysely'
import { decodeEntries } from '../../automation/journal.ts'
import type { End } from '../../automation/recipe.ts'
import { type AnswerBody, answerBody } from '../../protocol/requests.ts'
import type { Transaction } from '../../store/database.ts'
import type { Tables } from '../../store/schema.ts'
import { entriesOf } from '../../store/tables/automations.ts'
import { addMove, moveOf } from '../../store/tables/moves.ts'
import { type Written, writtenIn } from '../guests/written.ts'
import type { MigrateArgs } from './args.ts'
import { STOP } from './restarting.ts'
import { MOVED } from './rows.ts'

export interface Sent {
  /** For disks that were copied whole; of them, that did not have to be sent; of memory, in all tries. */
  readonly diskBytes: number
  readonly savedBytes: number
  readonly memoryBytes: number
  /** For which the guest stood still at most, or was down, ms; undefined: it never was for it. */
  readonly pauseMs: number | undefined
}

export async function endMove(transaction: Transaction, { guest, from, to, way }: MigrateArgs, end: End): Promise<void> {
  const { diskBytes, savedBytes, memoryBytes, pauseMs } = sentIn(writtenIn((await entriesOf(transaction, end.id)).flatMap(decodeEntries)))
  await addMove(transaction, {
    ...{ automation: end.id, guest: guest.uuid, name: guest.name, way, outcome: end.state, reason: end.reason ?? null, who: end.who },
    ...{ from_host: from.id, from_name: from.name, to_host: to.id, to_name: to.name, began: end.created, ended: end.at },
    ...{ disk_bytes: diskBytes, memory_bytes: memoryBytes, pause_ms: pauseMs ?? null, saved_bytes: savedBytes },
  })
}

/** Of disks, of a move that has ended; undefined: that was not counted. */
export async function disksSent(db: Kysely<Tables>, automation: string) {
  const row = await moveOf(db, automation)
  return row && row.saved_bytes !== null ? { sentBytes: row.disk_bytes, savedBytes: row.saved_bytes } : undefined
}

/** Pure. */
export function sentIn(written: readonly Written[]): Sent {
  let [seedBytes, memoryBytes] = [0, 0]
  /** By disk: of one that is asked for again, what it has come to in all. */
  const mirrors = new Map<unknown, { readonly sizeBytes: number; readonly sent: number }>()
  let pauseMs: number | undefined
  /** Since then it is down, for it: until it is started, here or there. */
  let down: number | undefined
  /** The word of this one is held: its guest stands still until it is passed on, or it is taken back. */
  let held: { readonly at: number; readonly pausedMs: number } | undefined
  for (const { effect, answer, at } of written) {
    const body = answer.kind === 'value' ? answerOf(answer.value) : undefined
    if (body?.kind === 'seed-sent') seedBytes += body.bytes
    if (body?.kind === 'mirror-synced' && effect.kind === 'request') {
      const of: { readonly kind: string; readonly disk?: unknown } = effect.body
      mirrors.set(of.disk, { sizeBytes: body.bytes, sent: body.sent ?? body.bytes })
    }
    if (body?.kind === 'guest-sent') {
      memoryBytes += body.bytes
      if (body.pausedMs > 0) pauseMs = Math.max(pauseMs ?? 0, body.pausedMs)
      if (body.outcome.kind === 'held') held = { at, pausedMs: body.pausedMs }
    }
    if (effect.kind === 'progress' && effect.phase === STOP) down ??= at
    if (body?.kind === 'guest-started' && down !== undefined) {
      pauseMs = Math.max(pauseMs ?? 0, at - down)
      down = undefined
    }
    const isOver = body?.kind === 'receive-went' || body?.kind === 'send-ended' || (effect.kind === 'progress' && effect.phase === MOVED)
    if (!held || !isOver) continue
    const seenMs = body?.kind === 'receive-went' && body.outcome.kind === 'running' ? body.outcome.heldMs : undefined
    pauseMs = Math.max(pauseMs ?? 0, held.pausedMs + (seenMs ?? at - held.at))
    held = undefined
  }
  const all = [...mirrors.values()]
  const sizeBytes = all.reduce((sum, one) => sum + one.sizeBytes, 0)
  const diskBytes = seedBytes + all.reduce((sum, { sent }) => sum + sent, 0)
  return { diskBytes, savedBytes: Math.max(0, sizeBytes - diskBytes), memoryBytes, pauseMs }
}

function answerOf(value: unknown): AnswerBody | undefined {
  const read = answerBody.safeParse(value)
  return read.success ? read.data : undefined
}
