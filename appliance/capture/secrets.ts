// Strikes secrets out of packets: a token of a boot script is good until it is spent, and a capture is read by people. Pure but for the
// bytes, which it changes in place.

/** Bytes; of a secret that is split over packets, a piece of at least twice as many is found in each. */
const ANCHOR = 8
const STRUCK = 'x'.charCodeAt(0)

/** As many bytes as before, of which none is a secret's. */
export function strikeOut(bytes: Buffer, secrets: readonly Buffer[]): void {
  for (const secret of secrets) {
    for (const anchor of anchorsOf(secret)) {
      const piece = secret.subarray(anchor, anchor + ANCHOR)
      for (let at = bytes.indexOf(piece); at !== -1; at = bytes.indexOf(piece, at + 1)) strikeAround(bytes, at, secret, anchor)
    }
  }
}

function anchorsOf(secret: Buffer): readonly number[] {
  const whole = Array.from({ length: Math.floor(secret.length / ANCHOR) }, (_, index) => index * ANCHOR)
  return [...whole, Math.max(0, secret.length - ANCHOR)]
}

/** All that agrees with the secret on both sides of the piece that was found. */
function strikeAround(bytes: Buffer, at: number, secret: Buffer, anchor: number): void {
  let [from, to] = [at, at + ANCHOR]
  while (from > 0 && anchor - (at - from) > 0 && bytes[from - 1] === secret[anchor - (at - from) - 1]) from -= 1
  while (to < bytes.length && anchor + (to - at) < secret.length && bytes[to] === secret[anchor + (to - at)]) to += 1
  bytes.fill(STRUCK, from, to)
}
