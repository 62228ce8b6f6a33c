// What a guest of the lab says on its console, as dom0 keeps it and as `hostless vm console` shows it.

import { setTimeout as pause } from 'node:timers/promises'
import type { RackNode } from '../node.ts'
import { commandLine } from '../operator.ts'
import { isOver, newPatience, type Pace, sayAwaited, see } from '../patience.ts'
import type { Rack } from '../rack.ts'
import { quote } from '../ssh.ts'

/** A guest boots under an emulated Xen on an emulated machine: minutes. */
export const GUEST_MS = 600_000
const LOOK_MS = 2000

export async function guestConsole(node: RackNode, guest: string): Promise<string> {
  return (await consoleAfter(node, guest, -1)).said
}

/** Once it has another length than that, or half a minute is over. It waits in dom0: to ask anew takes the CPU that the guest is to have. */
async function consoleAfter({ ssh }: RackNode, guest: string, bytes: number): Promise<{ readonly said: string; readonly bytes: number }> {
  const script = [
    'log=/var/log/xen/console/guest-$1.log; length() { stat -c %s "$log" 2>/dev/null || echo 0; }',
    // What is written behind this moment makes the log newer: to see that, the shell starts no program.
    'now=$(mktemp); looks=12',
    'if [ "$(length)" = "$2" ]; then until [ "$log" -nt "$now" ] || [ "$looks" = 0 ]; do sleep 2.5; looks=$((looks - 1)); done; fi',
    'rm "$now"; length; cat "$log"',
  ]
  const { stdout } = await ssh(['sh', '-c', script.join('\n'), 'sh', guest, String(bytes)], { deadlineMs: GUEST_MS })
  const [length = '', ...lines] = stdout.split('\n')
  return { said: lines.join('\n'), bytes: Number(length) }
}

/** Typed at its console, as a line for the shell there. */
export async function typeInGuest({ name, ssh }: RackNode, guest: string, line: string): Promise<void> {
  const script = `printf '%s\\n' "$1" >"$(xenstore-read "/local/domain/$(xl domid "$2")/console/tty")"`
  const { stderr, exitCode } = await ssh(['sh', '-ec', script, 'sh', line, guest], { deadlineMs: GUEST_MS })
  if (exitCode !== 0) throw new Error(`${guest} on ${name} has no console to type at: ${stderr.trim()}`)
}

type Awaited = RegExp | ((said: string) => boolean)

/**
 * Resolves with all it has said once `pattern` is in it, or it is so by `pattern`. Rejects with the end of it when it has said nothing more for `GUEST_MS`, times how
 * slow the computer is, or other things for three times as long (it ticks), or when the disk has lied.
 */
export async function waitForGuest(pace: Pace, node: RackNode, guest: string, pattern: Awaited): Promise<string> {
  const end = Date.now() + pace.allow(3 * GUEST_MS)
  let patience = newPatience(pace.allow(GUEST_MS), Date.now())
  for (let known = -1; ; ) {
    const { said, bytes } = await consoleAfter(node, guest, known)
    known = bytes
    const [mismatch] = /MISMATCH.*/.exec(said) ?? []
    if (mismatch !== undefined) throw new Error(`${guest} on ${node.name}: ${mismatch}`)
    if (typeof pattern === 'function' ? pattern(said) : pattern.test(said)) return said
    patience = see(patience, said, Date.now())
    if (isOver(patience, Date.now()) || Date.now() > end)
      throw new Error(
        `${sayAwaited(`${typeof pattern === 'function' ? pattern.name : pattern} of ${guest} on ${node.name}`, patience, Date.now())}${said.slice(-2000)}`,
      )
    await pause(LOOK_MS)
  }
}

/** It writes and verifies there: two blocks more than now. */
export async function waitTicking(pace: Pace, node: RackNode, guest: string): Promise<void> {
  const ticks = ticksIn(await guestConsole(node, guest))
  await waitForGuest(pace, node, guest, function moreTicks(said) {
    return ticksIn(said) >= ticks + 2
  })
}

/** Of the last `tick N`; 0 before the first. */
export function ticksIn(said: string): number {
  return Number(Array.from(said.matchAll(/^tick (\d+)/gm)).at(-1)?.[1] ?? 0)
}

/** Waits in the guest until the condition, a command, holds there. Resolves with all that its console has said by then. */
export async function askGuest(pace: Pace, node: RackNode, guest: string, condition: string): Promise<string> {
  // What is typed is on the console too: only what was worked out is the answer.
  const asked = Date.now()
  await typeInGuest(node, guest, `until ${condition}; do sleep 1; done; echo so-$((${asked} + 1))`)
  return waitForGuest(pace, node, guest, new RegExp(`^so-${asked + 1}\\b`, 'm'))
}

/**
 * A line typed into `hostless vm console` at a terminal, and Ctrl-] when the answer stands there. Resolves with all that the terminal has
 * shown; rejects when there is no answer.
 */
export async function talkThroughCommand(rack: Rack, guest: string, line: string, answer: string): Promise<string> {
  const words = commandLine(rack.runtime, ['vm', 'console', guest], 80)
  // script gives it a terminal; what is typed waits for what is shown.
  const typist = `
shown=$(mktemp); trap 'rm -f "$shown"' EXIT
until_shown() { until grep -aq "$1" "$shown"; do sleep 1; done; }
{ until_shown 'Ctrl-. detaches'; printf '%s\\n' "$1"; until_shown "^$2"; printf '\\035'; } |
  timeout ${Math.ceil(rack.pace.allow(GUEST_MS) / 1000)} script -qefc "$3" "$shown"`
  const { stdout, stderr, exitCode } = await rack.exec(['sh', '-c', typist, 'sh', line, answer, words.map(quote).join(' ')], { input: '' })
  if (exitCode !== 0) throw new Error(`hostless vm console ${guest} ended with ${exitCode}: ${stderr}${stdout.slice(-2000)}`)
  return stdout
}
