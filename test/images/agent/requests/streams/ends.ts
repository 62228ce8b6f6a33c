// What is true of both hosts when a move has come to its end.
import type { ExecutionContext } from 'ava'
import { ownerPath } from '../../../../../images/agent/consoles/owner.ts'
import { guestOf } from '../../simulator/pair.ts'
import type { Moving } from './moving.ts'

export const HERE = ['web1 running']

/** It never moved: both hosts are as before. */
export async function stayed(t: ExecutionContext, move: Moving, message?: string): Promise<void> {
  const { a, b, domains, kept, left } = move
  t.deepEqual([domains(a), domains(b)], [HERE, []], message)
  t.deepEqual([await kept(a), await kept(b)], ['started', undefined], message)
  t.deepEqual([left(a), left(b)], [[], []], message)
  t.false(b.state().ram.files.has(ownerPath('web1--incoming')), message)
  move.site.pass(5_000)
  const guest = guestOf(a, 'web1')
  t.deepEqual([guest?.workload?.mismatches, guest?.workload?.errors], [[], 0], message)
  t.deepEqual(move.faults(), [], message)
}

export async function moved(t: ExecutionContext, move: Moving, message?: string): Promise<void> {
  const { a, b, domains, kept, left } = move
  t.deepEqual([domains(a), domains(b)], [[], HERE], message)
  t.deepEqual([await kept(a), await kept(b)], [undefined, 'started'], message)
  t.deepEqual([left(a), left(b)], [[], []], message)
}
