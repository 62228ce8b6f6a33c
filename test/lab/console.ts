// A node's serial console: QEMU writes it to a file and offers it live on a socket at the same time.

import { readFile, stat } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'

/** Without escape sequences, carriage returns, and what backspaces took back; what a reader would have seen. */
export function plainText(raw: string): string {
  const text = raw
    // biome-ignore lint/suspicious/noControlCharactersInRegex: terminals are driven by control characters
    .replace(/\x1b(?:\[[0-9;?=]*[ -/]*[@-~]|\][^\x07]*\x07|[()][0-9A-B]|[@-Z\\-_c78=>])/g, '')
    .replaceAll('\r', '')
  const seen: string[] = []
  for (const character of text) {
    if (character !== '\b') seen.push(character)
    else if (seen.at(-1) !== '\n') seen.pop()
  }
  return seen.join('')
}

/** The last lines that say something. */
export function lastLines(text: string, count: number): readonly string[] {
  const lines = text.split('\n').map((line) => line.trimEnd())
  return lines.filter((line) => line !== '').slice(-count)
}

/** Bytes written so far; 0 when there is no file yet. */
export async function consoleSize(file: string): Promise<number> {
  const found = await stat(file).catch(() => undefined)
  return found?.size ?? 0
}

/** The console's text from a byte of its log on, in plain text. */
export async function readConsole(file: string, from: number): Promise<string> {
  const bytes = await readFile(file).catch(() => Buffer.alloc(0))
  return plainText(bytes.subarray(from).toString('utf8'))
}

export function matches(text: string, pattern: RegExp | string): boolean {
  return typeof pattern === 'string' ? text.includes(pattern) : text.search(pattern) >= 0
}

/** Reads again and again until `pattern` is there. Rejects after `deadlineMs` with the last lines of the console. */
export async function waitForText(
  read: () => Promise<string>,
  pattern: RegExp | string,
  deadlineMs: number,
  what: string,
): Promise<string> {
  const until = Date.now() + deadlineMs
  for (;;) {
    const text = await read()
    if (matches(text, pattern)) return text
    if (Date.now() >= until) {
      const last = lastLines(text, 15).join('\n')
      throw new Error(`${what}: ${pattern} did not appear within ${deadlineMs / 1000} s; its last lines:\n${last}`)
    }
    await pause(150)
  }
}
