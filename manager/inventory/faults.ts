// What a host's own report says is broken: disks that foretell their failure, failed paths to LUNs, sensors beyond their limits.

import type { DiskHealth, Sensor } from '../protocol/machine.ts'
import { isPlaceholderNumber } from '../protocol/placeholders.ts'
import { isReading, setLimitsOf } from '../protocol/sensor-limits.ts'
import type { ConditionKind } from '../store/alarms.ts'
import type { Condition, Finding, ReportingHost, Source } from './condition.ts'
import { type Fault, pathFault } from './path-fault.ts'
import { PathMemory } from './path-memory.ts'
import { sayNames } from './wording.ts'

/** Of one kind on one host: where more is broken, one alarm says so. */
const MOST = 16

export class Faults implements Source {
  readonly sections = ['diskHealth', 'dmi', 'multipaths', 'sensors'] as const
  readonly #paths: PathMemory
  readonly #hosts = new Map<string, ReportingHost>()
  readonly #touched = new Set<string>()

  constructor(paths = new PathMemory(new Map(), [])) {
    this.#paths = paths
  }

  update(host: ReportingHost): void {
    this.#hosts.set(host.id, host)
    for (const id of this.#paths.tell(host)) this.#touched.add(id)
  }

  remove(id: string): void {
    this.#hosts.delete(id)
    for (const other of this.#paths.forget(id)) this.#touched.add(other)
    this.#touched.add(id)
  }

  /** By a person: what the map has now is right. */
  cleared(kind: ConditionKind, about: string): void {
    const [id = '', ...wwid] = about.split(' ')
    const host = kind === 'path-failed' ? this.#hosts.get(id) : undefined
    if (!host) return
    this.#paths.accept(host, wwid.join(' '))
    this.#touched.add(id)
  }

  findings(): readonly Finding[] {
    const found = [...this.#touched].map((subject) => {
      const host = this.#hosts.get(subject)
      return { subject, conditions: host ? faultsOf(host, this.#paths.faultsOf(host)) : [] }
    })
    this.#touched.clear()
    return found
  }
}

/** `paths`: what is wrong with its multipath maps; by its report alone unless given. */
export function faultsOf(host: ReportingHost, paths?: readonly Fault[]): readonly Condition[] {
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
      'path-failed',
      host,
      paths ?? inventory.multipaths.flatMap((map) => pathFault(map, name) ?? []),
      (fault) => fault,
      (maps) => `${maps} on ${name} have failed paths: see to cables, switches and the array`,
    ),
    ...few(
      'sensor-alarm',
      host,
      inventory.sensors,
      sensorFault,
      (labels) => `${labels} of ${name} are beyond their limits: see to its cooling and power`,
    ),
  ]
}

function few<Item>(
  kind: ConditionKind,
  { id, name }: Pick<ReportingHost, 'id' | 'name'>,
  items: readonly Item[],
  faultOf: (item: Item, host: string) => Fault | undefined,
  sayMany: (names: string) => string,
): readonly Condition[] {
  const faults = items.flatMap((item) => faultOf(item, name) ?? [])
  if (faults.length > MOST) return [{ kind, about: id, host: id, text: sayMany(sayNames(faults.map(({ short }) => short))) }]
  return [...new Map(faults.map(({ what, text }) => [what, { kind, about: `${id} ${what}`, host: id, text }])).values()]
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

/** A limit that is passed by a little is for the driver's own alarm to say: `high` is where many machines run. */
function sensorFault(sensor: Sensor, host: string): Fault | undefined {
  const { chip, label, quantity, value } = sensor
  // Again, as older agents tell limits that nobody has set.
  const { low, critical, alarm } = setLimitsOf(sensor)
  if (!isReading(sensor)) return undefined
  const unit = UNITS[quantity]
  const wrong =
    critical !== undefined && value >= critical
      ? `is beyond its critical ${critical}${unit}`
      : low !== undefined && value < low && alarm !== false
        ? `is below its least of ${low}${unit}`
        : alarm === true
          ? 'has set off its alarm'
          : undefined
  if (wrong === undefined) return undefined
  return { what: `${chip} ${label}`, short: label, text: `${label} (${chip}) of ${host} ${wrong}: see to its cooling and power` }
}
