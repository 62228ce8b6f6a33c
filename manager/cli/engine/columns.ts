// The columns that reports are made of, and how a table writes what they hold. Pure but for the time zone.
import { type Column, showBytes, type Value } from './output/output.ts'

type Extra = Omit<Column, 'key' | 'title'>

export const text = (key: string, title: string, extra: Extra = {}): Column => ({ key, title, ...extra })
export const number = (key: string, title: string, extra: Extra = {}): Column => ({ key, title, align: 'right', ...extra })
/** `unknown` for a domain whose configuration could not be read. */
export const guestTypeColumn = (extra: Extra = {}): Column => text('type', 'TYPE', { show: showKnown, ...extra })
/** Of what may not be known, which is not nothing. */
export const count = (key: string, title: string, extra: Extra = {}): Column => number(key, title, { show: showKnown, ...extra })
export const bytes = (key: string, title: string, extra: Extra = {}): Column => number(key, title, { show: showBytes, ...extra })
/** Bytes a second, as the title says. */
export const rate = (key: string, title: string, extra: Extra = {}): Column => number(key, title, { show: showRate, ...extra })
export const percent = (key: string, title: string, extra: Extra = {}): Column => number(key, title, { show: showPercent, ...extra })
/** Holds ISO 8601. */
export const time = (key: string, title: string, extra: Extra = {}): Column => text(key, title, { show: showTime, ...extra })
/** Ids: their ends tell them apart. */
export const id = (key: string, title: string, extra: Extra = {}): Column => text(key, title, { cut: 'middle', ...extra })

/** A sentence or more. */
export const words = (key: string, title: string, extra: Extra = {}): Column => text(key, title, { cut: 'wrap', ...extra })

/** Milliseconds since the epoch → ISO 8601; undefined stays unknown. */
export function iso(milliseconds: number | undefined): string | null {
  const date = new Date(milliseconds ?? Number.NaN)
  return Number.isNaN(date.getTime()) ? null : date.toISOString()
}

/** One digit after the point; unknown where a part is unknown or the whole is nothing. */
export function percentOf(part: number | undefined, whole: number | undefined): number | null {
  return part === undefined || !whole ? null : Math.round((part / whole) * 1000) / 10
}

/** Local time to the minute. */
function showTime(value: Value): string {
  const date = new Date(typeof value === 'string' ? value : Number.NaN)
  if (Number.isNaN(date.getTime())) return ''
  const two = (part: number): string => String(part).padStart(2, '0')
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`
}

function showKnown(value: Value): string {
  return value === null ? 'unknown' : String(value)
}

function showPercent(value: Value): string {
  return typeof value === 'number' ? value.toFixed(1) : ''
}

/** `12.3M`: the heading says what it is. */
function showRate(value: Value): string {
  return typeof value === 'number' ? showBytes(value).replace(/ (.)(iB)?$/, '$1') : ''
}

/** A number only where all is known: to programs what is less than all would pass for it. */
export function atLeast(known: number, unknown: number | undefined): Value {
  return unknown ? `at least ${known}` : known
}

/** `1 host`, `3 hosts`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
