// Numbers as they are written for options. Pure.
import { InvalidArgumentError } from 'commander'

const UNITS: { readonly [unit: string]: number } = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 }

/** `4G`, `512MiB`, `1.5T`, `1048576`: bytes by powers of 1024, as Xen counts memory. */
export function byteSize(text: string): number {
  const [, amount, unit = ''] = /^(\d{1,15}(?:\.\d{1,6})?)([KMGT]?)(?:i?B)?$/i.exec(text.trim()) ?? []
  const bytes = Math.round(Number(amount) * (UNITS[unit.toUpperCase()] ?? Number.NaN))
  if (!Number.isSafeInteger(bytes)) throw new InvalidArgumentError('Say a size like 512M or 4G.')
  return bytes
}

export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    if (!(number >= least && number <= most)) throw new InvalidArgumentError(`Say a whole number from ${least} to ${most}.`)
    return number
  }
}
