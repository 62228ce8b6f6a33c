// A machine without guests, arrays and odd parts, for tests that build their own world on it.
import { type Machine, makeMachine } from './machine.ts'

/** No disks, LUNs or guests: what it shall have is put into its site. */
export function bareMachine(index = 0, seed = 'bare'): Machine {
  const machine = makeMachine(seed, index)
  return {
    ...machine,
    disks: [],
    guests: [],
    failedPaths: [],
    array: { ...machine.array, kind: 'iscsi', target: 'none', portals: [], ports: [], luns: [] },
  }
}
