// Thermometers and fans tremble. A reading that is as good as the one before stays that one: ten thousand hosts do not tell of
// every half degree. Pure.
import type { Sections } from '../../manager/protocol/inventory.ts'
import type { DiskHealth, Sensor } from '../../manager/protocol/machine.ts'

/** How far a value may go and still be the same: in its unit, or as a share of the value before. */
const TREMOR: { readonly [Quantity in Sensor['quantity']]: { readonly by: number } | { readonly share: number } } = {
  temperature: { by: 3 },
  humidity: { by: 5 },
  voltage: { share: 0.02 },
  fan: { share: 0.1 },
  power: { share: 0.1 },
  current: { share: 0.1 },
}

/** The sections as they were read, with the old value wherever the new one is no other. */
export function steadied(before: Sections, now: Partial<Sections>): Partial<Sections> {
  const { sensors, diskHealth } = now
  return {
    ...now,
    ...(sensors ? { sensors: sensors.map((sensor) => steadySensor(before.sensors, sensor)) } : {}),
    ...(diskHealth ? { diskHealth: diskHealth.map((disk) => steadyDisk(before.diskHealth, disk)) } : {}),
  }
}

function steadySensor(before: readonly Sensor[], now: Sensor): Sensor {
  const old = before.find(({ chip, label, quantity }) => chip === now.chip && label === now.label && quantity === now.quantity)
  if (!old || old.alarm !== now.alarm || isBeyond(old) !== isBeyond(now)) return now
  return trembles(now.quantity, old.value, now.value) ? { ...now, value: old.value } : now
}

function steadyDisk(before: readonly DiskHealth[], now: DiskHealth): DiskHealth {
  const celsius = before.find(({ device, serial }) => device === now.device && serial === now.serial)?.celsius
  if (celsius === undefined || now.celsius === undefined) return now
  return trembles('temperature', celsius, now.celsius) ? { ...now, celsius } : now
}

/** Across a limit every step counts. */
function isBeyond({ value, low, high, critical }: Sensor): boolean {
  return (
    value >= (high ?? Number.POSITIVE_INFINITY) ||
    value >= (critical ?? Number.POSITIVE_INFINITY) ||
    value < (low ?? Number.NEGATIVE_INFINITY)
  )
}

function trembles(quantity: Sensor['quantity'], before: number, now: number): boolean {
  const tremor = TREMOR[quantity]
  return Math.abs(now - before) <= ('by' in tremor ? tremor.by : Math.abs(before) * tremor.share)
}
