// Is this Node.js one that hostless runs on?
import type { Judged } from '../finding.ts'

/** package.json has the same in `engines`. */
const LEAST = [20, 19] as const
const RECOMMENDED = 24

/** `version`: of Node, `20.20.2`. */
export function judgeNode(version: string): readonly Judged[] {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const isOld = major < LEAST[0] || (major === LEAST[0] && minor < LEAST[1])
  if (!isOld) return [{ subject: 'Node.js', result: 'ok', seen: `version ${version}` }]
  const mend = `install Node.js ${LEAST.join('.')} or newer, ${RECOMMENDED} is recommended: https://nodejs.org/en/download`
  return [{ subject: 'Node.js', result: 'failed', seen: `version ${version}`, mend }]
}
