// What a stream of this process can show.
import type { Terminal } from './report.ts'

/** What a stream can show: colour only on a tty, unless NO_COLOR is set (no-color.org) or TERM is dumb. */
export function terminalOf(
  stream: { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number; write(text: string): unknown },
  environment: Readonly<Record<string, string | undefined>>,
): Terminal {
  const tty = stream.isTTY === true
  return {
    write: (text) => void stream.write(text),
    // Its window may change while a command watches.
    get columns() {
      return tty ? stream.columns || 80 : undefined
    },
    get rows() {
      return tty ? stream.rows || 24 : undefined
    },
    colour: tty && !environment.NO_COLOR && environment.TERM !== 'dumb',
    unicode: environment.TERM !== 'linux' && /utf-?8$/i.test(environment.LC_ALL || environment.LC_CTYPE || environment.LANG || ''),
  }
}
