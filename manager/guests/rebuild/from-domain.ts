// The spec of a guest that runs and of which nothing was remembered: as far as its domain tells it. Pure.
import { bridgeOn, type Network } from '../../networks/network.ts'
import { deviceOf } from '../../protocol/guest-disk.ts'
import { type GuestSpec, guestSpec, networkName } from '../../protocol/guest-spec.ts'
import type { Guest as Domain } from '../../protocol/guests.ts'
import type { Copy } from './copies.ts'
import type { HostTold, Rebuilt } from './picture.ts'

export type FromDomain =
  | { readonly kind: 'spec'; readonly spec: GuestSpec; readonly networks: Rebuilt['networks'] }
  | { readonly kind: 'none'; readonly why: string }

/** Nothing in a domain tells these. */
export const UNTOLD = 'its notes, tags, groups, restart policy, start order and xl settings'

export function specOfDomain(host: HostTold, domain: Domain, copies: readonly Copy[], networks: readonly Network[]): FromDomain {
  if (domain.configured === false) return { kind: 'none', why: 'Xen has no configuration of its domain' }
  const made: Rebuilt['networks'][number][] = []
  const nics: object[] = []
  for (const { mac, bridge } of domain.nics) {
    if (mac === undefined || bridge === undefined) continue
    const known = [...networks, ...made].find((one) => bridgeOn(one, host.id) === bridge)
    const name = known?.name ?? networkName.safeParse(bridge.toLowerCase()).data
    if (name === undefined) return { kind: 'none', why: `no network can be called after its bridge ${bridge}` }
    if (!known) made.push({ name, bridge, bridges: {}, vlan: undefined, mtu: undefined })
    nics.push({ network: name, mac })
  }
  const disks = domain.disks.flatMap(({ vdev, target, readOnly }) => {
    const copy = copies.find(({ disk }) => target === `/dev/mapper/${deviceOf(disk)}`)
    return copy ? [{ vdev, size: wholeMiB(copy.sizeBytes), pool: copy.vg.name, access: readOnly ? 'read-only' : 'read-write' }] : []
  })
  const read = guestSpec.safeParse({
    ...{ name: domain.name, uuid: domain.uuid, vcpus: domain.vcpus, maxVcpus: Math.max(domain.vcpus, domain.maxVcpus) },
    ...{ memory: wholeMiB(domain.memoryBytes), maxMemory: wholeMiB(Math.max(domain.memoryBytes, domain.maxMemoryBytes)), disks, nics },
  })
  if (read.success) return { kind: 'spec', spec: read.data, networks: made }
  const [issue] = read.error.issues
  return { kind: 'none', why: `its domain is none of ours: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}` }
}

const MIB = 2 ** 20

/** Xen rounds what it gives. */
function wholeMiB(bytes: number): number {
  return Math.max(1, Math.round(bytes / MIB)) * MIB
}
