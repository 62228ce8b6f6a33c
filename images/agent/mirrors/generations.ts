// The generations of a disk as DRBD 8.4 has them (drbdsetup(8), get-gi): by them two ends know what each has that the other lacks. The
// current one of a primary changes whenever it loses an other end that had all, and never while the two stay together.
import type { World } from '../requests/world.ts'

export const UNREAD = 'its generations cannot be read'

export interface Generations {
  readonly current: string
  readonly bitmap: string
  readonly isUpToDate: boolean
}

export async function generationsOf({ backend }: Pick<World, 'backend'>, minor: number): Promise<Generations | undefined> {
  const ran = await backend.run(['drbdsetup', 'get-gi', String(minor)])
  return ran.kind === 'ended' && ran.exitCode === 0 ? readGenerations(ran.stdout) : undefined
}

/** `C:B:H:H:consistent:up-to-date:…`, the lowest bit of a generation is whether its host was primary. Pure. */
export function readGenerations(stdout: string): Generations | undefined {
  const [, current, bitmap, isConsistent, isUpToDate] =
    /^([0-9A-F]{16}):([0-9A-F]{16}):[0-9A-F]{16}:[0-9A-F]{16}:([01]):([01]):/m.exec(stdout) ?? []
  if (current === undefined || bitmap === undefined) return undefined
  return { current: evenOf(current), bitmap: evenOf(bitmap), isUpToDate: isConsistent === '1' && isUpToDate === '1' }
}

function evenOf(generation: string): string {
  return (BigInt(`0x${generation}`) & ~1n).toString(16).toUpperCase().padStart(16, '0')
}
