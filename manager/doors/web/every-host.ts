// All hosts of the pool for a page that shows or counts them all: the operation gives a page of them at a time.
import { type Host, hosts } from '../../contract/hosts.ts'
import type { Ask } from '../call.ts'
import { toldOf } from './route.ts'

/** By name. Throws a PageRefused. */
export async function everyHost(ask: Ask): Promise<readonly Host[]> {
  // One that is renamed meanwhile may stand on two pages.
  const all = new Map<string, Host>()
  let after: string | undefined
  do {
    const page = toldOf(await ask(hosts.list, after === undefined ? {} : { after }))
    for (const host of page.hosts) all.set(host.id, host)
    after = page.next
  } while (after !== undefined)
  return [...all.values()]
}
