// Where the two ends of a stream keep what they need: a folder a migration in RAM, for root alone, gone when the stream is ended for good.
import { GUESTS_FOLDER } from '../guests/kept.ts'

export interface StreamPlaces {
  readonly folder: string
  /** What the relay was told: JSON. */
  readonly plan: string
  /** Its key and certificate. The relay removes it when it has read it. */
  readonly key: string
  /** What it said last of how far it is: JSON. */
  readonly status: string
  /** A socket: whom it listens to. */
  readonly control: string
  /** Of the source's xl migrate: what it says, and its exit code once it has ended. */
  readonly said: string
  readonly code: string
}

export const STREAMS_FOLDER = GUESTS_FOLDER.replace(/guests$/, 'streams')

/** `id`: as migrationId takes it, so that it is no path. */
export function streamPlaces(id: string, folder = STREAMS_FOLDER): StreamPlaces {
  const at = `${folder}/${id}`
  return {
    folder: at,
    plan: `${at}/plan.json`,
    key: `${at}/key.pem`,
    status: `${at}/status.json`,
    control: `${at}/control`,
    said: `${at}/xl.err`,
    code: `${at}/xl.status`,
  }
}
