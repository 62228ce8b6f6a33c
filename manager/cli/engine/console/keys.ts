// What is typed at a console's end, up to the key that leaves it. Pure.

/** Ctrl-], as telnet's and xl's. */
const DETACH = 0x1d

export interface Typed {
  readonly octets: Buffer
  readonly isDetached: boolean
}

export function typedIn(octets: Buffer): Typed {
  const at = octets.indexOf(DETACH)
  return at < 0 ? { octets, isDetached: false } : { octets: octets.subarray(0, at), isDetached: true }
}
