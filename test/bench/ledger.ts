// Every result as one line of JSON in .lab/bench.jsonl, so that runs of different days can be compared.

import { appendFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { LAB } from '../lab/folders.ts'
import type { MachineFacts } from './facts.ts'

export const LEDGER = join(LAB, 'bench.jsonl')

export interface LedgerEntry {
  readonly bench: string
  readonly machine: MachineFacts
  /** Of the image, where one is served. */
  readonly generation?: string
  readonly result: unknown
}

export async function writeLedger(entry: LedgerEntry): Promise<void> {
  await mkdir(LAB, { recursive: true, mode: 0o700 })
  await appendFile(LEDGER, `${JSON.stringify({ at: new Date().toISOString(), ...entry })}\n`)
}
