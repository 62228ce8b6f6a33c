// Spans of time as people write them: `500ms`, `2s`, `1h`. Pure.

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** In milliseconds; undefined for what is none. */
export function readSpan(text: string): number | undefined {
  const [, amount, unit = ''] = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)$/.exec(text.trim()) ?? []
  return amount === undefined ? undefined : Math.round(Number(amount) * (UNITS[unit] ?? Number.NaN))
}
