// What a simulated machine's `xl list` and `drbdsetup` print, and what its kernel counts for its guests.

import type { GuestSpec } from '../machine/guests.ts'
import { counted } from '../machine/load.ts'
import type { Machine } from '../machine/machine.ts'

const DOM0_LOAD = 0.15
const SECTOR = 512
const REQUEST_BYTES = 16_384
const PACKET_BYTES = 900

export function showXlList({ guests }: Machine, seconds: number): string {
  const dom0 = row('Domain-0', 0, 640, 4, 'r-----', counted(DOM0_LOAD, seconds, 0), '00000000-0000-0000-0000-000000000000')
  const rows = guests.map((guest) =>
    row(guest.name, guest.domid, guest.mebibytes, guest.vcpus, guest.paused ? '--p---' : '-b----', cpuSeconds(guest, seconds), guest.uuid),
  )
  return `Name                                        ID   Mem VCPUs\tState\tTime(s)   UUID                            Reason-Code\tSecurity Label\n${[dom0, ...rows].join('\n')}\n`
}

export function showXlListLong({ guests }: Machine): string {
  const dom0 = { domid: 0, config: { c_info: { type: 'pv', name: 'Domain-0' }, b_info: { max_memkb: 655_360 } } }
  const rows = guests.map(({ domid, uuid, name, type, vcpus, mebibytes, mac, bridge }) => ({
    domid,
    config: {
      c_info: { type, name, uuid },
      b_info: { max_vcpus: vcpus, max_memkb: mebibytes * 1024, target_memkb: mebibytes * 1024 },
      disks: [{ pdev_path: `/dev/mapper/hostless-${name}`, vdev: 'xvda', format: 'raw', readwrite: 1 }],
      nics: [{ devid: 0, mac, bridge }],
    },
  }))
  return JSON.stringify([dom0, ...rows])
}

export function showDrbdEvents({ guests }: Machine): string {
  const lines = guests
    .filter(({ mirrored }) => mirrored)
    .flatMap(({ domid, name, diskBytes }) => [
      `exists resource name:${name} role:Primary suspended:no write-ordering:flush`,
      `exists connection name:${name} peer-node-id:1 conn-name:peer connection:Connected role:Secondary congested:no`,
      `exists device name:${name} volume:0 minor:${domid} disk:UpToDate size:${diskBytes / 1024} read:0 written:0`,
      `exists peer-device name:${name} peer-node-id:1 conn-name:peer volume:0 replication:Established peer-disk:UpToDate out-of-sync:0`,
    ])
  return [...lines, 'exists -', ''].join('\n')
}

/** A file of a vbd's statistics; undefined when it is not there. */
export function vbdStatistic({ guests }: Machine, domid: number, file: string, seconds: number): string | undefined {
  const guest = guests.find((one) => one.domid === domid)
  if (!guest) return undefined
  const bytes = transferred(guest, seconds)
  switch (file) {
    case 'rd_req':
    case 'wr_req':
      return `${Math.floor(bytes / REQUEST_BYTES)}\n`
    case 'rd_sect':
    case 'wr_sect':
      return `${Math.floor(bytes / SECTOR)}\n`
    default:
      return undefined
  }
}

export function showNetDev({ nics, guests }: Machine, seconds: number): string {
  const all = guests.map((guest) => ({ name: `vif${guest.domid}.0`, bytes: Math.floor(transferred(guest, seconds)) }))
  const sum = all.reduce((total, { bytes }) => total + bytes, 0)
  const hardware = nics.map(({ name, up }, number) => ({ name, bytes: up && number === 0 ? sum : 0 }))
  const rows = [...hardware, ...all].map(({ name, bytes }) => {
    const packets = Math.floor(bytes / PACKET_BYTES)
    return `${name.padStart(6)}: ${bytes} ${packets} 0 0 0 0 0 0 ${bytes} ${packets} 0 0 0 0 0 0`
  })
  return `Inter-|   Receive                                                |  Transmit\n face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n${rows.join('\n')}\n`
}

/** The guests' disks are on the NVMe; the others rest. */
export function showDiskstats({ disks, guests }: Machine, seconds: number): string {
  const bytes = guests.reduce((sum, guest) => sum + transferred(guest, seconds), 0)
  const rows = disks.map(({ name, kind }, number) => {
    const own = kind === 'nvme' ? bytes : 0
    const [requests, sectors] = [Math.floor(own / REQUEST_BYTES), Math.floor(own / SECTOR)]
    return ` 8 ${number * 16} ${name} ${requests} 0 ${sectors} 0 ${requests} 0 ${sectors} 0 0 ${Math.floor(own / 1e6)} 0`
  })
  return `${rows.join('\n')}\n`
}

function row(name: string, domid: number, mebibytes: number, vcpus: number, state: string, seconds: number, uuid: string): string {
  return `${name.padEnd(40)} ${domid} ${mebibytes} ${vcpus} ${state} ${seconds.toFixed(1)} ${uuid} - -`
}

function cpuSeconds(guest: GuestSpec, seconds: number): number {
  return guest.paused ? 0 : counted(guest.load, seconds, phaseOf(guest))
}

/** Each way; disk and network alike. */
function transferred(guest: GuestSpec, seconds: number): number {
  return guest.paused ? 0 : counted(guest.traffic, seconds, phaseOf(guest))
}

function phaseOf({ uuid }: GuestSpec): number {
  return Number.parseInt(uuid.slice(0, 4), 16) / 0xffff
}
