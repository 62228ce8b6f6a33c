// Whether one more transfer may begin. A flood of requests with forged senders must not keep real machines out:
// a transfer whose client has never answered gives way to a newer one, oldest first. Over the cap we stay silent,
// since firmware asks again after silence but gives up after an ERROR.

export interface AdmissionLimits {
  /** Transfers in flight, all clients together. */
  readonly transfers: number
  /** Transfers in flight to one address. */
  readonly transfersPerPeer: number
}

export interface InFlight {
  readonly key: string
  readonly address: string
  /** opening: waits for our own disk · offered: never answered by the client · heard: answered at least once */
  readonly state: 'opening' | 'offered' | 'heard'
}

export type Admission =
  | { readonly kind: 'admit' }
  | { readonly kind: 'replace'; readonly key: string }
  | { readonly kind: 'drop'; readonly reason: string }

/** @param inFlight oldest first */
export function admit(inFlight: readonly InFlight[], address: string, limits: AdmissionLimits): Admission {
  const own = inFlight.filter((transfer) => transfer.address === address)
  if (own.length >= limits.transfersPerPeer) return replaceOldest(own, `${own.length} transfers to this address are in flight`)
  if (inFlight.length >= limits.transfers) return replaceOldest(inFlight, `${inFlight.length} transfers are in flight`)
  return { kind: 'admit' }
}

function replaceOldest(candidates: readonly InFlight[], reason: string): Admission {
  const oldest = candidates.find((transfer) => transfer.state === 'offered')
  return oldest ? { kind: 'replace', key: oldest.key } : { kind: 'drop', reason }
}
