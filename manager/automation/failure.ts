// How a step tells its recipe that it has not come to what was asked: thrown at the yield, so that try/finally does its work.

/**
 * `unable`: it is not done. `unknown`: it may be done, whoever undoes it looks. `vetoed`: by a hook of the site. `taken`: somebody else
 * has what was claimed. `late`: what was waited for has not come in time.
 */
export const CAUSES = ['unable', 'unknown', 'vetoed', 'taken', 'late'] as const
export type Cause = (typeof CAUSES)[number]

export class StepFailed extends Error {
  override readonly name = 'StepFailed'
  readonly step: string
  readonly failure: Cause

  constructor(step: string, failure: Cause, reason: string) {
    super(reason)
    this.step = step
    this.failure = failure
  }
}

/** Somebody wants this no further: a person, or a sibling branch that has failed or won. */
export class Aborted extends Error {
  override readonly name = 'Aborted'
}
