// What the manager has not heard yet of leases: all of them, in pieces, whenever one has changed. Pure.
import type { LeasesPush } from '../../manager/protocol/appliance.ts'
import { type Lease, ownerOf } from '../dhcp/lease.ts'
import type { Source } from './source.ts'

type Piece = Omit<LeasesPush, 'appliance' | 'leases'> & { readonly leases: readonly object[] }

export interface LeaseBook {
  /** By address. */
  list(): readonly Lease[]
  /** Grows with each change. */
  readonly changes: number
}

const MOST_LEASES = 2048

export class LeaseNews {
  readonly #book: LeaseBook
  #pieces: Piece[] = []
  /** Of `changes`, when the pieces were made. */
  #made: number | undefined

  constructor(book: LeaseBook) {
    this.#book = book
  }

  /** They may have been missed. */
  again(): void {
    this.#made = undefined
  }

  readonly source: Source = () => {
    if (this.#pieces.length === 0 && this.#made !== this.#book.changes) {
      this.#made = this.#book.changes
      this.#pieces = [...piecesOf(this.#book.list(), MOST_LEASES)]
    }
    const [piece] = this.#pieces
    const acknowledged = () => {
      this.#pieces = this.#pieces.filter((other) => other !== piece)
    }
    return piece && { path: '/appliance/leases', body: piece, acknowledged }
  }
}

/** Each says all that there is between its ends, so that together they say what is gone, too. */
export function piecesOf(leases: readonly Lease[], size: number): readonly Piece[] {
  const count = Math.max(1, Math.ceil(leases.length / size))
  return Array.from({ length: count }, (_, index) => {
    const part = leases.slice(index * size, (index + 1) * size)
    const [after, upTo] = [leases[index * size - 1]?.address, part.at(-1)?.address]
    return {
      ...(after === undefined ? {} : { after }),
      ...(upTo === undefined || index === count - 1 ? {} : { upTo }),
      leases: part.map(leaseRecordOf),
    }
  })
}

function leaseRecordOf(lease: Lease): object {
  const mac = ownerOf(lease)
  const { address, kind } = lease
  return { address, kind, ...(mac ? { mac } : {}), ...(lease.kind === 'permanent' ? {} : { expires: Math.round(lease.expires) }) }
}
