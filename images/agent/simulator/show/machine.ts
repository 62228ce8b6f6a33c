// What a simulated machine's `dmidecode` and `smartctl` print, and its files in /proc and /sys.

import { type Machine, MODULE_BYTES } from '../machine/machine.ts'
import { diceOf } from '../machine/random.ts'
import { showCpuinfo } from './cpu.ts'

const GIB = 2 ** 30
const MODULES = 16
/** Seconds between two changes of a temperature. */
const WEATHER = 300

export function showDmidecode({ systemUuid, serial, firmware, memoryModules, index }: Machine): string {
  const modules = Array.from({ length: MODULES }, (_, slot) => {
    const there = slot < memoryModules
    return [
      `Handle 0x11${String(slot).padStart(2, '0')}, DMI type 17, 84 bytes`,
      'Memory Device',
      `\tSize: ${there ? `${MODULE_BYTES / GIB} GB` : 'No Module Installed'}`,
      `\tLocator: ${slot < MODULES / 2 ? 'A' : 'B'}${(slot % (MODULES / 2)) + 1}`,
      '\tBank Locator: Not Specified',
      `\tManufacturer: ${there ? '00AD063200AD' : 'Unknown'}`,
      `\tSerial Number: ${there ? `${index.toString(16)}${slot.toString(16)}`.padStart(8, '4').toUpperCase() : 'Unknown'}`,
      `\tPart Number: ${there ? 'HMA84GR7JJR4N-WM' : 'Unknown'}`,
      `\tConfigured Memory Speed: ${there ? '2933 MT/s' : 'Unknown'}`,
    ].join('\n')
  })
  const head = [
    `Handle 0x0000, DMI type 0, 26 bytes\nBIOS Information\n\tVendor: Dell Inc.\n\tVersion: ${firmware}\n\tRelease Date: 06/15/2024`,
    `Handle 0x0100, DMI type 1, 27 bytes\nSystem Information\n\tManufacturer: Dell Inc.\n\tProduct Name: PowerEdge R640\n\tSerial Number: ${serial}\n\tUUID: ${systemUuid}`,
    `Handle 0x0200, DMI type 2, 15 bytes\nBase Board Information\n\tManufacturer: Dell Inc.\n\tProduct Name: 0W23H8\n\tSerial Number: .${serial}.CNFCP0099.`,
    `Handle 0x0300, DMI type 3, 22 bytes\nChassis Information\n\tSerial Number: ${serial}\n\tAsset Tag: Not Specified`,
  ]
  return `# dmidecode 3.6\nGetting SMBIOS data from sysfs.\nSMBIOS 3.2 present.\n\n${[...head, ...modules].join('\n\n')}\n`
}

/** Undefined for a device that is no disk of this machine's own. */
export function showSmartctl({ disks, seed, index }: Machine, device: string, seconds: number): string | undefined {
  const disk = disks.find(({ name }) => `/dev/${name}` === device)
  if (!disk) return undefined
  const celsius = 28 + diceOf(seed, 'disk-weather', index, disk.name, Math.floor(seconds / WEATHER)).between(0, 4)
  const shared = {
    smartctl: { exit_status: 0 },
    model_name: disk.model,
    serial_number: disk.serial,
    smart_status: { passed: true },
    temperature: { current: celsius },
    power_on_time: { hours: 17_520 },
  }
  const attributes = { table: [5, 197, 198].map((id) => ({ id, raw: { value: id === 5 ? disk.reallocatedSectors : 0 } })) }
  const log = { critical_warning: 0, percentage_used: disk.wearPercent, media_errors: 0 }
  return JSON.stringify(
    disk.kind === 'nvme' ? { ...shared, nvme_smart_health_information_log: log } : { ...shared, ata_smart_attributes: attributes },
  )
}

/** A file that the hardware alone decides, `seconds` after it was switched on; undefined when it is not there. */
export function hardwareFile(machine: Machine, path: string, seconds: number): string | undefined {
  const [, nic] = /^\/sys\/class\/net\/([^/]+)\/speed$/.exec(path) ?? []
  if (nic !== undefined) {
    const found = machine.nics.find(({ name }) => name === nic)
    return found && `${found.up ? found.speed : -1}\n`
  }
  return portFile(machine, path) ?? sensorFile(machine, path, seconds) ?? plainFile(machine, path)
}

