// The two lists that everybody polls, and which events make them anew.
import { CONTRACT } from '../../contract/contract.ts'
import type { PoolEvent } from '../../contract/events.ts'
import type { Host, HostPage } from '../../contract/hosts.ts'
import type { Operation } from '../../contract/operation.ts'
import type { Matrix } from '../../contract/things.ts'
import { type ListOptions, ListWriter, type Tagged, TaggedList } from './tagged.ts'

export type Clock = Pick<ListOptions, 'epoch' | 'elapsed'>

export interface ListSources {
  readonly hosts: (page: HostPage) => Promise<{ readonly hosts: readonly Host[]; readonly next: string | undefined }>
  readonly matrix: () => Promise<Matrix>
}

export interface TaggedLists {
  /** Undefined for what is not kept. */
  of(operation: Operation): Tagged | undefined
  /** For each event of the pool. */
  hear(event: PoolEvent): void
}

export function taggedLists({ hosts, matrix }: ListSources, clock: Clock): TaggedLists {
  const lists = new Map<Operation, TaggedList>([
    [CONTRACT.hosts.list, hostList(hosts, clock)],
    [CONTRACT.things.matrix, matrixList(matrix, clock)],
  ])
  return {
    of: (operation) => lists.get(operation),
    hear(event) {
      for (const list of lists.values()) list.hear(event)
    },
  }
}

function hostList(hosts: ListSources['hosts'], clock: Clock): TaggedList {
  const writer = new ListWriter<Host>('hosts')
  return new TaggedList({
    ...clock,
    effect: ({ kind }) => (kind === 'sample' ? 'soon' : 'at-once'),
    make: async (input) => {
      const { hosts: some, next } = await hosts(CONTRACT.hosts.list.input.parse(input))
      return writer.write(some, next === undefined ? {} : { next })
    },
  })
}

function matrixList(matrix: ListSources['matrix'], clock: Clock): TaggedList {
  return new TaggedList({
    ...clock,
    effect: ({ kind }) => (kind === 'host' || kind === 'inventory' || kind === 'scan' ? 'at-once' : 'none'),
    make: async () => JSON.stringify(await matrix()),
  })
}
