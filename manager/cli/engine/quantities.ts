// Numbers as they are written for options. Pure.
import { InvalidArgumentError } from 'commander'
import { readSize } from '../../protocol/size.ts'

/** `4G`, `512MiB`, `1.5T`, `1048576`: bytes by powers of 1024, as Xen counts memory. */
export function byteSize(text: string): number {
  const bytes = readSize(text)
  if (bytes === undefined) throw new InvalidArgumentError('Say a size like 512M or 4G.')
  return bytes
}

export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    if (!(number >= least && number <= most)) throw new InvalidArgumentError(`Say a whole number from ${least} to ${most}.`)
    return number
  }
}

const SPANS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `500ms`, `2s`, `1h`: milliseconds, from and to so many. */
export function timeSpan(least: number, most: number): (text: string) => number {
  return (text) => {
    const [, amount = '', unit = ''] = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)$/.exec(text.trim()) ?? []
    const span = Math.round(Number(amount || Number.NaN) * (SPANS[unit] ?? Number.NaN))
    if (!(span >= least && span <= most)) throw new InvalidArgumentError(`Say a span like 2s, from ${least} ms to ${most / 1000} s.`)
    return span
  }
}
