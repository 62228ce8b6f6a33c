// The boots that a rack's nodes are going through: what each power-on has come to so far. Pure.

import { type AttemptView, STAGES, type Stage } from './attempts.ts'

export interface Boot {
  readonly name: string
  readonly mac: string
  readonly address: string
  /** Milliseconds since 1970. */
  readonly poweredOnAt: number
  /** The newest attempt since power-on; undefined while the appliance has seen nothing. */
  readonly attempt: AttemptView | undefined
}

/**
 * Attempts of other machines, and those that came to their end before the power-on, change nothing. (One that was cut short
 * before its script goes on in the appliance's eyes.)
 */
export function withAttempt(boots: readonly Boot[], attempt: AttemptView): readonly Boot[] {
  const lastSeen = Math.max(attempt.startedAt, ...attempt.stages.map((stage) => stage.at))
  return boots.map((boot) => {
    const ours = attempt.mac.toLowerCase() === boot.mac && lastSeen >= boot.poweredOnAt
    return ours && attempt.startedAt >= (boot.attempt?.startedAt ?? 0) ? { ...boot, attempt } : boot
  })
}

export function isUp(boot: Boot): boolean {
  return boot.attempt?.state === 'up'
}

/** A stuck boot may still go on; a failed one is over. */
export function isSettled(boot: Boot): boolean {
  return boot.attempt?.state === 'up' || boot.attempt?.state === 'failed'
}

/** The newest entry of a stage, for those that begin and end. */
export function stageOf(boot: Boot, stage: Stage): AttemptView['stages'][number] | undefined {
  return boot.attempt?.stages.findLast((entry) => entry.stage === stage)
}

/** The stage that the boot is in, or came to last. */
export function currentStage(boot: Boot): AttemptView['stages'][number] | undefined {
  return STAGES.map((stage) => stageOf(boot, stage)).findLast((entry) => entry !== undefined)
}

/** Power-on to up; undefined while it is not. */
export function totalSeconds(boot: Boot): number | undefined {
  const up = isUp(boot) ? stageOf(boot, 'up') : undefined
  return up && (up.at - boot.poweredOnAt) / 1000
}

/** Since the stage before it, or since power-on for the first one. */
export function stageSeconds(boot: Boot, stage: Stage): number | undefined {
  const entry = stageOf(boot, stage)
  if (!entry) return undefined
  return entry === boot.attempt?.stages[0] ? Math.max(entry.at - boot.poweredOnAt, 0) / 1000 : entry.seconds
}

/** What to tell about a node that is not up. */
export function diagnosisOf(boot: Boot): string {
  if (!boot.attempt) return 'the appliance has seen no packet of it since it was powered on'
  const stage = currentStage(boot)
  const last = stage ? `${stage.stage} ${stage.status}${stage.detail ? `, ${stage.detail}` : ''}` : 'no stage reached'
  return boot.attempt.diagnosis ?? `${boot.attempt.state} (last: ${last})`
}
