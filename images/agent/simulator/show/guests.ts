// What a simulated host's `xl list` prints (Xen 4.20), and what its kernel counts for its guests.
import { counted } from '../machine/load.ts'
import type { Domain, DomainState } from '../state/domain.ts'
import { DOM0_KIB } from '../state/domains.ts'
import { UNBORN } from '../state/migration.ts'
import type { HostState } from '../state/site.ts'

const DOM0_LOAD = 0.15
const SECTOR = 512
const REQUEST_BYTES = 16_384
const PACKET_BYTES = 900
const HEADING = 'Name                                        ID   Mem VCPUs\tState\tTime(s)'

export function showXlList(host: HostState, domains: readonly Domain[], now: number, isVerbose: boolean, withDom0: boolean): string {
  const seconds = (now - host.since) / 1000
  const dom0 = row(isVerbose, 'Domain-0', 0, DOM0_KIB / 1024, 4, 'r-----', counted(DOM0_LOAD, seconds, 0), NO_UUID, '-')
  const rows = domains.map((domain) => {
    const { name, domid, memoryKib, vcpus, state, uuid } = domain
    const used = isCounting(domain) ? counted(domain.load, (now - domain.since) / 1000, phaseOf(domain)) : 0
    const [flags, reason] = FLAGS[state]
    return row(isVerbose, name, domid, Math.floor(memoryKib / 1024), vcpus, flags, used, uuid, reason)
  })
  const heading = `${HEADING}${isVerbose ? '   UUID                            Reason-Code\tSecurity Label' : ''}`
  return `${[heading, ...(withDom0 ? [dom0] : []), ...rows].join('\n')}\n`
}

const NO_UUID = '00000000-0000-0000-0000-000000000000'
/** xl_list.c's letters, and the reason of a shutdown (xen/include/public/sched.h). */
const FLAGS: { readonly [state in DomainState]: readonly [flags: string, reason: string] } = {
  running: ['-b----', '-'],
  blocked: ['-b----', '-'],
  paused: ['--p---', '-'],
  suspended: ['---ss-', '2'],
  shutdown: ['---s--', '0'],
  crashed: ['---sc-', '3'],
}

export function showXlListLong(_host: HostState, domains: readonly Domain[], withDom0: boolean): string {
  const dom0 = {
    domid: 0,
    config: { c_info: { type: 'pv', name: 'Domain-0' }, b_info: { max_memkb: DOM0_KIB, target_memkb: DOM0_KIB - 1 } },
  }
  const named = domains.filter(({ name }) => name !== UNBORN)
  const rows = named.map(({ domid, uuid, name, type, vcpus, maxVcpus, memoryKib, maxKib, disks, nics, onReboot, onCrash }) => ({
    domid,
    config: {
      c_info: { type, name, domid: 4_294_967_295, uuid, run_hotplug_scripts: 'True' },
      b_info: {
        max_vcpus: maxVcpus,
        avail_vcpus: Array.from({ length: vcpus }, (_, index) => index),
        max_memkb: maxKib,
        target_memkb: memoryKib,
        [`type.${type}`]: {},
      },
      ...(disks.length === 0
        ? {}
        : {
            disks: disks.map(({ vdev, target, writable, format, script }) => ({
              pdev_path: target,
              vdev,
              format,
              ...(script === undefined ? {} : { script }),
              readwrite: writable ? 1 : 0,
              colo_restore_enable: 'False',
            })),
          }),
      ...(nics.length === 0 ? {} : { nics: nics.map(({ devid, mac, bridge }) => ({ devid, mac, bridge, nictype: 'vif' })) }),
      on_reboot: onReboot,
      on_crash: onCrash,
      on_soft_reset: 'soft_reset',
    },
  }))
  return `${JSON.stringify(withDom0 ? [dom0, ...rows] : rows.length === 1 ? rows[0] : rows, undefined, 4)}\n`
}

/** A file of a vbd's statistics; undefined when it is not there. */
export function vbdStatistic({ ram }: HostState, domid: number, file: string, now: number): string | undefined {
  const guest = ram.domains.find((one) => one.domid === domid)
  if (!guest) return undefined
  const bytes = transferred(guest, now)
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

export function showNetDev({ machine: { nics }, ram }: HostState, now: number): string {
  const all = ram.domains.flatMap((guest) =>
    guest.nics.map(({ devid }) => ({ name: `vif${guest.domid}.${devid}`, bytes: Math.floor(transferred(guest, now)) })),
  )
  const sum = all.reduce((total, { bytes }) => total + bytes, 0)
  const hardware = nics.map(({ name, up }, number) => ({ name, bytes: up && number === 0 ? sum : 0 }))
  const rows = [...hardware, ...all].map(({ name, bytes }) => {
    const packets = Math.floor(bytes / PACKET_BYTES)
    return `${name.padStart(6)}: ${bytes} ${packets} 0 0 0 0 0 0 ${bytes} ${packets} 0 0 0 0 0 0`
  })
  return `Inter-|   Receive                                                |  Transmit\n face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n${rows.join('\n')}\n`
}

/** The guests' disks are on the NVMe; the others rest. */
export function showDiskstats({ disks, ram }: HostState, now: number): string {
  const bytes = ram.domains.reduce((sum, guest) => sum + transferred(guest, now), 0)
  const rows = disks.map(({ name, transport }, number) => {
    const own = transport === 'nvme' ? bytes : 0
    const [requests, sectors] = [Math.floor(own / REQUEST_BYTES), Math.floor(own / SECTOR)]
    return ` 8 ${number * 16} ${name} ${requests} 0 ${sectors} 0 ${requests} 0 ${sectors} 0 0 ${Math.floor(own / 1e6)} 0`
  })
  return `${rows.join('\n')}\n`
}

function row(
  isVerbose: boolean,
  name: string,
  domid: number,
  mebibytes: number,
  vcpus: number,
  state: string,
  seconds: number,
  uuid: string,
  reason: string,
): string {
  const plain = `${name.padEnd(40)} ${String(domid).padStart(5)} ${String(mebibytes).padStart(5)} ${String(vcpus).padStart(5)}     ${state}  ${seconds.toFixed(1).padStart(8)}`
  return isVerbose ? `${plain} ${uuid} ${reason.padStart(8)} ${'-'.padStart(16)}` : plain
}

/** Each way; disk and network alike. */
function transferred(guest: Domain, now: number): number {
  return isCounting(guest) ? counted(guest.traffic, (now - guest.since) / 1000, phaseOf(guest)) : 0
}

function isCounting({ state }: Domain): boolean {
  return state !== 'paused'
}

function phaseOf({ uuid }: Domain): number {
  return Number.parseInt(uuid.slice(0, 4), 16) / 0xffff
}
