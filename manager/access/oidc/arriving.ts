// A person of an issuer in the database: found by issuer and subject, or made; role and groups set as they are now; a session opened. All
// in the one transaction that looks whose account it is.
import type { Transaction } from '../../store/database.ts'
import { saveSession } from '../../store/tables/sessions.ts'
import { deleteUser, limitAsText, saveUser, sawUser, updateUser, userByIdentity, userByName } from '../../store/tables/users.ts'
import type { Answer } from '../access.ts'
import type { Arrived, Identity, Person } from './person.ts'
import { whose } from './whose.ts'

/** `session`: as it is kept. */
export async function arrive(
  transaction: Transaction,
  person: Person,
  session: { readonly id: string; readonly hash: string },
  now: number,
): Promise<Answer<Arrived>> {
  const { issuer, subject, role, groups, by } = person
  const [known, namesake] = [await userByIdentity(transaction, person), await userByName(transaction, person.name)]
  const decided = whose(person.name, known, namesake, by)
  if (decided.kind === 'refused') return decided
  const { name } = decided
  if (decided.kind === 'known') await updateUser(transaction, name, { role, limited_to: limitAsText(groups) })
  else await saveUser(transaction, { name, role, created: now, issuer, ...(groups ? { groups: [...groups] } : {}) }, { subject })
  await sawUser(transaction, name, now)
  await saveSession(transaction, { ...session, user: name, created: now, last_used: now })
  return { kind: 'done', value: { user: name, isNew: decided.kind === 'new' } }
}

/** Who may do nothing any more is no user: what let them in before ends. The name; undefined: they were none. */
export async function dismiss(transaction: Transaction, identity: Identity): Promise<string | undefined> {
  const known = await userByIdentity(transaction, identity)
  if (known) await deleteUser(transaction, known.name)
  return known?.name
}
