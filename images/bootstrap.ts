// mmdebstrap, run with its progress told and its errors picked out of what it says.
import { execa } from 'execa'

export interface BootstrapOptions {
  /** Seconds since the epoch: no file is newer. */
  readonly epoch: number
  /** Ends it, and what it has started. */
  readonly signal: AbortSignal
  /** Called with each line that tells how far it is. */
  readonly onProgress: (text: string) => void
}

export const INTERRUPTED = 'the build was interrupted; nothing is left of it'

/** Throws an Error that says what to install or to change. */
export async function runMmdebstrap(args: readonly string[], { epoch, signal, onProgress }: BootstrapOptions): Promise<void> {
  const run = execa('mmdebstrap', args, {
    env: { SOURCE_DATE_EPOCH: String(epoch), LC_ALL: 'C.UTF-8', INITRD: 'No' },
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'pipe',
    reject: false,
    cancelSignal: signal,
    forceKillAfterDelay: 20_000,
  })
  const said: string[] = []
  for await (const line of run.iterable({ from: 'stderr' })) {
    said.push(line)
    if (said.length > 400) said.shift()
    const news = /^(?:I: |done\b)?(.*)$/.exec(line.trim())?.[1]
    if (line.startsWith('I: ') && news) onProgress(`mmdebstrap: ${news}`)
  }
  const result = await run
  if (signal.aborted) throw new Error(INTERRUPTED)
  if (result.code === 'ENOENT') throw new Error('mmdebstrap is not installed: apt-get install mmdebstrap')
  if (result.failed) {
    const errors = said.filter((line) => /^(E|dpkg|Err)[: ]|error|Unable|^ \S+ : \S+: /i.test(line)).slice(0, 12)
    throw new Error(
      `mmdebstrap failed (exit ${result.exitCode ?? result.signal}):\n  ${(errors.length > 0 ? errors : said.slice(-12)).join('\n  ')}`,
    )
  }
}
