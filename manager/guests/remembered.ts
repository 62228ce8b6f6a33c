// What a VG is to remember of a guest: in the VG of its first disk, so that whoever has that disk knows the guest. Pure.
import type { CpuFeatures } from '../cpu/host.ts'
import { bridgeOn, type Network } from '../networks/network.ts'
import { type VgRef, vgRef } from '../protocol/guest-disk.ts'
import { asciiJson, type GuestRecordOf, guestRecord } from '../protocol/guest-record.ts'
import { type GuestSpec, guestSpec, writeSpec } from '../protocol/guest-spec.ts'
import type { GuestRecord } from './guest.ts'

export interface Remembered {
  readonly vg: VgRef
  readonly record: GuestRecordOf
}

export type RememberedDisk = Pick<GuestRecord['disks'][number], 'id' | 'vdev' | 'vg' | 'sizeBytes' | 'generation' | 'access' | 'image'>

export interface ToRemember {
  readonly uuid: string
  readonly spec: GuestSpec
  readonly disks: readonly RememberedDisk[]
  readonly created: number
  readonly createdBy: string
  readonly host: { readonly id: string; readonly name: string }
  readonly networks: readonly Network[]
  /** What it is given; undefined: that is not known. */
  readonly cpu?: CpuFeatures | undefined
  /** Of this manager, and the time: milliseconds since the epoch. */
  readonly epoch: number
  readonly now: number
}

/** Undefined: it has no disk in a VG, and nothing remembers it. */
export function remembered(guest: ToRemember): Remembered | undefined {
  const { uuid, spec, created, createdBy, host, networks, cpu, epoch, now } = guest
  const disks = [...guest.disks].sort((a, b) => (a.vdev < b.vdev ? -1 : 1))
  const home = vgRef.safeParse(disks[0]?.vg)
  if (!home.success) return undefined
  const attached = networks.filter(({ name }) => spec.nics.some((nic) => nic.network === name))
  return {
    vg: home.data,
    record: guestRecord.parse({
      ...{ guest: uuid, name: spec.name, spec: canonical(spec), host: host.name },
      ...{ created, createdBy, epoch, written: now },
      ...(cpu ? { cpu } : {}),
      disks: disks.map(({ id, vdev, vg, sizeBytes, generation, access, image }) => ({
        ...{ disk: id, vdev, vg, sizeBytes, generation, access },
        ...(image === undefined ? {} : { image }),
      })),
      networks: attached.map((network) => ({
        ...{ name: network.name, bridge: bridgeOn(network, host.id) },
        ...(network.vlan === undefined ? {} : { vlan: network.vlan }),
        ...(network.mtu === undefined ? {} : { mtu: network.mtu }),
      })),
    }),
  }
}

/** As it is written when it has been read: the order of its keys, too. */
function canonical(spec: GuestSpec): string {
  return asciiJson(writeSpec(guestSpec.parse(writeSpec(spec))))
}

/** Whether both tell the same of the guest, whoever wrote them and when. */
export function isSame(one: GuestRecordOf, other: GuestRecordOf): boolean {
  return toldOf(one) === toldOf(other)
}

function toldOf({ epoch: _epoch, written: _written, created: _created, createdBy: _by, ...told }: GuestRecordOf): string {
  return JSON.stringify(told)
}
