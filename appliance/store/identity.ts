// The table identity: who this appliance is among those of its site. Made once; it goes where the data goes.
import { newAttemptId } from './attempts.ts'
import type { Store } from './database.ts'

/** 16 characters of base32. */
export function applianceId(store: Store): string {
  store.prepare('INSERT INTO identity (id) SELECT ? WHERE NOT EXISTS (SELECT 1 FROM identity)').run(newAttemptId())
  const id = store.prepare('SELECT id FROM identity').pluck().get()
  if (typeof id !== 'string') throw new Error('the store has no identity of this appliance: restore a backup')
  return id
}
