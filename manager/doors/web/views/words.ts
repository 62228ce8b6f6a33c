// Amounts and times as pages show them.
import { sayBytes } from '../../../wording.ts'

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })

export const sayCount = (count: number): string => whole.format(count)

/** `1 guest`, `2,000 guests`. */
export const sayMany = (count: number, one: string, many = `${one}s`): string => `${sayCount(count)} ${count === 1 ? one : many}`

export const saySize = (bytes: number | undefined): string => (bytes === undefined ? '' : sayBytes(bytes))

export const sayRate = (bytesPerSecond: number): string => `${sayBytes(bytesPerSecond)}/s`

/** Of `whole`, 0 to 100. */
export const percent = (part: number, of: number): number => (of > 0 ? Math.min(100, Math.max(0, Math.round((100 * part) / of))) : 0)

/** For a stylesheet without numbers: the class of a bar, in steps of five percent. */
export const barClass = (value: number): string => `p${Math.round(value / 5) * 5}`

export interface Moment {
  /** For `<time datetime>`; the page's script says how long ago that is. */
  readonly iso: string
  readonly text: string
}

export function moment(at: number): Moment {
  const iso = Number.isFinite(at) && Math.abs(at) <= 8.64e15 ? new Date(at).toISOString() : ''
  return { iso, text: iso.slice(0, 19).replace('T', ' ') }
}

export function saySeconds(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1000
  if (seconds < 100) return `${seconds.toFixed(1)} s`
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`
}

/** A fact of a list of facts; nothing is shown of what is not known. */
export interface Fact {
  readonly name: string
  readonly value: string
}

export function facts(given: Readonly<Record<string, string | number | undefined>>): readonly Fact[] {
  return Object.entries(given).flatMap(([name, value]) => (value === undefined || value === '' ? [] : [{ name, value: String(value) }]))
}

/** By name for the path of its page, unless the name is none that a host may have. */
export const hostPath = ({ id, name }: { readonly id: string; readonly name: string }): string =>
  `/hosts/${/^[a-z0-9-]{1,63}$/.test(name) ? name : id}`
