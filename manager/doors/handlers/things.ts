// The connectivity matrix, whole and by its parts, and where a guest finds what it needs.

import { guestMemory } from '../../claims/needs.ts'
import { hostsFor } from '../../connectivity/placement.ts'
import { describeThing } from '../../connectivity/thing.ts'
import type { placements } from '../../contract/placement.ts'
import type { things } from '../../contract/things.ts'
import type { Pool } from '../../hosts/service.ts'
import { SCANNED_TYPES } from '../../protocol/requests/scan-file-system.ts'
import type { ScanBook } from '../../storage/scan-book.ts'
import { scannableOf } from '../../storage/scan-places.ts'
import type { MatrixAnswers } from '../answers/matrix.ts'
import { cellAnswer, localStorageAnswer, thingAnswer, thingDetail } from '../answers/matrix-answer.ts'
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
      return done({ hosts: [...hosts], rows: rows.map((row) => ({ ...row, reachers: [...row.reachers] })) })
    },
    async list() {
      const matrix = await pool.matrix()
      return done({ things: matrix.rows().map((row) => thingAnswer(matrix, row, scans)) })
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
      return done({
        things: matrix.rows().map((row) => ({ ...thingAnswer(matrix, row, scans), ...cellAnswer(matrix.reach(row.key, view.id)) })),
      })
    },
    async scan({ key }) {
      const matrix = await pool.matrix()
      const row = matrix.row(key)
      if (!row) return missing(noThing(key))
      if (!scannableOf(row.thing))
        return { kind: 'refused', reason: `${describeThing(row.thing)} is not looked at: NFS, and ${SCANNED_TYPES.join(', ')} are` }
      scans.want(key)
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
    async find({ networks, storage, memoryBytes, type, from }) {
      const matrix = await pool.matrix()
      const cpu = from === undefined ? { kind: 'start' as const, type } : { kind: 'move' as const, guest: { type }, from }
      const needed = memoryBytes === 0 ? 0 : guestMemory({ memoryBytes, vcpus: 1 })
      const { fits, refused } = hostsFor(matrix, { networks, storage, memoryBytes: needed, cpu }, await pool.memory.look())
      const nameOf = (id: string) => pool.host(id)?.name ?? id
      return done({
        fits: fits.map((host) => ({ host, name: nameOf(host) })),
        refused: refused.map(({ host, reasons }) => ({ host, name: nameOf(host), reasons: [...reasons] })),
      })
    },
  }
}

const noThing = (key: string): string => `thing ${JSON.stringify(key)}`
