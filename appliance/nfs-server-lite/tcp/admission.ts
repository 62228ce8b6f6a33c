// Caps on connections: which one makes room for a newcomer. An address that opens many harms itself
// before it harms others, and a host that reboots is not kept out by what its last life left open.

export interface AdmissionLimits {
  readonly connections: number
  readonly connectionsPerAddress: number
}

export interface Admitted {
  readonly clientAddress: string
  /** When the peer was last heard, in milliseconds. */
  readonly heardAt: number
}

/** The connection to close before one from `newcomer` is taken; undefined when there is room. */
export function connectionToClose<Connection extends Admitted>(
  open: ReadonlySet<Connection>,
  newcomer: string,
  limits: AdmissionLimits,
): Connection | undefined {
  const counts = new Map<string, number>()
  for (const { clientAddress } of open) counts.set(clientAddress, (counts.get(clientAddress) ?? 0) + 1)
  if ((counts.get(newcomer) ?? 0) >= limits.connectionsPerAddress) return longestSilent(open, newcomer)
  if (open.size < limits.connections) return undefined
  let crowded = newcomer
  for (const [address, count] of counts) if (count > (counts.get(crowded) ?? 0)) crowded = address
  return longestSilent(open, crowded)
}

function longestSilent<Connection extends Admitted>(open: ReadonlySet<Connection>, clientAddress: string): Connection | undefined {
  let longest: Connection | undefined
  for (const connection of open) {
    if (connection.clientAddress === clientAddress && (!longest || connection.heardAt < longest.heardAt)) longest = connection
  }
  return longest
}
