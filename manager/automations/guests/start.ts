// `start-guest`: a guest whose disks are there runs on their host.
import { z } from 'zod'
import type { JournalEntry } from '../../automation/journal.ts'
import { recipe } from '../../automation/recipe.ts'
import { progress, type Steps } from '../../automation/steps.ts'
import type { Transaction } from '../../store/database.ts'
import { removeClaims } from '../../store/tables/claims.ts'
import { guestOf } from '../../store/tables/guests.ts'
import { hostLock } from '../locks.ts'
import { notOn } from './outdated.ts'
import {
  bring,
  claimed,
  guestLock,
  isRowsUndo,
  RUNNING_PARTS,
  remember,
  rememberedStart,
  rowsUndo,
  runningNeeds,
  startArgs,
} from './parts.ts'
import { rowsOfHost } from './rows.ts'
import { bookOf } from './written.ts'

const args = z.object({
  ...startArgs.shape,
  /** Left out: its VG remembers it so already, or nothing does. */
  remembered: rememberedStart.exactOptional(),
  /** What it is to be where it cannot be started: `on`: it ought to run all the same. */
  otherwise: z.enum(['off', 'on']).default('off'),
})

type Args = z.output<typeof args>

export const START_GUEST = recipe<Args>({
  name: 'start-guest',
  version: 1,
  parse: (given) => args.parse(given),
  title: ({ guest, host }) => `start ${guest.name} on ${host.name}`,
  locks: ({ guest, host }) => [guestLock(guest), hostLock(host, 'shared')],
  outdated: (db, { guest, host }) => notOn(db, guest, host),
  phases: ['claim', 'start'],
  run: start,
  rows,
})

function* start(given: Args): Steps {
  const { guest, host, remembered: told } = given
  yield* progress('claim', `what ${guest.name} needs of ${host.name}`)
  yield* claimed(rowsUndo(`give back what ${guest.name} needs to run`, `hostless vm stop ${guest.name} --hard`), runningNeeds(given))
  if (told) yield* remember(host, guest.name, told, told.before)
  yield* bring(given)
}

async function rows(
  transaction: Transaction,
  automation: string,
  { guest, otherwise, cpu }: Args,
  entries: readonly JournalEntry[],
): Promise<void> {
  const book = await bookOf(transaction, automation, entries)
  await rowsOfHost(transaction, guest.uuid, book, { ended: otherwise, cpu })
  for (const { effect } of book.now) {
    // Nothing is given back of what a guest needs that was brought to run before: it runs, or its agent may have started it again meanwhile.
    if (effect.kind !== 'undone' || !isRowsUndo(book.effectOf(effect.of))) continue
    if ((await guestOf(transaction, guest.uuid))?.power === 'off') await removeClaims(transaction, 'guest', guest.uuid, RUNNING_PARTS)
  }
}
