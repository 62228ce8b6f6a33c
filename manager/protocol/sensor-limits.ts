// Limits of sensors that nobody has set: registers at their value after power-on, which drivers pass on as they are. Pure.
import type { Sensor } from './machine.ts'

type Limits = { readonly [Key in 'low' | 'high' | 'critical' | 'alarm']?: Sensor[Key] | undefined }
type Limited = Pick<Sensor, 'quantity'> & Limits

/** °C that are a register's ends, not a limit: 127, -128, 255, -273.15 and 65261.85 (0 and 65535 K of NVMe). */
const HOTTEST = 127
const COLDEST = -127
/** °C at which no thermometer of a computer works: lm-sensors has seen 3,892,313. */
const NO_READING = { above: 200, below: -70 } as const
/** Revolutions a minute that no fan makes. */
const FASTEST = 50_000

/**
 * The limits that are some. The driver's own alarm goes with them where that leaves none of those that were told: it is what comes
 * of the comparison. An alarm without any limit stands: its chip decides.
 */
export function setLimitsOf(sensor: Limited): Limits {
  const { low, high, critical, alarm } = sensor
  const crossed = low !== undefined && high !== undefined && low >= high
  const set = {
    low: crossed || !isSet(sensor.quantity, 'low', low) ? undefined : low,
    high: crossed || !isSet(sensor.quantity, 'high', high) ? undefined : high,
    critical: isSet(sensor.quantity, 'critical', critical) ? critical : undefined,
  }
  const told = [low, high, critical].some((limit) => limit !== undefined)
  const left = Object.values(set).some((limit) => limit !== undefined)
  return { ...set, alarm: told && !left ? undefined : alarm }
}

/** False for what an open input or a chip without power reads. */
export function isReading({ quantity, value }: Pick<Sensor, 'quantity' | 'value'>): boolean {
  return quantity !== 'temperature' || (value < NO_READING.above && value > NO_READING.below)
}

function isSet(quantity: Sensor['quantity'], which: 'low' | 'high' | 'critical', limit: number | undefined): boolean {
  if (limit === undefined) return false
  switch (quantity) {
    case 'temperature':
      return limit < HOTTEST && limit > COLDEST && (which === 'low' || limit > 0)
    case 'fan':
      return limit > 0 && limit < FASTEST
    case 'voltage':
      // Of the rails of -5 and -12 V both limits are below zero.
      return limit !== 0 && (which !== 'critical' || limit > 0)
    case 'power':
    case 'current':
    case 'humidity':
      return limit > 0
  }
}
