// Networks as hosts hear them: which attachments of which hosts are on one.
import { hearingGroups, type Listener } from './hearing.ts'
import type { Attachment } from './network.ts'
import { keyOfThing, type NetworkThing, type ThingKey } from './thing.ts'

/** By host id. */
type Attachments = Iterable<readonly [host: string, attachments: readonly Attachment[]]>

export interface Segment {
  readonly thing: NetworkThing
  /** By host id. */
  readonly members: ReadonlyMap<string, readonly Attachment[]>
}

/** Of the attachments without a VLAN that is known, by the key of the network. */
export function segmentsOf(hosts: Attachments): ReadonlyMap<ThingKey, Segment> {
  const untagged = membersOf(hosts).filter(({ attachment, macs }) => isSegmentPart(attachment) && macs.length > 0)
  const segments = hearingGroups(untagged).map((group): readonly [ThingKey, Segment] => {
    const [station = ''] = group.flatMap(({ macs }) => macs).sort()
    const members = new Map<string, readonly Attachment[]>()
    for (const { host, attachment } of group) members.set(host, [...(members.get(host) ?? []), attachment])
    const thing: NetworkThing = { kind: 'segment', station }
    return [keyOfThing(thing), { thing, members }]
  })
  return new Map(segments)
}

/** Whether anything that segmentsOf looks at has changed. */
export function touchSegments(before: readonly Attachment[], after: readonly Attachment[]): boolean {
  const looked = (attachments: readonly Attachment[]): string => JSON.stringify(attachments.filter(isSegmentPart))
  return looked(before) !== looked(after)
}

/** Hosts in groups that hear each other; none where all do, or where nobody is heard. */
export function islandsOf(hosts: Attachments): readonly (readonly string[])[] {
  const groups = hearingGroups(membersOf(hosts)).map((group) => [...new Set(group.map(({ host }) => host))])
  return groups.length > 1 && groups.some((group) => group.length > 1) ? groups : []
}

function isSegmentPart({ vlan, reach }: Attachment): boolean {
  return vlan === undefined && reach.kind === 'reached'
}

interface Member extends Listener {
  readonly host: string
  readonly attachment: Attachment
}

function membersOf(hosts: Attachments): readonly Member[] {
  return [...hosts].flatMap(([host, attachments]) =>
    attachments.map((attachment) => ({ host, attachment, macs: attachment.macs, heard: attachment.heard })),
  )
}
