// The connectivity matrix, whole and by its parts, and where a guest finds what it needs.

import { describeThing } from '../../connectivity/thing.ts'
import { unsureCounter } from '../../connectivity/unsure.ts'
import type { placements } from '../../contract/placement.ts'
import type { things } from '../../contract/things.ts'
import type { Pool } from '../../hosts/service.ts'
import { SCANNED_TYPES } from '../../protocol/requests/scan-file-system.ts'
import type { ScanBook } from '../../storage/scan-book.ts'
import { scannableOf } from '../../storage/scan-places.ts'
import type { MatrixAnswers } from '../answers/matrix.ts'
import { cellAnswer, localStorageAnswer, thingAnswer, thingDetail } from '../answers/matrix-answer.ts'
import { placementAnswer } from '../answers/placement-answer.ts'
import { done, found, type HandlersOf, missing } from './handlers.ts'
import { noHost } from './hosts.ts'

export interface ThingDeps {
  readonly pool: Pool
  readonly scans: ScanBook
  readonly answers: MatrixAnswers
}

export function thingHandlers({ pool, scans, answers }: ThingDeps): HandlersOf<typeof things> {
  return {
    matrix: async () => done(await answers.whole()),
    async reaches() {
      const { hosts, rows } = await answers.reaches()
      return done({ hosts: [...hosts], rows: rows.map((row) => ({ ...row, reachers: [...row.reachers], odd: [...row.odd] })) })
    },
    async list() {
      const matrix = await pool.matrix()
      const unsure = unsureCounter(matrix)
      return done({ things: matrix.rows().map((row) => thingAnswer(matrix, row, scans, unsure)) })
    },
    async show({ key }) {
      const matrix = await pool.matrix()
      const row = matrix.row(key)
      return found(row && thingDetail(matrix, answers.reporting(matrix), row, scans), noThing(key))
    },
    async cell({ key, ref }) {
      const matrix = await pool.matrix()
      const view = pool.find(ref)
      if (!view) return missing(noHost(ref))
      if (!matrix.row(key)) return missing(noThing(key))
      return matrix.cpuOf(view.id) ? done(cellAnswer(matrix.reach(key, view.id))) : missing(`report of ${view.name} yet`)
    },
    async of({ ref }) {
      const matrix = await pool.matrix()
      const view = pool.find(ref)
      if (!view) return missing(noHost(ref))
      const unsure = unsureCounter(matrix)
      return done({
        things: matrix.rows().map((row) => ({ ...thingAnswer(matrix, row, scans, unsure), ...cellAnswer(matrix.reach(row.key, view.id)) })),
      })
    },
    async scan({ key }, { who }) {
      const matrix = await pool.matrix()
      const row = matrix.row(key)
      if (!row) return missing(noThing(key))
      if (!scannableOf(row.thing))
        return { kind: 'refused', reason: `${describeThing(row.thing)} is not looked at: NFS, and ${SCANNED_TYPES.join(', ')} are` }
      scans.want(key, who.user)
      return done(thingDetail(matrix, answers.reporting(matrix), row, scans))
    },
    async local() {
      const matrix = await pool.matrix()
      return done({ hosts: pool.hosts().flatMap((view) => localStorageAnswer(matrix, view)) })
    },
  }
}

export function placementHandlers({ pool }: Pick<ThingDeps, 'pool'>): HandlersOf<typeof placements> {
  return {
    find: async (ask) => done(placementAnswer(await pool.matrix(), pool.hosts(), ask, await pool.memory.look())),
  }
}

const noThing = (key: string): string => `thing ${JSON.stringify(key)}`
