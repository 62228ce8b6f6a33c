// Hosts of which the same is said, as one line: of a thousand, most reach a thing in the same way.
import { groupBy } from '../../../group-by.ts'
import { hostPath } from './words.ts'

export interface SaidHost {
  readonly host: string
  readonly name: string
  readonly said: string
}

export function alikeView(hosts: readonly SaidHost[]) {
  return [...groupBy(hosts, ({ said }) => said)].map(([said, alike]) => ({
    said,
    hosts: alike.map(({ host, name }) => ({ name, path: hostPath({ id: host, name }) })),
  }))
}
