// What a host's own report says is broken: disks that foretell their failure, sensors beyond their limits, and what the files in
// faults/ find in one report.

import type { DiskHealth, Sensor } from '../protocol/machine.ts'
import { isPlaceholderNumber } from '../protocol/placeholders.ts'
import { isReading, setLimitsOf } from '../protocol/sensor-limits.ts'
import { type Condition, type Finding, keyOfCondition, type ReportingHost, type Source } from './condition.ts'
import { diskDefects } from './faults/disk-defects.ts'
import { drbdFaults } from './faults/drbd.ts'
import { type Fault, few, type Held } from './faults/fault.ts'
import { volumeFaults } from './faults/volumes.ts'

export class Faults implements Source {
  readonly sections = ['diskHealth', 'sensors', 'pvs', 'vgs', 'lvs', 'drbd'] as const
  readonly #touched = new Map<string, readonly Condition[]>()
  /** By host. */
  readonly #held = new Map<string, Set<string>>()

  /** `written`: the keys of what was true when the manager last ran. */
  constructor(written: Iterable<string> = []) {
    for (const key of written) {
      const [, host] = key.split(' ')
      if (host === undefined) continue
      const held = this.#held.get(host)
      if (held) held.add(key)
      else this.#held.set(host, new Set([key]))
    }
  }

  update(host: ReportingHost): void {
    const conditions = faultsOf(host, this.#held.get(host.id))
    this.#touched.set(host.id, conditions)
    if (conditions.length === 0) this.#held.delete(host.id)
    else this.#held.set(host.id, new Set(conditions.map(keyOfCondition)))
  }

  remove(id: string): void {
    this.#touched.set(id, [])
    this.#held.delete(id)
  }

  findings(): readonly Finding[] {
    const found = [...this.#touched].map(([subject, conditions]) => ({ subject, conditions }))
    this.#touched.clear()
    return found
  }
}

const NOTHING: Held = new Set()

export function faultsOf(host: ReportingHost, held: Held = NOTHING): readonly Condition[] {
  const { inventory, name } = host
  return [
    ...few(
      'disk-failing',
      host,
      inventory.diskHealth,
      diskFault,
      (devices) => `${devices} of ${name} foretell their failure: replace them`,
    ),
    ...few(
      'sensor-alarm',
      host,
      inventory.sensors,
      (sensor, onHost) =>
        sensorFault(sensor, onHost, held.has(keyOfCondition({ kind: 'sensor-alarm', about: `${host.id} ${nameOf(sensor)}` }))),
      (labels) => `${labels} of ${name} are beyond their limits: see to its cooling and power`,
    ),
    ...diskDefects(host, held),
    ...volumeFaults(host, held),
    ...drbdFaults(host),
  ]
}

/** NVMe's health log, critical warning, bit by bit. */
const WARNINGS = [
  'its spare blocks run out',
  'it is too hot or too cold',
  'it has become unreliable',
  'it takes no more writes',
  'its cache is no longer safe from a loss of power',
  'its persistent memory takes no more writes',
]

function diskFault(disk: DiskHealth, host: string): Fault | undefined {
  const { device, model, passed, criticalWarning = 0 } = disk
  const serial = disk.serial === undefined || isPlaceholderNumber(disk.serial) ? undefined : disk.serial
  const warnings = WARNINGS.filter((_, bit) => ((criticalWarning >>> bit) & 1) === 1)
  const foretold = passed === false ? ['SMART foretells its failure'] : []
  const unnamed = criticalWarning !== 0 && warnings.length === 0 ? [`it warns of its state (${criticalWarning})`] : []
  const wrong = [...foretold, ...warnings, ...unnamed]
  if (wrong.length === 0) return undefined
  const known = [model, serial].filter(Boolean).join(', ')
  const text = `${device}${known && ` (${known})`} of ${host}: ${wrong.join('; ')}. Move what is on it to another disk, and replace it`
  return { what: serial ?? device, short: device, text }
}

const UNITS: { readonly [Quantity in Sensor['quantity']]: string } = {
  temperature: ' °C',
  voltage: ' V',
  fan: ' rpm',
  power: ' W',
  current: ' A',
  humidity: ' %',
}

/** Of a limit, by which a reading has to be clear of it before its alarm ends. */
const TREMOR = 0.03

/** A limit that is passed by a little is for the driver's own alarm to say: `high` is where many machines run. */
function sensorFault(sensor: Sensor, host: string, isHeld: boolean): Fault | undefined {
  const { chip, label, quantity, value } = sensor
  // Again, as older agents tell limits that nobody has set.
  const { low, critical, alarm } = setLimitsOf(sensor)
  if (!isReading(sensor)) return undefined
  const unit = UNITS[quantity]
  const clear = (limit: number): number => (isHeld ? Math.abs(limit) * TREMOR : 0)
  const wrong =
    critical !== undefined && value >= critical - clear(critical)
      ? `is beyond its critical ${critical}${unit}`
      : low !== undefined && value < low + clear(low) && alarm !== false
        ? `is below its least of ${low}${unit}`
        : alarm === true
          ? 'has set off its alarm'
          : undefined
  if (wrong === undefined) return undefined
  return { what: nameOf(sensor), short: label, text: `${label} (${chip}) of ${host} ${wrong}: see to its cooling and power` }
}

function nameOf({ chip, label }: Sensor): string {
  return `${chip} ${label}`
}
