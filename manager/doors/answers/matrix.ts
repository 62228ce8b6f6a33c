// The connectivity matrix as it is told whole: kept until a host, a report or a scan is another.
import type { ConnectivityMatrix } from '../../connectivity/matrix.ts'
import type { Matrix } from '../../contract/things.ts'
import type { HostView } from '../../hosts/pool-change.ts'
import type { Pool } from '../../hosts/service.ts'
import type { ScanBook } from '../../storage/scan-book.ts'
import { matrixAnswer, type Reaches, reachesAnswer } from './matrix-answer.ts'

export class MatrixAnswers {
  readonly #pool: Pool
  readonly #scans: ScanBook
  #kept: Matrix | undefined

  constructor(pool: Pool, scans: ScanBook) {
    this.#pool = pool
    this.#scans = scans
    pool.subscribe(({ kind }) => {
      if (kind === 'host' || kind === 'inventory') this.#kept = undefined
    })
    scans.subscribe(({ kind }) => {
      if (kind === 'scanned' || kind === 'failed') this.#kept = undefined
    })
  }

  async whole(): Promise<Matrix> {
    const matrix = await this.#pool.matrix()
    this.#kept ??= matrixAnswer(matrix, this.reporting(matrix), this.#scans)
    return this.#kept
  }

  /** In a fraction of the time that the whole takes: most of that goes into saying why not. */
  async reaches(): Promise<Reaches> {
    const matrix = await this.#pool.matrix()
    return reachesAnswer(matrix, this.reporting(matrix), this.#scans)
  }

  /** The hosts of the matrix, in the order in which they are shown. */
  reporting(matrix: ConnectivityMatrix): readonly HostView[] {
    return this.#pool.hosts().filter(({ id }) => matrix.cpuOf(id))
  }
}
