// DRBD resources that mirror no more, or no longer can be used, and do not get well by themselves (DRBD 9 User's Guide, 7.6 and 9.3).
import { diskOfMirror } from '../../protocol/guest-disk.ts'
import type { DrbdResource } from '../../protocol/guests.ts'
import { sayNames } from '../../wording.ts'
import type { Condition, ReportingHost } from '../condition.ts'
import { type Fault, few } from './fault.ts'

export function drbdFaults(host: ReportingHost): readonly Condition[] {
  return few(
    'drbd-degraded',
    host,
    host.inventory.drbd,
    resourceFault,
    (names) => `DRBD resources ${names} on ${host.name} are not mirrored, or stand still: drbdadm status shows them`,
  )
}

/** A new generation, or a part of one, is on its way to this disk, or waits for its turn. */
const BECOMES_WHOLE = /^(SyncTarget|PausedSyncT|StartingSyncT|WFBitMapT|WFSyncUUID)$/

type Volume = DrbdResource['volumes'][number]

function resourceFault(resource: DrbdResource, host: string): Fault | undefined {
  const { name, suspended, volumes, connections } = resource
  // A mirror of ours comes and goes by an automation, which watches it: alone and inconsistent it is at its beginning.
  const isPassing = diskOfMirror(name) !== undefined
  const alone = isPassing ? [] : connections.filter(({ state }) => state === 'StandAlone').map(({ peer }) => peer || 'its peer')
  const wrong = [
    ...(suspended
      ? ['its writes are suspended, and what is on it stands still: see to its peer, quorum or fencing, then drbdadm resume-io']
      : []),
    ...(alone.length > 0
      ? [
          `it talks no more to ${sayNames(alone)} (StandAlone): what is written is not mirrored. After a split brain choose whose data goes (drbdadm connect --discard-my-data there), then drbdadm connect`,
        ]
      : []),
    ...volumes.flatMap((volume) => volumeFault(volume, resource) ?? []),
  ]
  if (wrong.length === 0) return undefined
  return { what: name, short: name, text: `DRBD resource ${name} on ${host}: ${wrong.join('; ')}` }
}

function volumeFault({ volume, disk, client, quorum }: Volume, { name, connections }: DrbdResource): string | undefined {
  switch (disk) {
    // A client has no disk by intent.
    case 'Diskless':
      if (client !== true) return `volume ${volume} has lost its disk (Diskless): replace the disk, then drbdadm attach`
      break
    case 'Failed':
      return `the disk of volume ${volume} has failed: replace it, then drbdadm attach`
    case 'Inconsistent': {
      const isOnItsWay = connections.some(({ volumes }) =>
        volumes.some((peer) => peer.volume === volume && BECOMES_WHOLE.test(peer.replication)),
      )
      if (!isOnItsWay && diskOfMirror(name) === undefined)
        return `the data of volume ${volume} is inconsistent, and no resync runs: drbdadm connect a peer that has all of it`
      break
    }
  }
  return quorum === false ? `volume ${volume} has no quorum: too few of its peers are there` : undefined
}
