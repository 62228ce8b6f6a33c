// Compares package versions as dpkg does (deb-version(7)): [epoch:]upstream[-revision]. Pure.

/** Negative when `a` is older than `b`, 0 when they are equal, positive when `a` is newer. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [split(a), split(b)]
  return left.epoch - right.epoch || compareParts(left.upstream, right.upstream) || compareParts(left.revision, right.revision)
}

function split(version: string): { readonly epoch: number; readonly upstream: string; readonly revision: string } {
  const match = /^(?:(\d+):)?(.*?)(?:-([^-]*))?$/.exec(version)
  return { epoch: Number(match?.[1] ?? 0), upstream: match?.[2] ?? version, revision: match?.[3] ?? '' }
}

/** Text and numbers by turns. In text `~` is before everything, even the end; letters are before other characters. */
function compareParts(a: string, b: string): number {
  const [left, right] = [parts(a), parts(b)]
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const [textA = '', textB = ''] = [left[index]?.text, right[index]?.text]
    for (let at = 0; at < Math.max(textA.length, textB.length); at++) {
      const order = rank(textA, at) - rank(textB, at)
      if (order !== 0) return order
    }
    const digits = (left[index]?.digits ?? 0n) - (right[index]?.digits ?? 0n)
    if (digits !== 0n) return digits < 0n ? -1 : 1
  }
  return 0
}

function parts(text: string): readonly { readonly text: string; readonly digits: bigint }[] {
  return [...text.matchAll(/(\D*)(\d*)/g)].map(([, letters = '', digits = '']) => ({ text: letters, digits: BigInt(digits || '0') }))
}

function rank(text: string, at: number): number {
  const character = text[at]
  if (character === undefined) return 0
  if (character === '~') return -1
  const code = character.charCodeAt(0)
  return /[A-Za-z]/.test(character) ? code : code + 256
}
