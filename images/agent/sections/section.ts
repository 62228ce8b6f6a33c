// How a section is put together from its sources.
import type { Backend } from '../backend.ts'
import type { Reading, Reason, Source } from '../inventory/reading.ts'

/** All of the sources, read at once: their values, and all that was wrong. */
export async function readAll<Values extends readonly unknown[]>(
  backend: Backend,
  ...sources: { readonly [Index in keyof Values]: Source<Values[Index]> }
): Promise<{ readonly values: Values; readonly problems: Reading<unknown>['problems'] }>
export async function readAll(backend: Backend, ...sources: readonly Source<unknown>[]) {
  const readings = await Promise.all(sources.map((source) => source(backend)))
  return { values: readings.map(({ value }) => value), problems: readings.flatMap(({ problems }) => problems) }
}

export function told(source: string, reasons: readonly Reason[]): Reading<unknown>['problems'] {
  return reasons.map((reason) => ({ source, reason }))
}
