// How far the drivers of a guest's own kernel are with its disks and NICs: `state` of each frontend in xenstore, by xen/include/public/io/xenbus.h.
import { pause } from '../pause.ts'
import { saidBy, type World } from '../requests/world.ts'

/** `vbd/51712` or `vif/0`, by how far it is. `untouched`: its kernel has no driver for it, or has not come to it yet. */
export interface Frontends {
  readonly connecting: readonly string[]
  readonly untouched: readonly string[]
}

const UNTOUCHED = 1
/** InitWait and Initialised. */
const CONNECTING = [2, 3]

/** Of `xenstore-ls -f` of a domain. Pure. */
export function frontendsIn(text: string): Frontends {
  const rows = [...text.matchAll(/^\/local\/domain\/\d+\/device\/((?:vbd|vif)\/\d+)\/state = "(\d+)"$/gm)]
  const of = (states: readonly number[]) => rows.flatMap(([, device = '', state]) => (states.includes(Number(state)) ? [device] : []))
  return { connecting: of(CONNECTING), untouched: of([UNTOUCHED]) }
}

/** Milliseconds. */
interface Resting {
  /** That a kernel which boots, or which has just come from another host, is given. */
  readonly patience: number
  /** Between two looks. */
  readonly look: number
}

const RESTING: Resting = { patience: 60_000, look: 500 }
/** That what nobody may ever want is waited for. */
const SHORT = 10_000

/**
 * Resolves when its drivers are at rest: who suspends a Linux before its blkfront is connected has it panic when it goes on. With why they
 * are not, where they do not come to it.
 */
export async function untilAtRest(
  { backend, clock }: Pick<World, 'backend' | 'clock'>,
  domid: number,
  signal?: AbortSignal,
  { patience, look }: Resting = RESTING,
): Promise<string | undefined> {
  const command = ['xenstore-ls', '-f', `/local/domain/${domid}`] as const
  const began = clock.steady()
  for (;;) {
    const ran = await backend.run(command)
    const failure = saidBy(command, ran)
    if (failure !== undefined || ran.kind !== 'ended') return `how far its drivers are is not known: ${failure}. It is to be asked again`
    const { connecting, untouched } = frontendsIn(ran.stdout)
    const waited = clock.steady() - began
    if (connecting.length === 0 && (untouched.length === 0 || waited >= SHORT)) return undefined
    if (waited >= patience)
      return `its kernel is still connecting ${connecting.join(', ')}, and would not survive that it is suspended: try again when it has booted`
    if (signal?.aborted) return 'it was cancelled'
    await pause(clock, look, signal)
  }
}
