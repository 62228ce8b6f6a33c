// Why a claim was refused, and its words: the one place for them. Pure.
import { sayBytes, sayNames } from '../wording.ts'

export type Refusal =
  /** It rests on what could not be read of a host. */
  | { readonly code: 'unread'; readonly what: string; readonly reason: string }
  | {
      readonly code: 'short'
      readonly what: string
      /** Bytes. */
      readonly free: number
      readonly needed: number
      /** Names, those that have most first. */
      readonly holders: readonly string[]
    }
  | { readonly code: 'held'; readonly what: string; readonly by: string }
  /** There is no such thing on that host. */
  | { readonly code: 'unknown'; readonly what: string; readonly reason: string }
  | { readonly code: 'exhausted'; readonly what: string }

export function sayRefusal(refusal: Refusal): string {
  const { what } = refusal
  switch (refusal.code) {
    case 'unread':
      return `${what} is not known: ${refusal.reason}`
    case 'short': {
      const { free, needed, holders } = refusal
      const held = holders.length === 0 ? '' : `; the rest is held by ${sayNames(holders)}`
      return `${what}: ${sayFree(free, needed)}${held}`
    }
    case 'held':
      return `${what} is held by ${refusal.by}`
    case 'unknown':
      return `${what}: ${refusal.reason}`
    case 'exhausted':
      return `no ${what} is free`
  }
}

/** Where both round to one text, the difference is what counts. */
export function sayFree(free: number, needed: number): string {
  const [left, wanted] = [sayBytes(Math.max(0, free)), sayBytes(needed)]
  const close = left === wanted ? ` (${needed - Math.max(0, free)} bytes more)` : ''
  return `${left} free, ${wanted} needed${close}`
}
