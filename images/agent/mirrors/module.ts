// DRBD in dom0's kernel, so that it calls no programs: 8.4 asks drbdadm what it may do, which fails without a configuration, and parts the two
// ends then (ran: "before-resync-source handler returned 1"). Any look by drbdsetup loads it, too; dom0's modprobe.d says the same as here.
import type { Backend } from '../backend.ts'
import { failureOf } from '../requests/world.ts'

const HELPER = '/sys/module/drbd/parameters/usermode_helper'
const NO_HELPER = '/bin/true'
const LOAD = ['modprobe', 'drbd', `usermode_helper=${NO_HELPER}`] as const

/** Undefined: it is there. Otherwise why not. */
export async function loadModule(backend: Backend): Promise<string | undefined> {
  const failure = await failureOf(backend, LOAD)
  if (failure !== undefined) return `DRBD cannot be loaded: ${failure}`
  if (await callsNobody(backend)) return undefined
  // By somebody else, with programs to call: while it mirrors nothing it can be loaded anew.
  const again = (await failureOf(backend, ['modprobe', '-r', 'drbd'])) ?? (await failureOf(backend, LOAD))
  if (again === undefined && (await callsNobody(backend))) return undefined
  return `DRBD was loaded with programs to call that fail here${again === undefined ? '' : ` (${again})`}: write ${NO_HELPER} to ${HELPER}`
}

async function callsNobody(backend: Backend): Promise<boolean> {
  const file = await backend.readFile(HELPER)
  return file.kind === 'whole' && file.text.trim() === NO_HELPER
}
