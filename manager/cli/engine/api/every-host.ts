// All hosts of the pool, which the manager tells a page at a time.
import type { Host } from '../../../contract/hosts.ts'
import type { PoolApi } from './calls.ts'

/** By name. Rejects with a CommandFailure. */
export async function everyHost({ hosts }: Pick<PoolApi, 'hosts'>): Promise<readonly Host[]> {
  // One that is renamed meanwhile may stand on two pages.
  const all = new Map<string, Host>()
  let after: string | undefined
  do {
    const page = await hosts.list(after === undefined ? {} : { after })
    for (const host of page.hosts) all.set(host.id, host)
    // A manager that gives no new name is not asked for ever.
    after = page.next === after ? undefined : page.next
  } while (after !== undefined)
  return [...all.values()]
}
