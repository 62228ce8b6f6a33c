// From a bare machine to the first host.
import type { checklist } from '../../contract/checklist.ts'
import type { Finding } from '../../doctor/finding.ts'
import type { Pool } from '../../hosts/service.ts'
import { checklistOf } from '../answers/checklist.ts'
import { done, type HandlersOf } from './handlers.ts'
import type { BootBook } from './hosts.ts'

export interface ChecklistDeps {
  readonly pool: Pick<Pool, 'hosts'>
  readonly boots: Pick<BootBook, 'newest' | 'appliances'>
  /** What the doctor has found on this machine; none where nobody looks. */
  readonly findings: () => readonly Finding[]
  readonly now: () => number
}

/** Boots that are looked at. */
const NEWEST = 100

export function checklistHandlers({ pool, boots, findings, now }: ChecklistDeps): HandlersOf<typeof checklist> {
  return {
    async show() {
      const hosts = pool.hosts()
      // Who has hosts wants no more of the doctor here.
      const found = hosts.some(({ trust }) => trust === 'approved') ? [] : findings()
      const [appliances, attempts] = await Promise.all([boots.appliances(), boots.newest(NEWEST)])
      return done(checklistOf({ findings: found, appliances, boots: attempts, hosts, now: now() }))
    },
  }
}
