// What a test and the process full of simulated hosts say to each other.
import type { ManagerAddress } from '../../manager/protocol/appliance.ts'

export interface Boot {
  /** Of the simulated machine. */
  readonly index: number
  readonly attempt: string
  readonly token: string
  /** Address to speak from. */
  readonly from: string
}

export type Order =
  | {
      readonly kind: 'start'
      readonly seed: string
      readonly address: ManagerAddress
      readonly boots: readonly Boot[]
      readonly sampleSeconds: number
    }
  /** Every machine's last NIC loses its link. */
  | { readonly kind: 'unplug' }
  | { readonly kind: 'ask' }

export type Told = { readonly kind: 'welcome'; readonly count: number }
