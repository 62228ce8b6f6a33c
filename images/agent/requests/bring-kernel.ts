// The requests bring-kernel and leave-kernel: what a guest boots by is on this host, or is not any more.
import type { AnswerOf, Refusal, RequestOf } from '../../../manager/protocol/requests.ts'
import { readKept } from '../guests/kept.ts'
import { refused } from './refusal.ts'
import type { Task } from './task.ts'
import type { World } from './world.ts'

export async function bringKernel(
  { kernels }: World,
  { uuid, files }: RequestOf<'bring-kernel'>,
  task: Task,
): Promise<AnswerOf<'bring-kernel'> | Refusal> {
  if (!kernels) return refused('unable', 'this host gets no kernels of the image store')
  const brought = await kernels.bring(uuid, files, task)
  return brought.kind === 'failed' ? refused('unable', brought.reason) : { kind: 'kernel-brought', was: brought.was }
}

export async function leaveKernel(
  { backend, kernels }: World,
  { uuid }: RequestOf<'leave-kernel'>,
): Promise<AnswerOf<'leave-kernel'> | Refusal> {
  // A guest that is here, or was and could not be read, may be started again.
  if ((await readKept(backend, uuid)).kind !== 'none') return { kind: 'kernel-left', was: 'kept' }
  return { kind: 'kernel-left', was: (await kernels?.leave(uuid)) ?? 'not there' }
}
