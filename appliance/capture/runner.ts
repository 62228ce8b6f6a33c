// Captures boots: of each that begins, while there is a place, into memory; kept when it fails or hangs, or when it was ordered. Serving
// does not wait for it, and goes on without it where packets cannot be captured.
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { type CaptureRecord, captureRecord } from '../../manager/protocol/appliance.ts'
import type { AttemptView } from '../timeline/timeline.ts'
import { type Ipv4, type Mac, macToBytes } from '../wire/addresses.ts'
import type { Log } from '../wire/log.ts'
import type { PacketsSocket, PacketsWish } from '../wire/sockets/packets.ts'
import { captureFilter, DHCP_FILTER } from './filter.ts'
import { eachPacket, isDhcpOf } from './frames.ts'
import { encodePcapng } from './pcapng.ts'
import { placeFor, URGENCY, type Urgency } from './places.ts'
import { PacketMemory } from './ring.ts'
import { strikeOut } from './secrets.ts'

/** What is known of the machine that boots. */
export interface CapturedHost {
  /** All of it. */
  readonly macs: readonly Mac[]
  /** To config or manager. */
  readonly known: boolean
  readonly ordered: boolean
}

export interface CapturesOptions {
  readonly interface: string
  /** Throws a SocketError. */
  readonly open: (wish: PacketsWish) => PacketsSocket
  readonly host: (mac: Mac) => CapturedHost
  /** Whether a host of this address is behind a relay. */
  readonly isRelayed: (address: Ipv4) => boolean
  /** False when it could not. */
  readonly keep: (record: CaptureRecord, gzip: Buffer) => Promise<boolean>
  /** It is kept. */
  readonly onKept: (record: CaptureRecord) => void
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly log: Log
}

interface Capture {
  view: AttemptView
  readonly urgency: Urgency
  readonly socket: PacketsSocket
  readonly memory: PacketMemory
  /** Microseconds: what passed before is among all DHCP, what passed since is in `socket`. */
  readonly since: number
  readonly began: number
  address: Ipv4 | undefined
  /** Of `socket`, so far. */
  missed: number
  /** What was there before it began has been looked for. */
  complete: boolean
  end: { readonly at: number; readonly cause: CaptureRecord['cause'] | undefined } | undefined
}

/** Milliseconds between looks at what has come. */
const PERIOD = 50
/** So much later (ms) all that passed before has come out of the kernel. */
const BEHIND = 150
/** What a machine does after it failed is captured, too, for so long (ms). */
const SETTLING = 3000
/** No boot takes longer, ms. */
const LONGEST = 30 * 60_000
/** Who found no place asks again so much later, ms: a rack that is switched on changes attempts by the thousand. */
const PAUSE = 5000
/** Blocks of 64 KiB that the kernel may fill between two looks; those of all DHCP, and how many of these are held. */
const BLOCKS = 16
const DHCP_HELD = 8
/** Attempts whose tokens are remembered, and tokens of each. */
const MOST_SECRETS = 1024
const MOST_OF_ATTEMPT = 64
const MOST_REMEMBERED = 1024

const zipped = promisify(gzip)

export class Captures {
  readonly #options: CapturesOptions
  readonly #running = new Map<string, Capture>()
  readonly #secrets = new Map<string, Buffer[]>()
  readonly #over = new Set<string>()
  /** Attempts for which there was no place, and when (ms since the epoch) that was. */
  readonly #waiting = new Map<string, number>()
  readonly #failed = new Set<Mac>()
  readonly #keeping = new Set<Promise<void>>()
  #dhcp: PacketsSocket | undefined
  #timer: NodeJS.Timeout | undefined
  #closing = false

  constructor(options: CapturesOptions) {
    this.#options = options
    const { open, log } = options
    try {
      this.#dhcp = open({ filter: DHCP_FILTER, blocks: 2 * DHCP_HELD })
      this.#timer = setInterval(() => this.#look(), PERIOD).unref()
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      log.warn({ reason }, 'boots cannot be captured; all else is served')
    }
  }

