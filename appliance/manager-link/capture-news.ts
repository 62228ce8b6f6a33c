// What the manager has not got yet of the captures that are kept, one at a time. All are told at a start: the same again changes nothing.
import type { CaptureRecord } from '../../manager/protocol/appliance.ts'
import type { KeptCaptures } from '../store/captures.ts'
import type { Source } from './source.ts'

export class CaptureNews {
  readonly #kept: Pick<KeptCaptures, 'list' | 'read'>
  /** By attempt. */
  readonly #told = new Set<string>()

  constructor(kept: Pick<KeptCaptures, 'list' | 'read'>) {
    this.#kept = kept
  }

  /** They may have been missed. */
  again(): void {
    this.#told.clear()
  }

  readonly source: Source = () => {
    for (const capture of this.#kept.list()) {
      if (this.#told.has(keyOf(capture))) continue
      const gzip = this.#kept.read(capture.attempt)
      const acknowledged = () => void this.#told.add(keyOf(capture))
      if (gzip) return { path: '/appliance/captures', body: { capture, gzip: gzip.toString('base64') }, acknowledged, optional: true }
      acknowledged()
    }
    this.#forget()
    return undefined
  }

  /** What is no longer kept is told to nobody. */
  #forget(): void {
    const kept = new Set(this.#kept.list().map(keyOf))
    for (const key of this.#told) if (!kept.has(key)) this.#told.delete(key)
  }
}

const keyOf = ({ attempt, ended }: CaptureRecord): string => `${attempt} ${ended}`
