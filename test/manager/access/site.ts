// Access over a store, with clocks that a test turns, cheap passwords and no limits unless it asks for them.
import { randomBytes } from 'node:crypto'
import type { ExecutionContext } from 'ava'
import { after } from '../../../appliance/wire/timers.ts'
import type { Access, Answer } from '../../../manager/access/access.ts'
import { type AccessOptions, openAccess } from '../../../manager/access/service.ts'
import type { Store } from '../../../manager/store/database.ts'
import { sealer } from '../../../manager/store/keys/sealing.ts'
import type { DataPlace } from '../../../manager/store/open.ts'
import { collectingLog } from '../../appliance/wire/collecting-log.ts'
import { storeAt } from '../store/dialects.ts'

export const PASSWORD = 'correct horse battery'
export const CHEAP = { N: 16, r: 8, p: 1 }
const UNLIMITED = { perSecond: 1e6, burst: 1e6 }

export interface AccessSite {
  readonly access: Access
  readonly store: Store
  readonly clock: { now: number; elapsed: number }
  readonly log: ReturnType<typeof collectingLog>
  /** Both clocks go on. */
  pass(ms: number): void
}

export async function accessAt(t: ExecutionContext, place: DataPlace, changed: Partial<AccessOptions> = {}): Promise<AccessSite> {
  const store = await storeAt(t, place)
  const clock = { now: 1_700_000_000_000, elapsed: 0 }
  const log = collectingLog()
  const access = openAccess({
    store,
    now: () => clock.now,
    elapsed: () => clock.elapsed,
    random: randomBytes,
    after,
    log: log.log,
    sealer: sealer(Buffer.alloc(32, 7)),
    cost: CHEAP,
    rates: { account: UNLIMITED, peer: UNLIMITED },
    ...changed,
  })
  const pass = (ms: number) => {
    clock.now += ms
    clock.elapsed += ms
  }
  return { access, store, clock, log, pass }
}

export function value<Value>(answer: Answer<Value>): Value {
  if (answer.kind === 'refused') throw new Error(`${answer.status}: ${answer.reason}`)
  return answer.value
}

export async function sessionOf(access: Access, user: string, password = PASSWORD): Promise<string> {
  const signedIn = await access.signIn(user, password, '10.0.0.1')
  if (signedIn.kind !== 'session') throw new Error(JSON.stringify(signedIn))
  return signedIn.secret
}
