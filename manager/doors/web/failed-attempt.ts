// Attempts to come in that failed, in the audit log as the API's are. Those that are refused by the limit are not written down: they
// are what a flood consists of, and who makes them does not decide how much is written to the disk.
import type { Access, Refusal } from '../../access/access.ts'
import { userName } from '../../protocol/accounts.ts'

/** `claimed`: who it says that it is. What is no user's name is not written down: people type their password there. */
export async function auditFailure(
  access: Pick<Access, 'auditBounded'>,
  { claimed, peer, what }: { readonly claimed: string; readonly peer: string; readonly what: string },
  { status, reason }: Refusal,
): Promise<void> {
  if (status === 429) return
  const who = userName.safeParse(claimed)
  await access.auditBounded({ who: who.success ? who.data : 'nobody', peer, what: `${what}: refused (${status}): ${reason}` })
}
