// CPU levels and the moves that they allow.
import type { cpu } from '../../contract/cpu.ts'
import { mayBeAsked } from '../../enrolment/standing.ts'
import type { Pool } from '../../hosts/service.ts'
import { cpuAnswer, explanation } from '../answers/cpu-answer.ts'
import { done, type HandlersOf, missing } from './handlers.ts'
import { noHost } from './hosts.ts'

export function cpuHandlers(pool: Pool): HandlersOf<typeof cpu> {
  return {
    async show() {
      const known = await pool.cpu()
      return done(cpuAnswer(known, pool.hosts().filter(mayBeAsked)))
    },
    async explain({ from, to, type }) {
      const matrix = await pool.matrix()
      const [source, target] = [pool.find(from), pool.find(to)]
      if (!source) return missing(noHost(from))
      if (!target) return missing(noHost(to))
      const [sourceCpu, targetCpu] = [matrix.cpuOf(source.id), matrix.cpuOf(target.id)]
      if (!sourceCpu || !targetCpu) {
        const silent = sourceCpu ? target.name : source.name
        return { kind: 'refused', reason: `the CPU of ${silent} is not known: it was rejected, or has not reported yet` }
      }
      return done(explanation({ name: source.name, cpu: sourceCpu }, { name: target.name, cpu: targetCpu }, type))
    },
  }
}
