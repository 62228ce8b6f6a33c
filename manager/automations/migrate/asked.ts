// What is asked of a move: of which guest, to where, and how.
import type { HostView } from '../../hosts/pool-change.ts'
import type { Asked } from '../guests/plans/plan.ts'
import type { Restarting } from './args.ts'

export interface MoveAsked extends Asked {
  /** Left out: the host that placement finds best. */
  readonly to?: HostView | undefined
  /** Ids of the hosts that it may go to; left out: all. */
  readonly among?: ReadonlySet<string> | undefined
  /** Of one that runs: as if it were stopped before. */
  readonly as?: 'stopped' | undefined
  /** Of one that runs: it may be stopped for it, where it cannot go live, or whether it can or not. Left out: it may not. */
  readonly restart?: (Omit<Restarting, 'back' | 'cpu'> & { readonly when: 'not live' | 'always' }) | undefined
  readonly maxPauseMs: number
  readonly rateBytes?: number | undefined
  /** `10.77.0.0/24`. */
  readonly network?: string | undefined
  readonly keepMs: number
  /** `left`: of disks that are copied they stay with the LV that is left behind; left out: they are in the way. */
  readonly snapshots?: 'refused' | 'left' | undefined
  /** `told`: of every other host whether it could take the guest, and not only of `to`. */
  readonly others?: 'left out' | 'told' | undefined
}
