// Sizes as people write them: powers of 1024, as Xen counts memory. Pure.

const UNITS: readonly string[] = ['K', 'M', 'G', 'T']

/** `4G`, `512MiB`, `1.5T`, `1048576`: bytes; undefined for what is none. */
export function readSize(text: string): number | undefined {
  const [, amount, unit = ''] = /^(\d{1,15}(?:\.\d{1,6})?)([KMGT]?)(?:i?B)?$/i.exec(text.trim()) ?? []
  if (amount === undefined) return undefined
  const power = UNITS.indexOf(unit.toUpperCase()) + 1
  const bytes = Math.round(Number(amount) * 1024 ** power)
  return Number.isSafeInteger(bytes) ? bytes : undefined
}

/** In the greatest unit that keeps it whole: `8G`, `1536M`. */
export function writeSize(bytes: number): string {
  const power = UNITS.findLastIndex((_, at) => bytes > 0 && bytes % 1024 ** (at + 1) === 0) + 1
  return `${bytes / 1024 ** power}${UNITS[power - 1] ?? ''}`
}

/** Of a second: as a size, with or without `/s`: `40M`, `50MB/s`; undefined for what is none. */
export function readRate(text: string): number | undefined {
  return readSize(text.trim().replace(/\/s$/i, ''))
}
