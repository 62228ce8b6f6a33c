// What is said of one host, from what its agent reported and what the pool knows. Pure.

import type { Guest } from '../../contract/guests.ts'
import type { Host, HostHardware, HostIdentity, HostLoad } from '../../contract/hosts.ts'
import { seenOf } from '../../enrolment/seen.ts'
import type { HostView } from '../../hosts/pool-change.ts'
import { conditionNow } from '../../protocol/host.ts'
import type { Inventory, SectionName } from '../../protocol/inventory.ts'
import type { Sample } from '../../protocol/sample.ts'
import { uncountedOf } from '../../protocol/unread.ts'
import type { MachineIdentity } from '../../store/tables/hosts.ts'

export interface HostParts {
  readonly view: HostView
  readonly inventory: Inventory | undefined
  readonly sample: Sample | undefined
  /** Of its memory, by claims; undefined where that is not known. */
  readonly freeBytes: number | undefined
  readonly image: Host['image']
  readonly once: Host['once']
  readonly cpuGroup: number | undefined
  readonly alarms: number
}

export function summaryOf({ view, inventory, sample, freeBytes, image, once, cpuGroup, alarms }: HostParts): Host {
  const { groups, macs, serial: _serial, product: _product, claim, cordon, connection, ...others } = view
  const { trust, presence, service, power } = conditionNow(view, connection ? 'connected' : 'absent')
  return {
    ...others,
    ...{ trust, presence, service, power },
    groups: [...groups],
    macs: [...macs],
    ...(cordon ? { cordon: { ...cordon } } : {}),
    ...(connection ? { connection: { address: connection.address, agent: connection.agent, since: connection.since } } : {}),
    ...(claim ? { change: { at: claim.at, differs: [...claim.differs], was: identityOf(view), is: identityOf(claim) } } : {}),
    ...(claim || trust !== 'approved' ? { seen: seenOf(view) } : {}),
    ...(inventory ? { hardware: hardwareOf(inventory, macs) } : {}),
    ...(image ? { image } : {}),
    ...(once ? { once } : {}),
    ...(cpuGroup === undefined ? {} : { cpuGroup }),
    ...(sample && connection ? { load: { ...loadOf(sample), ...(freeBytes === undefined ? {} : { freeBytes }) } } : {}),
    ...guestCountOf(view, inventory),
    alarms,
  }
}

function identityOf({ uuid, serial, product, macs }: MachineIdentity): HostIdentity {
  return { uuid, serial, product, macs: [...macs] }
}

const COUNTED: readonly SectionName[] = ['guests', 'blockDevices', 'nics']

/** One that has never been up has been asked to run none; of one that has, a report that is not there or not in memory yet says nothing. */
function guestCountOf({ presence, inventory: reported }: HostView, inventory: Inventory | undefined): Pick<Host, 'guests' | 'unread'> {
  if (!inventory) return reported || presence === 'up' || presence === 'lost' ? {} : { guests: 0 }
  const unread = uncountedOf(inventory, COUNTED).map(({ section, source, reason }) => ({ section, source, reason }))
  return {
    ...(uncountedOf(inventory, ['guests']).length > 0 ? {} : { guests: runningGuests(inventory) }),
    ...(unread.length === 0 ? {} : { unread }),
  }
}

/** Those that take up the host, or may go on to. */
export function runningGuests({ guests }: Inventory): number {
  return guests.filter(({ state }) => state !== 'shutdown' && state !== 'crashed' && state !== 'dying').length
}

export function guestsOn({ id, name, connection }: HostView, inventory: Inventory, sample: Sample | undefined): readonly Guest[] {
  const loads = new Map(connection && sample?.guests.map((load) => [load.uuid, load] as const))
  return inventory.guests.map(({ uuid, name: guestName, domid, type, state, vcpus, memoryBytes, disks, nics, configured }) => {
    const load = loads.get(uuid)
    const told = configured === false ? {} : { type, disks: disks.length, nics: nics.length }
    return {
      ...{ host: id, hostName: name, uuid, name: guestName, domid, state, vcpus, memoryBytes, ...told },
      ...(load ? { load: { cpus: load.cpus, ...ratesOf([load], [load]) } } : {}),
    }
  })
}

function hardwareOf(inventory: Inventory, macs: HostView['macs']): HostHardware {
  const { dmi, cpus, memory, xen, kernel, blockDevices, nics } = inventory
  // A LUN is seen once for each path.
  const disks = new Map(blockDevices.filter(({ removable }) => !removable).map((disk) => [disk.wwid ?? disk.name, disk.sizeBytes]))
  return {
    manufacturer: dmi.manufacturer,
    product: dmi.product,
    serial: dmi.serial,
    firmware: [dmi.firmwareVendor, dmi.firmwareVersion].filter(Boolean).join(' ') || undefined,
    cpuVendor: cpus.vendor,
    cpuModel: cpus.model,
    sockets: cpus.sockets,
    cores: cpus.cores,
    threads: cpus.threads,
    memoryBytes: memory.totalBytes ?? xen.totalBytes,
    xen: xen.version,
    kernel: kernel.release,
    ...linkOf(nics, macs),
    ...(xen.xenCaps.length === 0 ? {} : { hvm: xen.xenCaps.some((name) => name.startsWith('hvm-')) }),
    ...(uncountedOf(inventory, ['blockDevices']).length > 0 ? {} : { diskCount: disks.size, diskBytes: sumOf([...disks.values()]) }),
    ...(uncountedOf(inventory, ['nics']).length > 0
      ? {}
      : { nicCount: nics.length, nicsUp: nics.filter(({ link }) => link === 'up').length }),
  }
}

function linkOf(nics: Inventory['nics'], macs: HostView['macs']): Pick<HostHardware, 'link'> {
  const boots = (nic: Inventory['nics'][number]): boolean =>
    macs.some(({ mac, boot }) => boot && (mac === nic.permanentMac || mac === nic.mac))
  const heard = nics.filter(({ neighbours }) => neighbours.length > 0)
  const nic = heard.find(boots) ?? heard[0]
  const [neighbour] = nic?.neighbours ?? []
  if (!nic || !neighbour) return {}
  const { chassisName, chassisId, portId } = neighbour
  return { link: { nic: nic.name, switch: chassisName ?? chassisId, port: portId.replace(/^(ifname|local|mac) /, '') } }
}

function loadOf({ at, host }: Sample): HostLoad {
  const { cpus, threads, dom0Cpus, freeBytes, totalBytes } = host
  return { at, cpus, threads, dom0Cpus, freeBytes, totalBytes, ...ratesOf(host.disks, host.nics) }
}

interface Transfer {
  readonly readBytesPerSecond: number
  readonly writtenBytesPerSecond: number
}

interface Traffic {
  readonly receivedBytesPerSecond: number
  readonly sentBytesPerSecond: number
}

function ratesOf(disks: readonly Transfer[], nics: readonly Traffic[]): Transfer & Traffic {
  return {
    readBytesPerSecond: sumOf(disks.map((disk) => disk.readBytesPerSecond)),
    writtenBytesPerSecond: sumOf(disks.map((disk) => disk.writtenBytesPerSecond)),
    receivedBytesPerSecond: sumOf(nics.map((nic) => nic.receivedBytesPerSecond)),
    sentBytesPerSecond: sumOf(nics.map((nic) => nic.sentBytesPerSecond)),
  }
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}
