// Amounts, lists and machines as people say them.

const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const

/** `64 GiB`, `1.5 TiB`: at most one decimal. */
export function sayBytes(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)))
  return `${Math.round((bytes / 1024 ** power) * 10) / 10} ${UNITS[power]}`
}

/** All of a few names, some of many: `node01, node02 and 7 others`. */
export function sayNames(names: readonly string[]): string {
  const [named, last] = names.length <= 5 ? [names.slice(0, -1), names.at(-1)] : [names.slice(0, 3), `${names.length - 3} others`]
  return [named.join(', '), last].filter(Boolean).join(' and ')
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
