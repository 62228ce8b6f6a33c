// The two lists that everybody polls, and which events make them anew.
import type { Operations } from './operations.ts'
import type { Host } from './schema-hosts.ts'
import { type ListOptions, ListWriter, TaggedList } from './tagged.ts'

export type Clock = Pick<ListOptions, 'epoch' | 'elapsed'>

export function hostList(operations: Operations, clock: Clock): TaggedList {
  const writer = new ListWriter<Host>('hosts')
  return new TaggedList({
    ...clock,
    effect: ({ kind }) => (kind === 'sample' ? 'soon' : 'at-once'),
    make: async () => writer.write(await operations.hosts()),
  })
}

export function matrixList(operations: Operations, clock: Clock): TaggedList {
  return new TaggedList({
    ...clock,
    effect: ({ kind }) => (kind === 'host' || kind === 'inventory' || kind === 'scan' ? 'at-once' : 'none'),
    make: async () => JSON.stringify(await operations.matrix()),
  })
}
