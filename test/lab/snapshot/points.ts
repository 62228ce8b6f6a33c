// The starting points of tests: what the rack is, and how one gets there. A point may begin where another one ends. `startFrom` goes there.

import { MANAGER, type Operator, operatorIn, signIn } from '../operator.ts'
import type { NodeSpec } from '../plan.ts'
import { approveAll, REPORT_MS, waitReported } from '../pool.ts'
import type { Testbed } from '../testbed.ts'

/** Who asks the manager there; `undefined` at points without one. */
export type Who = Operator | undefined

export interface At<Asks extends Who = Who> {
  readonly bed: Testbed
  readonly operator: Asks
}

export interface First<Asks extends Who> {
  readonly kind: 'first'
  /** Of what is kept of it: small letters and dashes. */
  readonly name: string
  /** With their disks: a machine that goes on has those that it was saved with. */
  readonly nodes: readonly NodeSpec[]
  /** Sections of the config. */
  readonly more: Readonly<Record<string, unknown>>
  /** From nodes that are off. Nothing may be going on any more when it resolves. */
  readonly reach: (bed: Testbed) => Promise<Asks>
  /** Who `reach` gave, in a rack that was gone on with. */
  readonly again: (bed: Testbed) => Asks
}

/** What has been done to a rack at `from`: a guest that runs on node1, a mirror in sync. */
export interface Next<Asks extends Who> {
  readonly kind: 'next'
  readonly name: string
  readonly from: Point<Asks>
  readonly reach: (at: At<Asks>) => Promise<void>
}

export type Point<Asks extends Who> = First<Asks> | Next<Asks>

const PASSWORD = 'only-in-this-rack'
/** The first is that of every node; two more, empty too, are for tests to make things on: /dev/vdb and /dev/vdc, `node1-disk1`, `node1-disk2`. */
const DISKS_MIB = [1024, 1024, 1024]

/** One host, up, with nothing but an appliance to care for it. */
const oneUp: First<undefined> = {
  kind: 'first',
  name: 'one-up',
  nodes: [{}],
  more: {},
  async reach(bed) {
    await bed.boot('node1')
    return undefined
  },
  again: () => undefined,
}

/** Two hosts that an operator has approved and whose whole inventory is known; the first has a second NIC, and more of a CPU. */
const twoApproved: First<Operator> = {
  kind: 'first',
  name: 'two-approved',
  nodes: [
    { nics: 2, disksMiB: DISKS_MIB },
    { disksMiB: DISKS_MIB, lacks: 'movbe' },
  ],
  more: { boot: { image: 'dom0', root: 'nfs', enrol: 'approve' }, manager: MANAGER },
  async reach(bed) {
    const names = bed.rack.nodes.map(({ name }) => name)
    const operator = await signInAt(bed)
    await bed.boot(...names)
    await waitReported(operator, names)
    await approveAll(operator, names)
    return operator
  },
  again: ({ rack, dataDir }) => operatorIn(rack, dataDir, PASSWORD),
}

export const points = { oneUp, twoApproved }

/** As whom the points have: who gets there by steps of its own must be the same. */
export function signInAt({ rack, dataDir }: Pick<Testbed, 'rack' | 'dataDir'>): Promise<Operator> {
  return signIn(rack, dataDir, PASSWORD, REPORT_MS)
}

/** The first point of those that this one is built on; itself, if it is built on none. */
export function firstOf<Asks extends Who>(point: Point<Asks>): First<Asks> {
  return point.kind === 'first' ? point : firstOf(point.from)
}
