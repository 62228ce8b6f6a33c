// The requests of a move of a disk, in the order of manager/automations/migrate, as a recipe would ask for them.
import { BYTES, GUEST, type MirrorPair, remains, SECRET, type Side } from './pair.ts'

type Answer = Promise<{ readonly kind: string; readonly reason?: string }>

export interface Step {
  readonly name: string
  readonly side: 'S' | 'T'
  readonly ask: (side: Side) => Answer
}

export const MINOR = 7
const [S_END, T_END] = ['10.0.0.1', '10.0.0.2']

export function endsOf({ name }: Side) {
  const [own, peer] = name === 'S' ? [S_END, T_END] : [T_END, S_END]
  return { minor: MINOR, own, peer, port: 7800, secret: SECRET }
}

export const opening = ({ name }: Side) => ({ minor: MINOR, sizeBytes: BYTES, role: name === 'S' ? 'primary' : 'secondary' }) as const
export const making = { guest: GUEST, generation: 2, epoch: 1, sizeBytes: BYTES }

export const drop = (side: Side) => side.ask('drop-mirror', { minor: MINOR })
export const sync = (side: Side) => side.ask('sync-mirror', endsOf(side))
export const verify = (side: Side) => side.ask('verify-mirror', endsOf(side))
export const expose = (side: Side) => side.ask('expose-copy', { guest: GUEST, sizeBytes: BYTES })
export const settle = (side: Side) => side.ask('settle-mirror', { minor: MINOR, generation: 2 })
export const keep = (side: Side) => side.ask('keep-copy', { guest: GUEST, generation: 2, epoch: 1 })
export const leave = (side: Side) => side.ask('leave-disk', { minor: MINOR, generation: 1, untilMs: 5000 })
export const removeCopy = (side: Side) => side.ask('remove-copy', { generation: 2 })

/** Up to where the guest would be handed over. */
export const STEPS: readonly Step[] = [
  { side: 'T', name: 'make-copy', ask: (side) => side.ask('make-copy', making) },
  { side: 'T', name: 'open-mirror', ask: (side) => side.ask('open-mirror', opening(side)) },
  { side: 'S', name: 'open-mirror', ask: (side) => side.ask('open-mirror', opening(side)) },
  { side: 'S', name: 'swap-disk', ask: (side) => side.ask('swap-disk', { minor: MINOR }) },
  { side: 'T', name: 'connect-mirror', ask: (side) => side.ask('connect-mirror', endsOf(side)) },
  { side: 'S', name: 'connect-mirror', ask: (side) => side.ask('connect-mirror', endsOf(side)) },
  { side: 'S', name: 'pace-mirror', ask: (side) => side.ask('pace-mirror', { minor: MINOR, rateKBps: 50_000 }) },
  { side: 'S', name: 'sync-mirror', ask: sync },
  { side: 'S', name: 'verify-mirror', ask: verify },
  { side: 'T', name: 'expose-copy', ask: expose },
]

/** How many of them come before this one. */
export function before(name: string, side: 'S' | 'T' = 'S'): number {
  return STEPS.findIndex((step) => step.name === name && step.side === side)
}

export const after = (name: string, side: 'S' | 'T' = 'S'): number => before(name, side) + 1

export const sideOf = (pair: MirrorPair, { side }: Pick<Step, 'side'>): Side => (side === 'S' ? pair.s : pair.t)

export async function go(pair: MirrorPair, from: number, to: number): Promise<readonly Awaited<Answer>[]> {
  const answers: Awaited<Answer>[] = []
  for (const one of STEPS.slice(from, to)) answers.push(await one.ask(sideOf(pair, one)))
  return answers
}

/** Both hosts are taken back to before; what is not as it was. */
export async function takenBack(pair: MirrorPair): Promise<readonly string[]> {
  const answers = [await drop(pair.s), await drop(pair.t), await removeCopy(pair.t)]
  const refusals = answers.flatMap((one) => (one.kind === 'refused' ? [one.reason] : []))
  return [...refusals, ...remains(pair), ...(pair.t.state() === 'none' ? [] : ['T has the copy'])]
}
