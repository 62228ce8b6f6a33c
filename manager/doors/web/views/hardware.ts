// What a host's agent has found in it.

import type { CpuPool } from '../../../contract/cpu.ts'
import type { Host } from '../../../contract/hosts.ts'
import type { LocalStorage } from '../../../contract/things.ts'
import type { Inventory } from '../../../protocol/inventory.ts'
import type { Cpus, DiskHealth, Sensor } from '../../../protocol/machine.ts'
import { facts, hostPath, percent, sayMany, saySize } from './words.ts'

const UNITS: Readonly<Record<Sensor['quantity'], string>> = {
  temperature: '°C',
  voltage: 'V',
  fan: '/min',
  power: 'W',
  current: 'A',
  humidity: '%',
}

export function hardwareView(host: Host, inventory: Inventory, cpu: CpuPool, local: LocalStorage | undefined) {
  const { dmi, cpus, xen, kernel, cpuPolicy } = inventory
  const speed = cpus.kilohertz === undefined ? undefined : `${(cpus.kilohertz / 1e6).toFixed(2)} GHz`
  return {
    machine: facts({
      Machine: [dmi.manufacturer, dmi.product].filter(Boolean).join(' '),
      Serial: dmi.serial,
      'Asset tag': dmi.assetTag,
      Board: dmi.board,
      Firmware: [dmi.firmwareVendor, dmi.firmwareVersion, dmi.firmwareDate].filter(Boolean).join(' '),
      CPU: [cpus.model, speed].filter(Boolean).join(', '),
      Cores: sayCores(cpus),
      Microcode: cpus.microcode,
      Memory: saySize(inventory.memory.totalBytes),
      Xen: xen.version,
      Kernel: kernel.release,
    }),
    numa: inventory.numa.map(({ node, bytes, freeBytes, cpus: of, distances }) => ({
      node,
      memory: saySize(bytes),
      free: saySize(freeBytes),
      cpus: of.length,
      distances: distances.join(' '),
    })),
    modules: modulesView(inventory),
    nics: inventory.nics.map(({ name, link, speed: megabits, driver, mac, master, neighbours }) => ({
      name,
      link,
      speed: megabits === undefined ? '' : megabits >= 1000 ? `${megabits / 1000} Gbit/s` : `${megabits} Mbit/s`,
      driver: driver ?? '',
      mac,
      master: master ?? '',
      neighbours: neighbours.map(({ chassisName, chassisId, portId }) => `${chassisName ?? chassisId}, ${portId}`),
    })),
    disks: [
      ...inventory.blockDevices
        .filter(({ multipath, target, fabric, removable }) => multipath === undefined && (target ?? fabric) === undefined && !removable)
        .map((disk) => {
          const health = inventory.diskHealth.find(
            ({ device, wwid }) => device === disk.device || (wwid !== undefined && wwid === disk.wwid),
          )
          return {
            name: disk.name,
            model: [disk.vendor, disk.model].filter(Boolean).join(' '),
            serial: disk.serial ?? '',
            size: saySize(disk.sizeBytes),
            transport: disk.transport,
            ...healthView(health),
          }
        }),
      ...inventory.diskHealth
        .filter(({ behind }) => behind !== undefined)
        .map((health) => ({
          name: `${health.device} ${health.behind}`,
          model: health.model ?? '',
          serial: health.serial ?? '',
          size: '',
          transport: 'RAID controller',
          ...healthView(health),
        })),
    ],
    sensors: inventory.sensors.map(({ chip, label, quantity, value, critical, alarm }) => ({
      name: `${chip.split('.')[0]} ${label}`,
      value: `${Math.round(value * 100) / 100} ${UNITS[quantity]}`,
      isAlarming: alarm === true || (critical !== undefined && value >= critical),
    })),
    vgs: (local?.vgs ?? []).map(({ name, sizeBytes, freeBytes, pools = [] }) => ({
      name: pools.length > 0 ? `${name} (pool ${pools.join(', ')})` : name,
      size: saySize(sizeBytes),
      free: saySize(freeBytes),
      used: `${percent(sizeBytes - freeBytes, sizeBytes)} %`,
    })),
    problems: inventory.problems.map(({ section, source, reason }) => ({ section, source, reason })),
    ...cpuView(host, cpu),
    flags: cpus.flags.length > 0 ? cpus.flags.join(' ') : '',
    virtCaps: cpuPolicy.virtCaps.join(' '),
  }
}

function sayCores({ sockets = 1, cores, threads }: Cpus): string | undefined {
  if (cores === undefined) return undefined
  return [sayMany(sockets, 'socket'), sayMany(cores, 'core'), sayMany(threads ?? cores, 'thread')].join(', ')
}

/** Modules that are alike are one line. */
function modulesView({ dmi }: Inventory) {
  const alike = new Map<string, { count: number; slots: string[] }>()
  for (const { slot, bytes, manufacturer, part, speed } of dmi.memoryModules) {
    const what = [saySize(bytes), manufacturer, part, speed === undefined ? undefined : `${speed} MT/s`].filter(Boolean).join(' ')
    const known = alike.get(what) ?? { count: 0, slots: [] }
    alike.set(what, { count: known.count + 1, slots: [...known.slots, slot] })
  }
  return [...alike].map(([what, { count, slots }]) => ({ what, count, slots: slots.join(' ') }))
}

function healthView(health: DiskHealth | undefined) {
  if (!health) return { health: '', isFailing: false }
  const { passed, celsius, powerOnHours, reallocatedSectors, pendingSectors, uncorrectableErrors, wearPercent, criticalWarning } = health
  const isFailing = passed === false || (criticalWarning ?? 0) > 0
  const said = [
    passed === undefined ? undefined : passed ? 'passed' : 'foretells its failure',
    celsius === undefined ? undefined : `${celsius} °C`,
    powerOnHours === undefined ? undefined : `${Math.round(powerOnHours / 24)} days on`,
    wearPercent === undefined ? undefined : `${wearPercent} % worn`,
    reallocatedSectors ? `${reallocatedSectors} sectors reallocated` : undefined,
    pendingSectors ? `${pendingSectors} sectors pending` : undefined,
    uncorrectableErrors ? `${uncorrectableErrors} errors not corrected` : undefined,
    criticalWarning ? `critical warning ${criticalWarning}` : undefined,
  ]
  return { health: said.filter(Boolean).join(', '), isFailing }
}

function cpuView(host: Host, cpu: CpuPool) {
  const group = cpu.groups.find(({ hosts }) => hosts.some(({ id }) => id === host.id))
  const unknown = cpu.unknown.find((one) => one.host === host.id)
  const others = (group?.hosts ?? []).filter(({ id }) => id !== host.id)
  return {
    exchanges: others.map((other) => ({ name: other.name, path: hostPath(other) })),
    others: others.length > 0 ? sayMany(others.length, 'other host') : 'no other host',
    cpuUnknown: unknown?.reason ?? '',
    cpuGroup: group ? `group ${group.number}, ${group.vendor}` : '',
  }
}
