// One end of a seed: the program, as it stands.
import type { SeedPlan } from '../../seeds/plan.ts'

export interface Seed {
  readonly plan: SeedPlan
  /** Where its plan lies: without it, it comes to nothing. */
  readonly file: string
  /** Its own. */
  readonly pin: string
  readonly began: number
  /** The other end's host, once they have met. */
  readonly peer?: string
  /** Sectors, of S: that T has, and that were sent for it. */
  readonly done: number
  readonly sent: number
  /** Undefined: it runs. */
  readonly end?: 'whole' | { readonly why: string }
}