export function hardwareNames({ array }: Machine, path: string): readonly string[] {
  switch (path) {
    case '/sys/class/fc_host':
      return array.kind === 'fc' ? ['host7', 'host8'] : []
    case '/sys/class/fc_remote_ports':
      return array.kind === 'fc' ? ['rport-7:0-0', 'rport-8:0-0'] : []
    case '/sys/class/hwmon':
      return ['hwmon0']
    case '/sys/class/hwmon/hwmon0':
      return Object.keys(SENSORS)
    default:
      return []
  }
}

const SENSORS: { readonly [file: string]: string } = {
  name: 'coretemp',
  temp1_input: '',
  temp1_label: 'Package id 0',
  temp1_crit: '100000',
  temp1_max: '90000',
}

function sensorFile({ seed, index }: Machine, path: string, seconds: number): string | undefined {
  const file = /^\/sys\/class\/hwmon\/hwmon0\/(\w+)$/.exec(path)?.[1]
  if (file === 'temp1_input') return `${(42 + diceOf(seed, 'weather', index, Math.floor(seconds / WEATHER)).between(0, 12)) * 1000}\n`
  return file === undefined ? undefined : SENSORS[file]
}

/** Of the two Fibre Channel ports and the array's ports behind them. */
function portFile({ array, failedPaths, systemUuid }: Machine, path: string): string | undefined {
  if (array.kind !== 'fc') return undefined
  const [, own, ownFile = ''] = /^\/sys\/class\/fc_host\/host([78])\/(\w+)$/.exec(path) ?? []
  const [, far, farFile = ''] = /^\/sys\/class\/fc_remote_ports\/rport-([78]):0-0\/(\w+)$/.exec(path) ?? []
  const number = Number(own ?? far) - 7
  const state = failedPaths.includes(number) ? 'Linkdown' : 'Online'
  const tail = systemUuid.replaceAll('-', '').slice(0, 11)
  const ownFiles: { readonly [file: string]: string | undefined } = {
    port_name: `0x2100${number}${tail}`,
    node_name: `0x2000${number}${tail}`,
    fabric_name: `0x${array.fabrics[number]}`,
    port_state: state,
    speed: state === 'Online' ? '16 Gbit' : 'unknown',
    symbolic_name: 'QLE2692 FW:v9.08.02 DVR:v10.02.09.100-k',
  }
  const farFiles: { readonly [file: string]: string | undefined } = {
    port_name: `0x${array.ports[number]}`,
    node_name: `0x${array.ports[0]}`,
    port_state: state === 'Online' ? 'Online' : 'Not Present',
    roles: 'FCP Target',
  }
  return own !== undefined ? ownFiles[ownFile] : far !== undefined ? farFiles[farFile] : undefined
}

function plainFile(machine: Machine, path: string): string | undefined {
  switch (path) {
    case '/proc/cpuinfo':
      return showCpuinfo(machine)
    case '/proc/meminfo':
      return 'MemTotal:         516316 kB\nMemFree:          204800 kB\nMemAvailable:     301200 kB\nSwapTotal:             0 kB\n'
    case '/proc/sys/kernel/osrelease':
      return '6.12.117+deb13-amd64\n'
    case '/proc/sys/kernel/version':
      return '#1 SMP PREEMPT_DYNAMIC Debian 6.12.117-1 (2026-11-12)\n'
    case '/proc/sys/kernel/arch':
      return 'x86_64\n'
    case '/proc/cmdline':
      return `console=hvc0 quiet hl.boot=${'a'.repeat(16)}.${'t'.repeat(43)} hl.srv=10.64.0.1:8067 hl.name=${machine.name}\n`
    case '/proc/drbd':
      return 'version: 8.4.11 (api:1/proto:86-101)\n'
    default:
      return undefined
  }
}
