// Records that people write: a key that is not known is told with the one that may have been meant. Pure.
import { z } from 'zod'
import { nearestTo } from './nearest.ts'

/** As z.strictObject, and says what may have been meant. */
export function strict<Shape extends z.ZodRawShape>(shape: Shape) {
  const known = Object.keys(shape)
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code !== 'unrecognized_keys') return undefined
      return issue.keys.map((key) => sayUnknown(String(key), known)).join('; ')
    },
  })
}

function sayUnknown(key: string, known: readonly string[]): string {
  const nearest = nearestTo(key, known)
  const shown = JSON.stringify(key.slice(0, 64))
  return nearest === undefined ? `there is no key ${shown}: there are ${known.join(', ')}` : `there is no key ${shown}: is it ${nearest}?`
}
