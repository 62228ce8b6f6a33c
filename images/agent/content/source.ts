// What the content of disks needs of the world: a manager that serves images, devices that are written to, and a clock.
import type { Clock } from '../backend.ts'

export interface ImagesWorld {
  readonly source: Source
  readonly devices: Devices
  readonly clock: Pick<Clock, 'steady' | 'after'>
}

export interface Source {
  /** Rejects where there is no whole answer of at most so many bytes. */
  fetch(path: string, limit: number): Promise<Uint8Array>
  /** As it comes, no faster than it is taken. Throws where it ends before its end; SourceGone where there is no such thing. */
  stream(path: string, signal: AbortSignal): AsyncIterable<Uint8Array>
}

/** The manager has no such thing (any more). */
export class SourceGone extends Error {}

export interface Device {
  /** All of it, or it rejects. */
  write(at: number, bytes: Uint8Array): Promise<void>
  /** Resolves when all that was written is on the disk. */
  flush(): Promise<void>
  close(): Promise<void>
}

export interface Devices {
  /** For this process alone: rejects while something else has it so. */
  open(path: string): Promise<Device>
}
