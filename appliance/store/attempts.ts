// Boot attempts on disk: their events, the generation each is pinned to, and the hash of the token that its
// last script carried. One file for the tables attempts and boot_events; what is kept is the tracker's decision.
import { createHash, randomBytes } from 'node:crypto'
import { z } from 'zod'
import type { Attempt, RecordedEvent } from '../timeline/attempt.ts'
import { bootEventSchema } from '../timeline/event.ts'
import type { Write } from '../timeline/tracker.ts'
import { type Mac, parseMac } from '../wire/addresses.ts'
import { type Generation, type ImageName, parseGeneration, parseImageName } from '../wire/generation.ts'
import type { Store } from './database.ts'
import { type TokenBearer, UnpushedTokens } from './unpushed-tokens.ts'

/** A generation that a host booted and may still run. */
export interface RunningHost {
  readonly mac: Mac
  /** Its name, where the config knows it. */
  readonly host?: string
  readonly image: ImageName
  readonly generation: Generation
  /** When that boot began, ms since the epoch. */
  readonly since: number
}

export interface AttemptStore {
  /** In one transaction; on disk when it returns. */
  save(writes: readonly Write[]): void
  /** All attempts with their events. Rows that a newer hostless wrote in a form unknown here are left out. */
  load(): Attempt[]
  /**
   * A fresh token (256 bits, base64url) in the place of the one before; only its SHA-256 is kept, and queued for the manager where
   * its bearer is known. Throws on an unknown attempt.
   */
  issueToken(id: string, bearer?: TokenBearer): string
  /**
   * What each host runs: the generation of the last boot that mounted its root, and that of a boot begun since.
   * These generations must not be removed.
   */
  running(nameOf: (mac: Mac) => string | undefined): RunningHost[]
}

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'

/** 80 random bits as 16 characters of base32, lower case. */
export function newAttemptId(): string {
  return Array.from(randomBytes(16), (byte) => BASE32.charAt(byte & 31)).join('')
}

const recordedSchema = z.object({ event: bootEventSchema, last: z.number(), times: z.number() })

interface AttemptRow {
  readonly id: string
  readonly mac: string
  readonly started: number
  readonly image: string | null
  readonly generation: string | null
}

interface EventRow {
  readonly seq: number
  readonly at: number
  readonly event: string
}

const SAVE_ATTEMPT = `INSERT INTO attempts (id, mac, started, image, generation) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (id) DO UPDATE SET image = excluded.image, generation = excluded.generation`
const SAVE_EVENT = 'INSERT OR REPLACE INTO boot_events (attempt, seq, at, event) VALUES (?, ?, ?, ?)'

/** Boots with a generation, and whether each mounted its root. */
const PINNED = `
  SELECT id, mac, started, image, generation, EXISTS (
    SELECT 1 FROM boot_events WHERE attempt = attempts.id
    AND event ->> '$.event.kind' = 'report' AND event ->> '$.event.status' = 'done'
    AND event ->> '$.event.stage' IN ('root', 'dom0', 'up')) AS rooted
  FROM attempts WHERE generation IS NOT NULL
  ORDER BY mac, started`

/** `unpushed`: left out by who lets nobody listen to it. */
export function openAttemptStore(store: Store, unpushed = new UnpushedTokens(store, { error: () => undefined })): AttemptStore {
  const saveAttempt = store.prepare(SAVE_ATTEMPT)
  const saveEvent = store.prepare(SAVE_EVENT)
  const forget = store.prepare('DELETE FROM attempts WHERE id = ?')
  const allAttempts = store.prepare<[], AttemptRow>('SELECT id, mac, started, image, generation FROM attempts ORDER BY started')
  const eventsOf = store.prepare<[string], EventRow>('SELECT seq, at, event FROM boot_events WHERE attempt = ? ORDER BY seq')
  const saveToken = store.prepare('UPDATE attempts SET token_hash = ? WHERE id = ?')
  const pinned = store.prepare<[], AttemptRow & { readonly rooted: number }>(PINNED)

  const saveAll = store.transaction((writes: readonly Write[]) => {
    for (const write of writes) {
      switch (write.kind) {
        case 'forget':
          forget.run(write.id)
          break
        case 'save': {
          const { id, mac, startedAt, pin } = write.attempt
          saveAttempt.run(id, mac, startedAt, pin?.image ?? null, pin?.generation ?? null)
          for (const { seq, at, event, last, times } of write.events) saveEvent.run(id, seq, at, JSON.stringify({ event, last, times }))
          break
        }
      }
    }
  })

  const keepToken = store.transaction((id: string, hash: string, bearer: TokenBearer | undefined) => {
    const { changes } = saveToken.run(hash, id)
    if (changes !== 1) throw new Error(`boot attempt ${id} is not in the store: save it before a token is made for it`)
    if (bearer) unpushed.add(id, hash, bearer)
  })

  return {
    save(writes) {
      if (writes.length > 0) saveAll(writes)
    },
    load() {
      return allAttempts.all().flatMap((row) => readAttempt(row, eventsOf.all(row.id)) ?? [])
    },
    issueToken(id, bearer) {
      const token = randomBytes(32).toString('base64url')
      keepToken(id, createHash('sha256').update(token).digest('hex'), bearer)
      unpushed.announce()
      return token
    },
    running(nameOf) {
      const boots = pinned.all().flatMap((row) => {
        const attempt = readAttempt(row, [])
        if (!attempt?.pin) return []
        const { mac, pin, startedAt: since } = attempt
        const host = nameOf(mac)
        return [{ rooted: row.rooted === 1, key: host ?? mac, host: { mac, ...(host ? { host } : {}), ...pin, since } }]
      })
      // Of a host, from whichever of its NICs: the last boot that mounted a root, and the newest.
      const newest = lastOfEach(boots)
      const rooted = lastOfEach(boots.filter((boot) => boot.rooted))
      const hosts = boots.filter((boot) => newest.get(boot.key) === boot || rooted.get(boot.key) === boot)
      // A host that boots the same generation again has it once, since the later boot.
      return [...new Map(hosts.map(({ key, host }) => [`${key} ${host.image} ${host.generation}`, host])).values()]
    },
  }
}

function lastOfEach<Boot extends { readonly key: string; readonly host: { readonly since: number } }>(boots: readonly Boot[]) {
  return new Map(boots.toSorted((left, right) => left.host.since - right.host.since).map((boot) => [boot.key, boot]))
}

function readAttempt(row: AttemptRow, rows: readonly EventRow[]): Attempt | undefined {
  const mac = parseMac(row.mac)
  if (!mac) return undefined
  const image = parseImageName(row.image ?? '')
  const generation = parseGeneration(row.generation ?? '')
  const events = rows.flatMap((event) => readEvent(event) ?? [])
  return { id: row.id, mac, startedAt: row.started, ...(image && generation ? { pin: { image, generation } } : {}), events }
}

function readEvent({ seq, at, event }: EventRow): RecordedEvent | undefined {
  const parsed = recordedSchema.safeParse(parseJson(event))
  return parsed.success ? { seq, at, ...parsed.data } : undefined
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
