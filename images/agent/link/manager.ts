// Where the manager is: asked of the appliance that this host booted from. The one place to change when that answer comes
// another way. A boot from a stick knows by the stick whom to believe.
import { createHash, X509Certificate } from 'node:crypto'
import { type ManagerAddress, managerAddress } from '../../../manager/protocol/appliance.ts'
import type { Boot } from '../boot.ts'

/** UTF-8 text of `GET http://<path>`; rejects when there is no answer of status 200. */
export type Fetch = (url: string) => Promise<string>

/** Rejects with what was wrong. */
export async function findManager({ server, attempt, authority }: Boot, fetchText: Fetch): Promise<ManagerAddress> {
  const url = `http://${server}/manager/${attempt}`
  const parsed = managerAddress.safeParse(JSON.parse(await fetchText(url)))
  if (!parsed.success) throw new Error(`${url} does not say where the manager is: ${parsed.error.issues[0]?.message}`)
  return authority === undefined ? parsed.data : { ...parsed.data, authority: believed(parsed.data.authority, authority, url) }
}

/** The one certificate alone: TLS would believe each of several that stand in one text. */
function believed(pem: string, wanted: string, url: string): string {
  const certificate = new X509Certificate(pem)
  const found = createHash('sha256').update(certificate.raw).digest('hex')
  if (found === wanted) return certificate.toString()
  throw new Error(`${url} tells of a manager under the authority ${found}; the stick that this host booted from believes ${wanted} alone`)
}
