// DRBD in dom0's kernel, as a guest's disk needs it. Any look by drbdsetup loads it, too; dom0's modprobe.d says the same as here.
//
// It calls no programs: 8.4 asks drbdadm what it may do, which fails without a configuration, and parts the two ends then (ran:
// "before-resync-source handler returned 1").
//
// It sends copies, never the guest's own pages. Linux from 6.9 on ends the timers of a kernel's socket that is closed (tcp_close, 151c9c724d05):
// where a link is cut, what was not acknowledged stays in that socket for good, and with it the pages of a guest's writes, which blkback waits
// for before it answers. Ran: a cable pulled for 40 s, and the guest's disk never answered again, long after the mirror was whole and gone.
import type { Backend } from '../backend.ts'
import { failureOf } from '../requests/world.ts'

const PARAMETERS = [
  { name: 'usermode_helper', told: '/bin/true', reads: '/bin/true' },
  { name: 'disable_sendpage', told: '1', reads: 'Y' },
] as const

const LOAD = ['modprobe', 'drbd', ...PARAMETERS.map(({ name, told }) => `${name}=${told}`)] as const

type Parameter = (typeof PARAMETERS)[number]

const pathOf = ({ name }: Parameter): string => `/sys/module/drbd/parameters/${name}`

/** Undefined: it is there. Otherwise why not. */
export async function loadModule(backend: Backend): Promise<string | undefined> {
  const failure = await failureOf(backend, LOAD)
  if (failure !== undefined) return `DRBD cannot be loaded: ${failure}`
  if ((await othersIn(backend)).length === 0) return undefined
  // By somebody else: while it mirrors nothing it can be loaded anew.
  const again = (await failureOf(backend, ['modprobe', '-r', 'drbd'])) ?? (await failureOf(backend, LOAD))
  const others = await othersIn(backend)
  if (others.length === 0) return undefined
  const how = others.map((one) => `write ${one.told} to ${pathOf(one)}`).join(', and ')
  return `DRBD was loaded otherwise than a guest's disk needs it${again === undefined ? '' : ` (${again})`}: ${how}`
}

/** Those that are not as they shall be. */
async function othersIn(backend: Backend): Promise<readonly Parameter[]> {
  const found = await Promise.all(
    PARAMETERS.map(async (one) => {
      const file = await backend.readFile(pathOf(one))
      return file.kind === 'whole' && file.text.trim() === one.reads ? [] : [one]
    }),
  )
  return found.flat()
}
