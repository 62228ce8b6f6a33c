// What somebody looks at before they approve a host, in one word: the approval names it, and one that came to be about another
// machine in the meantime is none. Security note 1. Pure.
import { createHash } from 'node:crypto'
import type { IdentityClaim, MachineIdentity } from '../store/tables/hosts.ts'
import { sayIdentity } from '../wording.ts'

interface Approvable extends MachineIdentity {
  readonly claim?: IdentityClaim | undefined
}

/** 64 bits, hexadecimal: the same for as long as the same machine waits in the place of the same one. */
export function seenOf({ claim, ...known }: Approvable): string {
  const shown = claim ? { is: partsOf(claim), was: partsOf(known) } : { is: partsOf(known) }
  return createHash('sha256').update(JSON.stringify(shown)).digest('hex').slice(0, 16)
}

/** Undefined: it may be approved. `seen`: what the approval names; without one, it is for a host as it is known. */
export function notSeen(host: Approvable & { readonly name: string }, seen: string | undefined): string | undefined {
  const { name, claim } = host
  if (seen === seenOf(host) || (seen === undefined && !claim)) return undefined
  const now = claim
    ? `another machine boots as ${name}: now ${sayIdentity(claim)}; known was ${sayIdentity(host)}`
    : `${name} is now ${sayIdentity(host)}`
  const why = seen === undefined ? 'an approval of it names what was looked at' : 'that is not what was looked at'
  return `${now}. Look at it again and approve it then: ${why}`
}

function partsOf({ uuid, serial, product, macs }: MachineIdentity): readonly unknown[] {
  return [uuid ?? null, serial ?? null, product ?? null, macs.map(({ mac, boot }) => [mac, boot]).sort()]
}
