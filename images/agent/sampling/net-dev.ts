// /proc/net/dev (proc(5)): what each network interface received and sent since it came.

export interface NetCounters {
  readonly receivedBytes: number
  readonly sentBytes: number
  readonly receivedPackets: number
  readonly sentPackets: number
  /** Errors and drops of both directions. */
  readonly lostPackets: number
}

/** By interface. Lines of another form, such as the two of the head, are passed over. */
export function parseNetDev(text: string): ReadonlyMap<string, NetCounters> {
  const found = new Map<string, NetCounters>()
  for (const line of text.split('\n')) {
    const [, name, counts = ''] = /^\s*(\S+):\s+([\d\s]+)$/.exec(line) ?? []
    const numbers = counts.trim().split(/\s+/).map(Number)
    if (name === undefined || numbers.length < 16 || !numbers.every(Number.isSafeInteger)) continue
    // bytes packets errs drop fifo frame compressed multicast | bytes packets errs drop fifo colls carrier compressed
    const [
      receivedBytes = 0,
      receivedPackets = 0,
      badIn = 0,
      droppedIn = 0,
      ,
      ,
      ,
      ,
      sentBytes = 0,
      sentPackets = 0,
      badOut = 0,
      droppedOut = 0,
    ] = numbers
    found.set(name, { receivedBytes, sentBytes, receivedPackets, sentPackets, lostPackets: badIn + droppedIn + badOut + droppedOut })
  }
  return found
}

/** As the other end of the cable counts: a guest sends what its vif receives. */
export function otherEnd({ receivedBytes, sentBytes, receivedPackets, sentPackets, lostPackets }: NetCounters): NetCounters {
  return { receivedBytes: sentBytes, sentBytes: receivedBytes, receivedPackets: sentPackets, sentPackets: receivedPackets, lostPackets }
}
