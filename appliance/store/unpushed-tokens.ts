// The table unpushed_tokens: what the manager has not yet acknowledged of the tokens on command lines, in the order of their issue.
// Bounded by the attempts that are kept: a row goes with its attempt.
import { type Ipv4, type Mac, parseIpv4, parseMac } from '../wire/addresses.ts'
import { Emitter } from '../wire/emitter.ts'
import type { Log } from '../wire/log.ts'
import type { Store } from './database.ts'

export interface TokenBearer {
  readonly mac: Mac
  /** That the host will speak from. */
  readonly address: Ipv4
  /** Of the machine, where its firmware told it. */
  readonly uuid?: string
  /** When the token left, ms since the epoch. */
  readonly issued: number
}

export interface UnpushedToken extends TokenBearer {
  readonly attempt: string
  /** SHA-256, hexadecimal. */
  readonly tokenHash: string
}

interface Row {
  readonly attempt: string
  readonly mac: string
  readonly address: string
  readonly uuid: string | null
  readonly token_hash: string
  readonly issued: number
}

export class UnpushedTokens {
  readonly #fresh: Emitter
  readonly #add
  readonly #oldest
  readonly #remove
  readonly #forget

  constructor(store: Store, log: Pick<Log, 'error'>) {
    this.#fresh = new Emitter(log, 'tokens that the manager has not')
    this.#add = store.prepare<[string, string, string, string | null, string, number]>(
      `INSERT OR REPLACE INTO unpushed_tokens (attempt, seq, mac, address, uuid, token_hash, issued)
       VALUES (?, (SELECT coalesce(max(seq), 0) + 1 FROM unpushed_tokens), ?, ?, ?, ?, ?)`,
    )
    this.#oldest = store.prepare<[number], Row>(
      'SELECT attempt, mac, address, uuid, token_hash, issued FROM unpushed_tokens ORDER BY seq LIMIT ?',
    )
    const remove = store.prepare<[string, string]>('DELETE FROM unpushed_tokens WHERE attempt = ? AND token_hash = ?')
    this.#remove = store.transaction((tokens: readonly UnpushedToken[]) => {
      for (const { attempt, tokenHash } of tokens) remove.run(attempt, tokenHash)
    })
    this.#forget = store.prepare<[number]>('DELETE FROM unpushed_tokens WHERE issued < ?')
  }

  /** In the place of the attempt's token before. To be called in the transaction that issues it. */
  add(attempt: string, tokenHash: string, { mac, address, uuid, issued }: TokenBearer): void {
    this.#add.run(attempt, mac, address, uuid ?? null, tokenHash, issued)
  }

  /** Tells the listeners that there is something, once it is on disk. */
  announce(): void {
    this.#fresh.tell()
  }

  oldest(limit: number): readonly UnpushedToken[] {
    return this.#oldest.all(limit).flatMap((row) => {
      const [mac, address] = [parseMac(row.mac), parseIpv4(row.address)]
      const { attempt, token_hash: tokenHash, issued, uuid } = row
      return mac && address ? [{ attempt, mac, address, tokenHash, issued, ...(uuid === null ? {} : { uuid }) }] : []
    })
  }

  /** The manager has them on disk. One that was issued anew meanwhile stays. */
  acknowledged(tokens: readonly UnpushedToken[]): void {
    this.#remove(tokens)
  }

  /** Of boots so old that nobody shall enrol with them. */
  forgetBefore(issued: number): void {
    this.#forget.run(issued)
  }

  subscribe(listener: () => void): () => void {
    return this.#fresh.subscribe(listener)
  }
}
