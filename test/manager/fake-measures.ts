// What was measured in a test: the contract's handlers over numbers that the test gives.
import type { Last, Measures } from '../../manager/contract/measures.ts'
import { done, type Handlers } from '../../manager/doors/handlers/handlers.ts'

/** Of every host and guest. */
export function fakeMeasures(of: (last: Last, ref: string) => Measures = nothingOf): Pick<Handlers, 'measured'> {
  return {
    measured: {
      host: async ({ ref, last }) => done(of(last, ref)),
      vm: async ({ ref, last }) => done(of(last, ref)),
    },
  }
}

export function nothingOf(last: Last): Measures {
  const none = { mean: [] }
  return { last, from: 0, until: 3600_000, times: [], cpu: none, memory: none, read: none, written: none, received: none, sent: none }
}

/** Waves, with a gap in the middle and some values that are not known. */
export function wavesOf(last: Last, until: number): Measures {
  const step = last === '1h' ? 5000 : 300_000
  const count = last === '1h' ? 720 : 288
  const from = until - count * step
  const at = (index: number) => from + (index + 1) * step
  const isGap = (index: number) => index > count * 0.55 && index < count * 0.65
  const line = (most: number, phase: number) => {
    const mean = Array.from({ length: count }, (_, index) =>
      isGap(index) ? null : Math.round(most * (0.5 + 0.3 * Math.sin(index / 25 + phase) + 0.1 * Math.sin(index * 1.7)) * 1e4) / 1e4,
    )
    return last === '1h' ? { mean } : { mean, most: mean.map((value) => (value === null ? null : Math.min(most, value * 1.3))) }
  }
  return {
    ...{ last, from, until, times: Array.from({ length: count }, (_, index) => at(index)) },
    ...{ cpu: line(1, 0), memory: line(2 ** 30, 1), read: line(40 * 2 ** 20, 2), written: line(15 * 2 ** 20, 3) },
    ...{ received: line(300_000, 4), sent: line(90_000, 5) },
  }
}
