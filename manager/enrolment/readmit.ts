// Hosts that go on running when the manager's database is lost: their certificates are this authority's, and nothing else is known of them.
// Such a host comes back under its id, and waits to be approved as a new one does: what was revoked or rejected is lost, too.
import type { Store } from '../store/database.ts'
import { certificatesOfHost, revokeCertificates, saveCertificate } from '../store/tables/certificates.ts'
import { addHistory } from '../store/tables/history.ts'
import { addHost, hostById, UNHEARD } from '../store/tables/hosts.ts'
import { lostSince } from '../store/tables/settings.ts'
import type { EnrolPolicy } from './decide.ts'

/** Signed by this authority, by the words of TLS. Times are milliseconds since the epoch. */
export interface KnownSigned {
  readonly fingerprint: string
  readonly host: string
  readonly issued: number
  readonly expires: number
}

/** How long after the loss, ms: as long as a certificate that has expired can be renewed. */
export const READMITTED_FOR = 7 * 24 * 3600_000
/** In the place of a boot attempt that nobody remembers. */
export const READMITTED = 'readmitted'

export type Readmitted = 'readmitted' | 'not readmitted'

/** A database that was not lost readmits nobody; of two certificates of one host the one that was issued later counts. */
export async function readmit(
  { store, policy, now }: { readonly store: Store; readonly policy: EnrolPolicy; readonly now: () => number },
  { fingerprint, host: id, issued, expires }: KnownSigned,
  peer: string,
): Promise<Readmitted> {
  const since = await lostSince(store.db)
  // What was signed after the loss is known here.
  if (since === undefined || now() > since + READMITTED_FOR || issued > since || now() > expires + READMITTED_FOR) return 'not readmitted'
  return store.write(async (transaction): Promise<Readmitted> => {
    const at = now()
    const host = await hostById(transaction, id)
    const known = await certificatesOfHost(transaction, id)
    if (host && (host.trust === 'rejected' || host.attempt !== undefined)) return 'not readmitted'
    if (known.some((one) => one.fingerprint === fingerprint || one.issued >= issued)) return 'not readmitted'
    if (!host) {
      const trust = policy === 'auto' ? 'approved' : 'pending'
      const name = `host-${id.slice(0, 8)}`
      await addHost(transaction, { ...UNHEARD, id, name, trust, since: at, groups: [], notes: '', created: at, attempt: undefined })
      const what = `came back from ${peer} with a certificate of this authority, which this database does not know: ${trust}`
      await addHistory(transaction, id, { at, who: 'agent', what })
    }
    await revokeCertificates(transaction, id, at, 'the host has shown a newer one')
    await saveCertificate(transaction, { fingerprint, host: id, attempt: READMITTED, issued, expires })
    return 'readmitted'
  })
}
