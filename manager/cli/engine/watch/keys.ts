// What is typed at a screen that is watched: keys as less(1) has them. Pure but for `typedAt`.
import { pageOf, scrolledTo, type View } from './frame.ts'

export type Key = 'up' | 'down' | 'page-up' | 'page-down' | 'home' | 'end' | 'leave'

/** CSI, and SS3 of terminals in application mode. */
const KEYS: ReadonlyMap<string, Key> = new Map<string, Key>([
  ...(['\u001b[A', '\u001bOA', 'k'] as const).map((typed) => [typed, 'up'] as const),
  ...(['\u001b[B', '\u001bOB', 'j', '\r', '\n'] as const).map((typed) => [typed, 'down'] as const),
  ...(['\u001b[5~', 'b', '\u0002'] as const).map((typed) => [typed, 'page-up'] as const),
  ...(['\u001b[6~', ' ', 'f', '\u0006'] as const).map((typed) => [typed, 'page-down'] as const),
  ...(['\u001b[H', '\u001bOH', '\u001b[1~', 'g'] as const).map((typed) => [typed, 'home'] as const),
  ...(['\u001b[F', '\u001bOF', '\u001b[4~', 'G'] as const).map((typed) => [typed, 'end'] as const),
  ...(['q', '\u0003'] as const).map((typed) => [typed, 'leave'] as const),
])

/** What means nothing is left out. */
export function keysIn(typed: string): readonly Key[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: keys are such
  const words = typed.match(/\u001b(?:\[[0-9;]*[A-Za-z~]|O[A-Z])|[\s\S]/g) ?? []
  return words.flatMap((word) => KEYS.get(word) ?? [])
}

export function scrolled(view: View, key: Exclude<Key, 'leave'>, lines: number, rows: number): View {
  const page = pageOf(view.pinned, rows)
  const { top } = scrolledTo(view, lines, rows)
  const to = { up: top - 1, down: top + 1, 'page-up': top - page, 'page-down': top + page, home: 0, end: lines }[key]
  return scrolledTo({ ...view, top: to }, lines, rows)
}

/** Until it is called: what somebody types at this terminal. In raw mode Ctrl-C is a key, too. */
export function typedAt(input: NodeJS.ReadStream, hear: (key: Key) => void): () => void {
  if (!input.isTTY) return () => undefined
  const take = (chunk: Buffer): void => keysIn(chunk.toString()).forEach(hear)
  input.setRawMode(true)
  input.on('data', take).resume()
  return () => {
    input.off('data', take).pause()
    input.setRawMode(false)
  }
}
