// Captures of boots that are kept: each a file that Wireshark opens, and beside it what is said of it. Bounded in number, size and age;
// what cannot be written is said in the log, and nobody waits for it.
import { readFileSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type CaptureRecord, captureRecord } from '../../manager/protocol/appliance.ts'
import { explainDisk } from '../wire/disk.ts'
import type { Log } from '../wire/log.ts'

/** Captures kept; of machines that nobody knows, which anybody on the wire can make up. */
const MOST = 32
const MOST_OF_STRANGERS = 8
/** Milliseconds. */
const OLDEST = 7 * 24 * 3600_000
const NAME = /^([a-z2-7]{16})\.(json|pcapng\.gz)$/

export class KeptCaptures {
  readonly #folder: string
  readonly #log: Log
  readonly #now: () => number
  /** Oldest first. */
  #kept: readonly CaptureRecord[] = []

  constructor(folder: string, now: () => number, log: Log) {
    this.#folder = folder
    this.#now = now
    this.#log = log
  }

  /** What an earlier run left: a file without the other is none. */
  async load(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    const kept: CaptureRecord[] = []
    const names = await readdir(this.#folder)
    for (const name of names) {
      const [, attempt, kind] = NAME.exec(name) ?? []
      const record = kind === 'json' && names.includes(`${attempt}.pcapng.gz`) ? await this.#recordAt(name) : undefined
      if (record) kept.push(record)
    }
    this.#kept = kept.sort((left, right) => left.ended - right.ended)
    await this.#prune()
    const known = new Set(this.#kept.map(({ attempt }) => attempt))
    for (const name of names) if (!known.has(NAME.exec(name)?.[1] ?? '')) await rm(join(this.#folder, name), { force: true })
  }

  /** False when it could not be written. */
  async keep(record: CaptureRecord, gzip: Buffer): Promise<boolean> {
    const { attempt } = record
    try {
      await this.#write(`${attempt}.pcapng.gz`, gzip)
      await this.#write(`${attempt}.json`, Buffer.from(JSON.stringify(record)))
      this.#kept = [...this.#kept.filter((other) => other.attempt !== attempt), record]
      await this.#prune()
      return true
    } catch (error) {
      this.#log.error({ attempt, reason: explainDisk(error), err: error }, 'the capture of a boot could not be kept')
      return false
    }
  }

  list(): readonly CaptureRecord[] {
    return this.#kept
  }

  /** The file, gzipped; undefined when it is no longer there. */
  read(attempt: string): Buffer | undefined {
    try {
      return readFileSync(join(this.#folder, `${attempt}.pcapng.gz`))
    } catch {
      return undefined
    }
  }

  async #recordAt(name: string): Promise<CaptureRecord | undefined> {
    try {
      return captureRecord.safeParse(JSON.parse(await readFile(join(this.#folder, name), 'utf8'))).data
    } catch {
      return undefined
    }
  }

  async #write(name: string, bytes: Buffer): Promise<void> {
    const file = join(this.#folder, name)
    await writeFile(`${file}.new`, bytes, { mode: 0o600 })
    await rename(`${file}.new`, file)
  }

  async #prune(): Promise<void> {
    const young = this.#kept.filter(({ ended }) => ended > this.#now() - OLDEST)
    const strangers = young.filter(({ known }) => !known).slice(-MOST_OF_STRANGERS)
    const kept = young.filter((one) => one.known || strangers.includes(one)).slice(-MOST)
    for (const { attempt } of this.#kept.filter((one) => !kept.includes(one))) {
      for (const kind of ['json', 'pcapng.gz']) await rm(join(this.#folder, `${attempt}.${kind}`), { force: true })
    }
    this.#kept = kept
  }
}
