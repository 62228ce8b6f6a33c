// Where the manager is: asked of the appliance that this host booted from. The one place to change when that answer comes
// another way.
import { type ManagerAddress, managerAddress } from '../../../manager/protocol/appliance.ts'
import type { Boot } from '../boot.ts'

/** UTF-8 text of `GET http://<path>`; rejects when there is no answer of status 200. */
export type Fetch = (url: string) => Promise<string>

/** Rejects with what was wrong. */
export async function findManager({ server, attempt }: Boot, fetchText: Fetch): Promise<ManagerAddress> {
  const url = `http://${server}/manager/${attempt}`
  const parsed = managerAddress.safeParse(JSON.parse(await fetchText(url)))
  if (!parsed.success) throw new Error(`${url} does not say where the manager is: ${parsed.error.issues[0]?.message}`)
  return parsed.data
}
