// What would be other of a guest, as a person reads it before it is done: each thing, and from when on. Pure.
import { AT_ONCE, type Difference } from '../../../guests/difference.ts'
import type { DiskRecord } from '../../../guests/guest.ts'
import { sayBoot } from '../../../protocol/guest-boot.ts'
import type { DiskSpec, GuestSpec, NicSpec } from '../../../protocol/guest-spec.ts'
import type { Guest as Domain } from '../../../protocol/guests.ts'
import { writeSize } from '../../../protocol/size.ts'
import type { ChangeArgs } from '../change-args.ts'

export interface Said {
  readonly what: string
  readonly when: 'at once' | 'from its next start on'
  /** What is lost by it. */
  readonly loses: 'nothing' | 'data'
}

export interface Changing {
  readonly before: GuestSpec
  readonly difference: Difference
  /** Undefined: it does not run. */
  readonly domain: Domain | undefined
  readonly leaving: readonly DiskRecord[]
}

const MIB = 2 ** 20

export function sayChanges({ before, difference, domain, leaving }: Changing): readonly Said[] {
  const { wanted, name, keys, added, grown, removed, newNics, otherNics, goneNics } = difference
  const resize = domain && sizesOf(keys, wanted, domain)
  const isLive = (key: Difference['keys'][number]): boolean => {
    if (!domain || AT_ONCE.some((one) => one === key)) return true
    return (key === 'memory' && resize?.to.memoryMiB !== undefined) || (key === 'vcpus' && resize?.to.vcpus !== undefined)
  }
  return [
    ...(name === undefined ? [] : [now(`name ${before.name} → ${name}`)]),
    ...keys.map((key) =>
      said(`${key} ${saidOf(before, key)} → ${saidOf(wanted, key)}`, isLive(key) ? 'at once' : 'from its next start on'),
    ),
    ...added.map((disk) => now(`disk ${disk.vdev ?? 'new'} of ${sayDisk(disk)} added`)),
    ...grown.map((disk) => now(`disk ${disk.vdev} grown to ${writeSize(disk.size)}`)),
    ...[...removed, ...leaving.map(({ vdev }) => vdev)].map(
      (vdev): Said => ({ ...now(`disk ${vdev} removed, with all on it`), loses: 'data' }),
    ),
    ...newNics.map((nic) => now(`NIC ${sayNic(nic)} added`)),
    ...otherNics.map((nic) => said(`NIC ${sayNic(nic)}, ${sayBounds(nic)}`, domain ? 'from its next start on' : 'at once')),
    ...goneNics.map((nic) => now(`NIC ${sayNic(nic)} removed`)),
  ]
}

/** What of memory and vCPUs a domain can be given at once; undefined: nothing. */
export function sizesOf(keys: Difference['keys'], wanted: GuestSpec, domain: Domain): ChangeArgs['resize'] {
  const { memory, vcpus } = wanted
  const isMemory = keys.includes('memory') && memory <= domain.maxMemoryBytes
  const isVcpus = keys.includes('vcpus') && vcpus <= domain.maxVcpus
  if (!isMemory && !isVcpus) return undefined
  return {
    to: { ...(isMemory ? { memoryMiB: memory / MIB } : {}), ...(isVcpus ? { vcpus } : {}) },
    from: { ...(isMemory ? { memoryMiB: Math.floor(domain.memoryBytes / MIB) } : {}), ...(isVcpus ? { vcpus: domain.vcpus } : {}) },
  }
}

function now(what: string): Said {
  return said(what, 'at once')
}

function said(what: string, when: Said['when']): Said {
  return { what, when, loses: 'nothing' }
}

function sayDisk({ size, pool, thinPool, image }: DiskSpec): string {
  return `${writeSize(size)} in ${pool}${thinPool === undefined ? '' : `/${thinPool}`}${image === undefined ? '' : `, of image ${image}`}`
}

function sayBounds({ rateKBps, filter }: NicSpec): string {
  return `rate ${rateKBps ?? 'any'}, ${filter === undefined ? 'no filter' : 'held to its MAC'}`
}

function sayNic({ network, mac }: NicSpec): string {
  return mac === undefined ? `on ${network}` : `${mac} on ${network}`
}

function saidOf(spec: GuestSpec, key: Difference['keys'][number]): string {
  return key === 'boot' ? sayBoot(spec.boot) : written(spec[key])
}

function written(value: GuestSpec[Difference['keys'][number]]): string {
  if (value === undefined || value === '') return 'none'
  if (typeof value === 'number' && value >= MIB) return writeSize(value)
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}
