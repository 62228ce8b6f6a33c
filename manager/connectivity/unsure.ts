// Hosts of which nobody knows whether they reach a thing, as what would tell could not be read. Who counts those that reach it says these
// beside them.
import { uncountedOf, unreadOf } from '../protocol/unread.ts'
import type { ConnectivityMatrix } from './matrix.ts'
import { NETWORK, STORAGE } from './sections.ts'
import type { ThingKey } from './thing.ts'

/** For one thing after the other: how many hosts may reach it besides those that do. */
export function unsureCounter(matrix: ConnectivityMatrix): (key: ThingKey) => number {
  const hosts = matrix
    .hosts()
    .filter(({ inventory }) => uncountedOf(inventory, [...STORAGE, ...NETWORK]).length > 0 || unreadOf(inventory, ['bridges']).length > 0)
  return (key) =>
    hosts.filter(({ id }) => {
      const reach = matrix.reach(key, id)
      return reach.kind === 'cut' && reach.unread
    }).length
}
