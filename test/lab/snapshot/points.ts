// The starting points of tests, each by its name: what the rack is, and how one gets there. A point may begin where another one ends.

import { MANAGER, type Operator, signIn } from '../operator.ts'
import type { NodeSpec } from '../plan.ts'
import { REPORT_MS, waitRead, waitReported, waitState } from '../pool.ts'
import type { Testbed } from '../testbed.ts'

export interface At {
  readonly bed: Testbed
  /** Of points with a manager. */
  readonly operator: Operator | undefined
}

interface First {
  readonly kind: 'first'
  readonly nodes: readonly NodeSpec[]
  /** Sections of the config. */
  readonly more: Readonly<Record<string, unknown>>
  /** From nodes that are off. Nothing may be going on any more when it resolves. */
  readonly reach: (bed: Testbed) => Promise<Operator | undefined>
}

interface Next {
  readonly kind: 'next'
  readonly from: PointName
  readonly reach: (at: At) => Promise<void>
}

export type StartingPoint = First | Next
export type PointName = 'one-up' | 'two-approved'

export const POINTS: { readonly [Name in PointName]: StartingPoint } = {
  /** One host, up, with nothing but an appliance to care for it. */
  'one-up': {
    kind: 'first',
    nodes: [{}],
    more: {},
    async reach(bed) {
      await bed.boot('node1')
      return undefined
    },
  },
  /** Two hosts that an operator has approved and whose whole inventory is known; the first has a second NIC. */
  'two-approved': {
    kind: 'first',
    nodes: [{ nics: 2 }, {}],
    more: { boot: { image: 'dom0', root: 'nfs', enrol: 'approve' }, manager: MANAGER },
    async reach(bed) {
      const names = bed.rack.nodes.map(({ name }) => name)
      const operator = await signIn(bed.rack, bed.dataDir, 'only-in-this-rack', REPORT_MS)
      await bed.boot(...names)
      await waitReported(operator, names)
      const { exitCode, stderr } = await operator.hostless('host', 'approve', '*')
      if (exitCode !== 0) throw new Error(`host approve: ${stderr.trim()}`)
      await waitState(operator, names, 'up')
      await waitRead(operator, names)
      return operator
    },
  },
}

/** The first point of those that this one is built on; itself, if it is built on none. */
export function firstOf(name: PointName, points: { readonly [Name in PointName]: StartingPoint } = POINTS): First {
  const point = points[name]
  return point.kind === 'first' ? point : firstOf(point.from, points)
}
