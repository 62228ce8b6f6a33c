// Follows a log file that a process writes: what is new since the last look, in whole lines.

import { type FileHandle, open } from 'node:fs/promises'

export interface TimedLine {
  /** Milliseconds since 1970 when the line was seen. */
  readonly at: number
  readonly text: string
}

const CHUNK_BYTES = 64 * 1024

export class LogTail {
  readonly lines: TimedLine[] = []
  readonly #file: FileHandle
  #position = 0
  #rest = ''

  private constructor(file: FileHandle) {
    this.#file = file
  }

  /** Rejects when there is no such file. */
  static async open(file: string): Promise<LogTail> {
    return new LogTail(await open(file, 'r'))
  }

  /** Reads what was written since, and marks its whole lines as seen now. */
  async look(): Promise<void> {
    const at = Date.now()
    const bytes = Buffer.alloc(CHUNK_BYTES)
    for (;;) {
      const { bytesRead } = await this.#file.read(bytes, 0, CHUNK_BYTES, this.#position)
      if (bytesRead === 0) return
      this.#position += bytesRead
      const lines = `${this.#rest}${bytes.toString('utf8', 0, bytesRead)}`.split('\n')
      this.#rest = lines.pop() ?? ''
      this.lines.push(...lines.map((text) => ({ at, text })))
    }
  }

  close(): Promise<void> {
    return this.#file.close()
  }
}
