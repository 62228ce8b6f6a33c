// Many machines let into the pool in one act: each is approved, named and grouped, or stays as it is.
import type { z } from 'zod'
import type { hosts } from '../../contract/hosts.ts'
import type { Wish } from '../../hosts/operator.ts'
import type { HostView } from '../../hosts/pool-change.ts'
import type { Pool } from '../../hosts/service.ts'
import type { Done } from '../../outcome.ts'
import { namesMade } from '../../protocol/name-pattern.ts'

type Wanted = z.output<typeof hosts.admit.input>
type Admitted = z.output<typeof hosts.admit.output>

interface Machine {
  readonly ref: string
  readonly view: HostView
  readonly wishes: readonly Wish[]
  readonly name: string
}

export async function admit(pool: Pick<Pool, 'find' | 'change'>, wanted: Wanted, who: string): Promise<Done<Admitted>> {
  const made = wanted.names === undefined ? undefined : namesMade(wanted.names, wanted.hosts.length)
  if (made?.kind === 'refused') return { kind: 'refused', status: 400, reason: made.reason }
  const answer: Admitted = { admitted: [], refused: [] }
  const machines: Machine[] = []
  for (const [at, { ref, seen }] of wanted.hosts.entries()) {
    const view = pool.find(ref)
    if (!view) answer.refused.push({ ref, name: ref, reason: 'there is no such host' })
    else if (machines.some(({ view: { id } }) => id === view.id)) answer.refused.push({ ref, name: view.name, reason: 'it is said twice' })
    else machines.push(machineOf(ref, view, seen, made?.names[at], wanted.groups))
  }
  await inTurn(pool, machines, who, answer)
  return { kind: 'done', value: answer }
}

function machineOf(ref: string, view: HostView, seen: string | undefined, name: string | undefined, groups: readonly string[]): Machine {
  const wishes: readonly Wish[] = [
    { kind: 'state', event: { kind: 'approve', seen } },
    ...(name === undefined ? [] : [{ kind: 'rename' as const, name }]),
    ...(groups.length === 0 ? [] : [{ kind: 'group' as const, groups: [...view.groups, ...groups] }]),
  ]
  return { ref, view, wishes, name: name ?? view.name }
}

/** A name may be free only when another of them has its own: as long as one is let in, the others are tried again. */
async function inTurn(pool: Pick<Pool, 'change'>, machines: readonly Machine[], who: string, answer: Admitted): Promise<void> {
  const refused: { readonly machine: Machine; readonly reason: string }[] = []
  for (const machine of machines) {
    const outcome = await pool.change(machine.view.id, machine.wishes, who)
    if (outcome.kind === 'refused') refused.push({ machine, reason: outcome.reason })
    else answer.admitted.push({ ref: machine.ref, name: outcome.host.name })
  }
  if (refused.length > 0 && refused.length < machines.length) {
    const left = refused.map(({ machine }) => machine)
    return inTurn(pool, left, who, answer)
  }
  for (const { machine, reason } of refused) answer.refused.push({ ref: machine.ref, name: machine.view.name, reason })
}
