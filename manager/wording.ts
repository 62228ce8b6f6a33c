// Amounts, lists and machines as people say them.

const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const

/** `64 GiB`, `1.5 TiB`: at most one decimal. */
export function sayBytes(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)))
  return `${Math.round((bytes / 1024 ** power) * 10) / 10} ${UNITS[power]}`
}

/** `40 MiB/s`; undefined: no other bound than its network's. */
export function sayRate(bytesPerSecond: number | undefined): string {
  return bytesPerSecond === undefined ? 'all that the network carries' : `${sayBytes(bytesPerSecond)}/s`
}

/** All of a few names, some of many: `node01, node02 and 7 others`. */
export function sayNames(names: readonly string[]): string {
  const [named, last] = names.length <= 5 ? [names.slice(0, -1), names.at(-1)] : [names.slice(0, 3), `${names.length - 3} others`]
  return [named.join(', '), last].filter(Boolean).join(' and ')
}

/** A place in what a person has given: `disk 1, pool` for disks.0.pool. What wraps all of it is none of its words. */
export function sayPlace(path: readonly PropertyKey[]): string {
  const said: string[] = []
  for (const part of path[0] === 'spec' || path[0] === 'body' ? path.slice(1) : path) {
    if (typeof part === 'number') said.push(`${oneOf(said.pop() ?? 'items')} ${part + 1}`)
    else said.push(String(part))
  }
  return said.join(', ')
}

function oneOf(many: string): string {
  if (many.endsWith('ies')) return `${many.slice(0, -3)}y`
  return many.endsWith('sses') ? many.slice(0, -2) : many.replace(/s$/, '')
}

const SPANS = [
  ['day', 24 * 3600_000],
  ['hour', 3600_000],
  ['minute', 60_000],
  ['second', 1000],
] as const

/** The greatest unit that fits, whatever the sign: `3 hours`, `1 minute`. */
export function sayDuration(milliseconds: number): string {
  const length = Math.abs(milliseconds)
  const [unit, span] = SPANS.find(([, each]) => length >= each) ?? SPANS[3]
  const count = Math.floor(length / span)
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}

/** `0.4 s`, `12 s`, `3 min 5 s`, `2 h 4 min`. */
export function saySpan(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1000
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`
}

/** Of a job that a host has told of. */
export interface JobTold {
  readonly phase: string
  readonly done: number
  readonly total?: number | undefined
  readonly unit: string
  /** Units a second. */
  readonly rate?: number | undefined
  readonly secondsLeft?: number | undefined
  /** Of what is done, where not all of it had to be. */
  readonly sent?: number | undefined
}

/** `copy 45 % of 2 GiB, 31 MiB/s, 36 s left`; where nobody knows how much there is: `scan 17 files, 2 files/s`. */
export function sayJob({ phase, done, total, unit, rate, secondsLeft, sent }: JobTold): string {
  const say = (count: number): string =>
    unit === 'bytes' ? sayBytes(count) : `${count < 10 ? Number(count.toFixed(1)) : Math.round(count)} ${unit}`
  const speed = rate === undefined ? '' : `, ${say(rate)}/s`
  if (!total) return `${phase}${done > 0 ? ` ${say(done)}` : ''}${speed}`
  const left = secondsLeft === undefined ? '' : `, ${saySpan(secondsLeft * 1000)} left`
  // All of it only where nothing is left.
  return `${phase} ${Math.floor((done / total) * 100)} % of ${say(total)}${sent === undefined ? '' : `, ${say(sent)} sent and ${say(Math.max(0, done - sent))} saved`}${speed}${left}`
}

interface Identity {
  readonly uuid?: string | undefined
  readonly serial?: string | undefined
  readonly product?: string | undefined
  readonly macs: readonly { readonly mac: string; readonly boot: boolean }[]
}

export function sayIdentity({ uuid, serial, product, macs }: Identity): string {
  const of = (boot: boolean) => macs.filter((one) => one.boot === boot).map(({ mac }) => mac)
  const others = of(false)
  return [
    product ?? 'a machine without a product name',
    serial === undefined ? 'no serial number' : `serial number ${serial}`,
    uuid === undefined ? 'no UUID' : `UUID ${uuid}`,
    `booted from ${of(true).join(', ') || 'no NIC that is known'}`,
    ...(others.length === 0
      ? []
      : [`other NICs ${others.slice(0, 4).join(', ')}${others.length > 4 ? ` and ${others.length - 4} more` : ''}`]),
  ].join(', ')
}

/** `phase copy, 2 of 4`: `done` lie behind it. */
export function sayPhase({
  phase,
  done,
  total,
}: {
  readonly phase: string
  readonly done: number
  readonly total?: number | undefined
}): string {
  return `phase ${phase}${total === undefined ? '' : `, ${Math.min(done + 1, total)} of ${total}`}`
}
