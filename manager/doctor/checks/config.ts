// Is there a config, and would the servers take it?
import type { Judged, Reading } from '../finding.ts'

/** Undefined: nothing is wrong with it; else the problems, a line each. */
export function judgeConfig(seen: Reading<{ readonly problems: string | undefined }>, file: string): readonly Judged[] {
  if (seen.kind === 'unread') {
    const mend = seen.mend ?? `write ${file} (README: A real rack), or name another with --config FILE`
    return [{ subject: file, result: 'failed', seen: seen.reason, mend }]
  }
  const { problems } = seen.value
  if (problems === undefined) return [{ subject: file, result: 'ok', seen: 'is a config that the servers take' }]
  return [{ subject: file, result: 'failed', seen: problems.replaceAll('\n', '; '), mend: `correct ${file}: hostless up would refuse it` }]
}
