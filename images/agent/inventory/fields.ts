// `key : value` lines, as xl, ethtool, /proc/cpuinfo and others print them.

/** The first value of each key. Lines without a colon are passed over; blanks around key and value go. */
export function fieldsOf(text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>()
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':')
    if (colon < 0) continue
    const key = line.slice(0, colon).trim()
    if (key !== '' && !fields.has(key)) fields.set(key, line.slice(colon + 1).trim())
  }
  return fields
}
