// A guest as its host is told to run it. Pure.
import { bridgeOn, type Network } from '../networks/network.ts'
import type { VgRef } from '../protocol/guest-disk.ts'
import type { GuestSpec } from '../protocol/guest-spec.ts'
import { type GuestConfig, XL_KEYS } from '../protocol/requests/guest-config.ts'
import type { Mac, Uuid } from '../protocol/values.ts'

export interface PlacedDisk {
  readonly disk: Uuid
  readonly vg: VgRef
  readonly generation: number
  readonly vdev: string
  readonly access: 'read-write' | 'read-only'
}

export interface ConfigParts {
  readonly uuid: Uuid
  readonly spec: GuestSpec
  /** What its spec's boot comes to; left out: its own GRUB. */
  readonly boot?: GuestConfig['boot'] | undefined
  readonly host: string
  readonly disks: readonly PlacedDisk[]
  /** One for each NIC of the spec. */
  readonly macs: readonly Mac[]
  readonly networks: readonly Network[]
  /** Of xl.cfg(5); left out: all that the host gives. */
  readonly cpuid?: string | undefined
}

const MIB = 2 ** 20

export function configOf({ uuid, spec, boot = { kind: 'grub' }, host, disks, macs, networks, cpuid }: ConfigParts): GuestConfig {
  const { name, memory, maxMemory = memory, vcpus, maxVcpus = vcpus, nics, xl } = spec
  return {
    ...{ uuid, name, type: 'pvh', boot, vcpus, maxVcpus },
    ...{ memoryMiB: memory / MIB, maxMemoryMiB: maxMemory / MIB },
    disks: [...disks].sort((a, b) => (a.vdev < b.vdev ? -1 : 1)),
    nics: nics.flatMap(({ network, rateKBps, filter }, at) => {
      const [found, mac] = [networks.find((one) => one.name === network), macs[at]]
      if (!found || mac === undefined) return []
      const bounds = { ...(rateKBps === undefined ? {} : { rateKBps }), ...(filter === undefined ? {} : { filter }) }
      return { mac, bridge: bridgeOn(found, host), ...bounds }
    }),
    ...(cpuid === undefined ? {} : { cpuid }),
    xl: XL_KEYS.flatMap((key) => {
      const value = xl[key]
      return value === undefined ? [] : [{ key, value }]
    }),
  }
}

/** Disks of the spec at the places of the bus that it names, the others at the first that are free. */
export function withVdevs<Disk extends { readonly vdev?: string | undefined }>(
  disks: readonly Disk[],
): readonly (Disk & { readonly vdev: string })[] {
  const taken = new Set(disks.flatMap(({ vdev }) => vdev ?? []))
  return disks.map((disk) => {
    const vdev = disk.vdev ?? BUS.find((one) => !taken.has(one)) ?? 'xvdz'
    taken.add(vdev)
    return { ...disk, vdev }
  })
}

/** Places of the bus, the first one first. */
export const BUS = [...'abcdefghijklmnopqrstuvwxyz'].map((letter) => `xvd${letter}`)
