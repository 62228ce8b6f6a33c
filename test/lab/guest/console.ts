// What a guest of the lab says on its console, as dom0 keeps it.

import { setTimeout as pause } from 'node:timers/promises'
import type { RackNode } from '../node.ts'
import { isOver, newPatience, type Pace, sayAwaited, see } from '../patience.ts'

/** A guest boots under an emulated Xen on an emulated machine: minutes. */
export const GUEST_MS = 600_000
const LOOK_MS = 2000

export async function guestConsole({ ssh }: RackNode, guest: string): Promise<string> {
  const { stdout } = await ssh(['cat', `/var/log/xen/console/guest-${guest}.log`], { deadlineMs: GUEST_MS })
  return stdout
}

/** Typed at its console, as a line for the shell there. */
export async function typeInGuest({ name, ssh }: RackNode, guest: string, line: string): Promise<void> {
  const script = `printf '%s\\n' "$1" >"$(xenstore-read "/local/domain/$(xl domid "$2")/console/tty")"`
  const { stderr, exitCode } = await ssh(['sh', '-ec', script, 'sh', line, guest], { deadlineMs: GUEST_MS })
  if (exitCode !== 0) throw new Error(`${guest} on ${name} has no console to type at: ${stderr.trim()}`)
}

/**
 * Resolves with all it has said once `pattern` is in it. Rejects with the end of it when it has said nothing more for `GUEST_MS`, times how
 * slow the computer is, or other things for three times as long (it ticks), or when the disk has lied.
 */
export async function waitForGuest(pace: Pace, node: RackNode, guest: string, pattern: RegExp): Promise<string> {
  const end = Date.now() + pace.allow(3 * GUEST_MS)
  let patience = newPatience(pace.allow(GUEST_MS), Date.now())
  for (;;) {
    const said = await guestConsole(node, guest)
    const [mismatch] = /MISMATCH.*/.exec(said) ?? []
    if (mismatch !== undefined) throw new Error(`${guest} on ${node.name}: ${mismatch}`)
    if (pattern.test(said)) return said
    patience = see(patience, said, Date.now())
    if (isOver(patience, Date.now()) || Date.now() > end)
      throw new Error(`${sayAwaited(`${pattern} of ${guest} on ${node.name}`, patience, Date.now())}${said.slice(-2000)}`)
    await pause(LOOK_MS)
  }
}

/** Of the last `tick N`; 0 before the first. */
export function ticksIn(said: string): number {
  return Number(Array.from(said.matchAll(/^tick (\d+)/gm)).at(-1)?.[1] ?? 0)
}
