// The files that guests of this host boot by, as requests see them. kernels.ts has them.
import type { KernelFiles } from '../../../manager/protocol/guest-kernel.ts'
import type { Uuid } from '../../../manager/protocol/values.ts'
import type { Task } from '../requests/task.ts'

export interface Kernels {
  /** What it boots by is here when it resolves with a word of how; otherwise why not, and nothing of it is left. */
  bring(guest: Uuid, files: KernelFiles, watched: Watched): Promise<Brought>
  /** It boots by none of them any more: what no other guest here boots by goes. */
  leave(guest: Uuid): Promise<'there' | 'not there'>
}

export type Brought =
  | { readonly kind: 'brought'; readonly was: 'there' | 'not there' }
  | { readonly kind: 'failed'; readonly reason: string }

export type Watched = Pick<Task, 'signal' | 'tell'>