  /** Each time an attempt changes. */
  heard(view: AttemptView): void {
    if (!this.#dhcp || this.#closing || this.#over.has(view.id)) return
    const running = this.#running.get(view.id)
    if (running) running.view = view
    if (view.state === 'booting') {
      if (running) this.#follow(running, view)
      else this.#begin(view)
      return
    }
    if (!running || running.end) return
    const { ordered } = this.#options.host(view.mac)
    const cause = view.state === 'failed' || view.state === 'stuck' ? view.state : ordered ? 'ordered' : undefined
    running.end = { at: this.#options.now() + SETTLING, cause }
  }

  /** Stands in what this attempt is told, and is to be in no capture. */
  hide(attempt: string, secret: string): void {
    if (!this.#dhcp) return
    const secrets = [...(this.#secrets.get(attempt) ?? []), Buffer.from(secret)].slice(-MOST_OF_ATTEMPT)
    this.#secrets.delete(attempt)
    this.#secrets.set(attempt, secrets)
    bound(this.#secrets, MOST_SECRETS)
  }

  /** Resolves when what was to be kept is. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    this.#closing = true
    // The last of it may be in the block that the kernel fills.
    if (this.#running.size > 0) await delay(BEHIND)
    for (const capture of [...this.#running.values()]) this.#alone(capture, () => this.#finish(capture, capture.end?.cause))
    this.#dhcp?.close()
    this.#dhcp = undefined
    await Promise.all(this.#keeping)
  }

  #begin(view: AttemptView): void {
    const { open, host, now, log } = this.#options
    if (now() - (this.#waiting.get(view.id) ?? 0) < PAUSE) return
    const { macs, known, ordered } = host(view.mac)
    for (const before of [...this.#running.values()]) if (before.view.mac === view.mac) this.#finish(before, before.end?.cause ?? 'failed')
    const urgency = ordered ? URGENCY.ordered : this.#failed.has(view.mac) ? URGENCY.failed : known ? URGENCY.host : URGENCY.stranger
    const place = placeFor(
      urgency,
      [...this.#running.values()].map(({ view: { id }, urgency }) => ({ attempt: id, urgency })),
    )
    if (place.kind === 'none') {
      this.#waiting.set(view.id, now())
      bound(this.#waiting, MOST_REMEMBERED)
      return
    }
    this.#waiting.delete(view.id)
    const least = place.kind === 'instead' ? this.#running.get(place.of) : undefined
    if (least) this.#finish(least, least.end?.cause)
    try {
      const socket = open({ filter: captureFilter({ macs: [view.mac, ...macs], ...this.#place(view.address) }), blocks: BLOCKS })
      const began = now()
      const capture = { view, urgency, socket, memory: new PacketMemory(), since: (began + 1) * 1000, began, address: view.address }
      this.#running.set(view.id, { ...capture, missed: 0, complete: false, end: undefined })
    } catch (error) {
      log.warn({ host: view.host, attempt: view.id, reason: String(error) }, 'this boot is not captured')
      this.#isOver(view.id)
    }
  }

  #follow(capture: Capture, view: AttemptView): void {
    // It goes on after all: what comes of it is told when it ends.
    capture.end = undefined
    if (view.address === capture.address) return
    capture.address = view.address
    const { macs } = this.#options.host(view.mac)
    capture.socket.filter(captureFilter({ macs: [view.mac, ...macs], ...this.#place(view.address) }))
  }

  #place(address: Ipv4 | undefined) {
    return address === undefined ? {} : { address, relayed: this.#options.isRelayed(address) }
  }

  #look(): void {
    const now = this.#options.now()
    for (const capture of [...this.#running.values()]) this.#alone(capture, () => this.#lookAt(capture, now))
    const held = this.#dhcp?.blocks().length ?? 0
    if (held > DHCP_HELD) this.#dhcp?.release(held - DHCP_HELD)
  }

  #lookAt(capture: Capture, now: number): void {
    this.#drain(capture)
    if (!capture.complete && now > capture.began + BEHIND) this.#lookBack(capture)
    if (capture.end && now >= capture.end.at) this.#finish(capture, capture.end.cause)
    else if (now - capture.began > LONGEST) this.#finish(capture, this.#options.host(capture.view.mac).ordered ? 'ordered' : undefined)
  }

  /** What cannot be read ends this capture, and neither another one nor the appliance. */
  #alone(capture: Capture, act: () => void): void {
    try {
      act()
    } catch (error) {
      const { view, socket } = capture
      this.#options.log.error({ host: view.host, attempt: view.id, err: error }, 'this boot is captured no more')
      socket.close()
      this.#running.delete(view.id)
      this.#isOver(view.id)
    }
  }

  #drain({ socket, memory, since }: Capture): void {
    const blocks = socket.blocks()
    for (const block of blocks) eachPacket(block, (at, original, bytes) => at >= since && memory.add(at, original, bytes))
    socket.release(blocks.length)
  }

  /** What made us hear of this boot passed before we listened. */
  #lookBack(capture: Capture): void {
    capture.complete = true
    const { view, memory, since } = capture
    const mac = macToBytes(view.mac)
    const from = Math.min(view.startedAt, capture.began) * 1000 - 1_000_000
    for (const block of this.#dhcp?.blocks() ?? []) {
      eachPacket(block, (at, original, bytes) => at >= from && at < since && isDhcpOf(bytes, mac) && memory.add(at, original, bytes))
    }
  }

  /** Without a cause it is forgotten. */
  #finish(capture: Capture, cause: CaptureRecord['cause'] | undefined): void {
    const { view, socket, memory } = capture
    this.#drain(capture)
    if (!capture.complete) this.#lookBack(capture)
    capture.missed += socket.counts().missed
    socket.close()
    this.#running.delete(view.id)
    this.#isOver(view.id)
    if (cause === 'failed' || cause === 'stuck') this.#failed.add(view.mac)
    else if (view.state === 'up') this.#failed.delete(view.mac)
    bound(this.#failed, MOST_REMEMBERED)
    const secrets = this.#secrets.get(view.id) ?? []
    this.#secrets.delete(view.id)
    if (cause === undefined || memory.counts.packets === 0) return
    const keeping = this.#keep(capture, cause, secrets)
    this.#keeping.add(keeping)
    void keeping.finally(() => this.#keeping.delete(keeping))
  }

  async #keep({ view, memory, missed, began }: Capture, cause: CaptureRecord['cause'], secrets: readonly Buffer[]): Promise<void> {
    const { interface: name, host, keep, onKept, now, log } = this.#options
    try {
      const packets = memory.packets()
      for (const { bytes } of packets) strikeOut(bytes, secrets)
      const { packets: seen, forgotten } = memory.counts
      const lost = missed + forgotten
      const comment = commentOf(view, lost)
      const file = encodePcapng({ interface: name, comment, packets, passed: seen + missed, missed: lost })
      const { id: attempt, mac } = view
      const told = { attempt, mac, cause, began, ended: now(), packets: packets.length, missed: lost, bytes: file.length }
      const record = captureRecord.parse({ ...told, known: host(mac).known })
      if (await keep(record, await zipped(file))) onKept(record)
    } catch (error) {
      log.error({ attempt: view.id, err: error }, 'the capture of a boot could not be kept')
    }
  }

  #isOver(attempt: string): void {
    this.#over.add(attempt)
    bound(this.#over, MOST_REMEMBERED)
  }
}

function commentOf({ id, host, mac }: AttemptView, missed: number): string {
  const gap = missed === 0 ? '' : ` ${missed} packets of the middle are not here.`
  return `Boot attempt ${id} of ${host} (${mac}), between it and the appliance. Files and long messages are cut; boot tokens are struck out as xxx, whence wrong checksums.${gap}`
}

/** The oldest go. */
function bound(kept: Map<string, unknown> | Set<string>, most: number): void {
  for (const key of kept.keys()) {
    if (kept.size <= most) return
    kept.delete(key)
  }
}
