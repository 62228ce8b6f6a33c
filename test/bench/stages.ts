// The seconds of one boot, stage by stage, from power-on to up; and the one boot that a rack's power-on took. Pure.

import { STAGES, type Stage } from '../lab/attempts.ts'

export interface NodeBoot {
  readonly node: string
  /** Since the stage before, or since power-on for the first one. Stages that were not seen are left out. */
  readonly seconds: Readonly<Partial<Record<Stage, number>>>
  /** Power-on to up. */
  readonly total: number
}

export interface ReachedStage {
  readonly stage: Stage
  /** Milliseconds since 1970. */
  readonly at: number
  readonly status: 'done' | 'failed' | 'running'
}

/** undefined while it is not up. `poweredOnAt`: milliseconds since 1970. */
export function nodeBoot(node: string, poweredOnAt: number, reached: readonly ReachedStage[]): NodeBoot | undefined {
  const done = reached.filter(({ status }) => status === 'done')
  const up = done.find(({ stage }) => stage === 'up')
  if (!up) return undefined
  const inOrder = STAGES.flatMap((stage) => done.find((entry) => entry.stage === stage) ?? [])
  const seconds = inOrder.map(({ stage, at }, index) => [stage, (at - (inOrder[index - 1]?.at ?? poweredOnAt)) / 1000] as const)
  return { node, seconds: Object.fromEntries(seconds), total: (up.at - poweredOnAt) / 1000 }
}

/** All are up when the last one is: its boot stands for them. Throws a RangeError when there is none. */
export function slowestOf(boots: readonly NodeBoot[]): NodeBoot {
  const [slowest] = [...boots].sort((a, b) => b.total - a.total)
  if (!slowest) throw new RangeError('no boots, no slowest')
  return slowest
}
