// How a source file of this tree becomes a process: from what compile.ts made of it where the tests themselves run compiled, by tsx where not.
import { fileURLToPath } from 'node:url'

const COMPILED = import.meta.url.endsWith('.js')

/** What stands after `node`: options for it, and the file that it runs. `source`: the file as it stands in the repository, `….ts`. */
export function programAt(source: URL): { readonly options: readonly string[]; readonly file: string } {
  const file = fileURLToPath(source)
  return COMPILED ? { options: [], file: file.replace(/\.ts$/, '.js') } : { options: ['--import', import.meta.resolve('tsx')], file }
}

/** The command line that runs it. */
export function commandFor(source: URL, ...args: readonly string[]): readonly [node: string, ...words: string[]] {
  const { options, file } = programAt(source)
  return [process.execPath, ...options, file, ...args]
}

/** Of `hostless`. */
export const hostless = (...args: readonly string[]) => commandFor(new URL('../manager/cli/main.ts', import.meta.url), ...args)
