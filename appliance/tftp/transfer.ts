// One read transfer as a pure state machine: lock-step (RFC 1350) is a window of one block (RFC 7440).
// No socket, clock or disk: events in, actions out. Blocks are counted without end here and cut to
// 16 bits on the wire. Holds at most one window and one read-ahead of the file.

import { ERROR_CODE, type TftpOption, type TftpPacket, tftpError } from './codec.ts'
import type { Negotiated } from './options.ts'

/** RFC 1350 leaves it open; after these the peer is gone. */
const MOST_RESENDS = 3
/** Time before the first resend when the client named none; doubles with each. In milliseconds. */
const FIRST_PATIENCE = 1000
/** Least to read at once, in bytes: small blocks do not cost a disk access each. */
const READ_AHEAD = 32 * 1024
/** RFC 1350 code 3: the client has no room. Refusing a size is not the same as asking for it. */
const DISK_FULL = 3

export interface Transfer {
  /** offering: OACK sent, not answered · sending: DATA · closed: nothing follows */
  readonly phase: 'offering' | 'sending' | 'closed'
  /** Of the file, in bytes. */
  readonly size: number
  readonly blksize: number
  readonly windowsize: number
  /** In seconds, as negotiated; undefined: ours, with backoff. */
  readonly timeout: number | undefined
  readonly sizeAsked: boolean
  readonly oack: readonly TftpOption[]
  /** Number of the last block acknowledged; 0: none. */
  readonly acked: number
  /** Number of the last block ever sent; 0: none. */
  readonly sent: number
  /** The file's bytes after block `acked`, as far as they have been read. */
  readonly held: Buffer
  /** Position of the read under way, in bytes. */
  readonly reading: number | undefined
  /** Timeouts since the client last acknowledged something. */
  readonly resends: number
  /** The value of `acked` when a window was last sent again at the client's notice. */
  readonly noticedAt: number | undefined
  /** How many windows in a row were. */
  readonly notices: number
  /** The client has answered at least once: its address is not forged. */
  readonly heard: boolean
}

export type TransferEvent =
  | { readonly kind: 'ack'; readonly block: number }
  | { readonly kind: 'error'; readonly code: number; readonly message: string }
  | { readonly kind: 'timeout' }
  /** Answers the read at `position`. */
  | { readonly kind: 'data-ready'; readonly position: number; readonly data: Buffer }
  /** Answers a read too: the disk fails, or the file is shorter than it was. */
  | { readonly kind: 'read-failed' }
  /** The same read request again, from the same port. */
  | { readonly kind: 'repeated' }
  /** Another read request from the same port. */
  | { readonly kind: 'superseded' }
  /** The server needs the place, or closes. */
  | { readonly kind: 'evicted'; readonly reason: string }

export type TransferAction =
  | { readonly kind: 'send'; readonly packet: TftpPacket }
  /** In bytes. */
  | { readonly kind: 'read'; readonly position: number; readonly length: number }
  /** served: every block acknowledged, but perhaps the last · probed: the client wanted the size only */
  | { readonly kind: 'finish'; readonly outcome: 'served' | 'probed' }
  | { readonly kind: 'fail'; readonly outcome: 'aborted' | 'failed'; readonly reason: string }

const READ_ERROR: TransferAction = { kind: 'send', packet: tftpError(ERROR_CODE.undefined, 'read error') }

/**
 * Windows in a row that are sent again because the client acknowledged the block before them. An ACK that the network doubled
 * looks alike, and the client may answer the doubled window by doubled ACKs: the chain ends here.
 */
const MOST_NOTICES = 8

const AT_START = {
  phase: 'sending',
  acked: 0,
  sent: 0,
  held: Buffer.alloc(0),
  reading: undefined,
  resends: 0,
  noticedAt: undefined,
  notices: 0,
} as const

export interface Step {
  readonly transfer: Transfer
  readonly actions: readonly TransferAction[]
}

/**
 * The first step of a transfer: an OACK when options were accepted, else DATA 1, as soon as it has been read.
 * @param size of the file as it is transferred, in bytes
 */
export function begin(negotiated: Negotiated, size: number): Step {
  const { blksize, windowsize, timeout, sizeAsked, accepted } = negotiated
  return open({ size, blksize, windowsize, timeout, sizeAsked, oack: accepted, heard: false, ...AT_START })
}

/** What follows from one event. A closed transfer ignores all of them. */
export function step(transfer: Transfer, event: TransferEvent): Step {
  if (transfer.phase === 'closed') return idle(transfer)
  switch (event.kind) {
    case 'ack':
      return onAck(transfer, event.block)
    case 'error':
      return onError(transfer, event.code, event.message)
    case 'superseded':
      return isProbe(transfer) ? finish(transfer, 'probed') : fail(transfer, 'aborted', 'the client asked anew from the same port')
    case 'evicted':
      return fail(transfer, 'aborted', event.reason)
    case 'timeout':
      return onTimeout(transfer)
    case 'data-ready':
      return onData(transfer, event.position, event.data)
    case 'read-failed':
      return fail(transfer, 'failed', 'the file could not be read', [READ_ERROR])
    case 'repeated': // while DATA 1 is being read it answers both requests
      return transfer.reading === 0 ? idle(transfer) : open({ ...transfer, ...AT_START })
  }
}

/** Milliseconds to wait for an answer to what was sent last: RFC 2349's fixed time, or ours with backoff. */
export function patience(transfer: Transfer): number {
  return transfer.timeout === undefined ? FIRST_PATIENCE * 2 ** transfer.resends : transfer.timeout * 1000
}

/** How many bytes of the file the client has acknowledged; all of it, once served. */
export function delivered(transfer: Transfer): number {
  return Math.min(transfer.acked * transfer.blksize, transfer.size)
}

function open(transfer: Transfer): Step {
  if (transfer.oack.length === 0) return fill({ ...transfer, phase: 'sending' })
  return { transfer: { ...transfer, phase: 'offering' }, actions: [{ kind: 'send', packet: { kind: 'oack', options: transfer.oack } }] }
}

function onAck(transfer: Transfer, block: number): Step {
  if (transfer.phase === 'offering') {
    return block === 0 ? fill({ ...transfer, phase: 'sending', resends: 0, heard: true }) : idle(transfer)
  }
  const advance = (block - transfer.acked) & 0xffff
  if (advance === 0 && isNotice(transfer)) return sendWindow({ ...transfer, noticedAt: transfer.acked, notices: transfer.notices + 1 })
  // Not in the window: old, doubled or invented. Sending again because of it would be the sorcerer's apprentice (RFC 1123, 4.2.3.1).
  if (advance === 0 || advance > transfer.sent - transfer.acked) return idle(transfer)
  const acked = transfer.acked + advance
  const held = transfer.held.subarray(advance * transfer.blksize)
  const notices = transfer.noticedAt === transfer.acked ? transfer.notices : 0
  const progressed: Transfer = { ...transfer, acked, held, resends: 0, heard: true, notices }
  return acked === lastBlock(transfer) ? finish(progressed, 'served') : fill(progressed)
}

/** RFC 7440 section 4: who misses the first block of a window acknowledges the one before it, again. Heeded once for each window. */
function isNotice({ windowsize, acked, sent, reading, noticedAt, notices }: Transfer): boolean {
  return windowsize > 1 && sent > acked && reading === undefined && noticedAt !== acked && notices < MOST_NOTICES
}

function onTimeout(transfer: Transfer): Step {
  const last = lastBlock(transfer)
  if (transfer.resends < MOST_RESENDS) {
    const again = { ...transfer, resends: transfer.resends + 1 }
    if (again.reading !== undefined) return idle(again)
    return again.phase === 'offering' ? open(again) : sendWindow(again)
  }
  if (transfer.reading !== undefined) return fail(transfer, 'failed', 'the disk did not answer')
  if (!transfer.heard) return fail(transfer, 'failed', 'the client never answered')
  // Firmware that starts what it has loaded may leave the last block unacknowledged.
  return transfer.sent === last ? finish({ ...transfer, acked: last }, 'served') : fail(transfer, 'failed', 'the client fell silent')
}

function onData(transfer: Transfer, position: number, data: Buffer): Step {
  if (position !== transfer.reading) return idle(transfer)
  const held = transfer.held.length === 0 ? data : Buffer.concat([transfer.held, data])
  return fill({ ...transfer, held, reading: undefined }) // an ACK may have moved the window meanwhile
}

function onError(transfer: Transfer, code: number, message: string): Step {
  if (isProbe(transfer) && code !== DISK_FULL) return finish(transfer, 'probed')
  return fail(transfer, 'aborted', `the client sent ERROR ${code}${message === '' ? '' : `: ${message}`}`)
}

/** EDK2 asks for tsize, answers the OACK with ERROR 8 "User aborted the transfer", then asks for the file. */
function isProbe(transfer: Transfer): boolean {
  return transfer.sizeAsked && transfer.phase === 'offering'
}

/** Sends the window after `acked`, reading first what is missing of it. */
function fill(transfer: Transfer): Step {
  const end = transfer.acked * transfer.blksize + transfer.held.length
  const wanted = Math.min((transfer.acked + transfer.windowsize) * transfer.blksize, transfer.size)
  if (end >= wanted) return sendWindow(transfer)
  if (transfer.reading !== undefined) return idle(transfer)
  const length = Math.min(Math.max(wanted - end, READ_AHEAD), transfer.size - end)
  return { transfer: { ...transfer, reading: end }, actions: [{ kind: 'read', position: end, length }] }
}

function sendWindow(transfer: Transfer): Step {
  const end = Math.min(transfer.acked + transfer.windowsize, lastBlock(transfer))
  const actions: TransferAction[] = []
  for (let block = transfer.acked + 1; block <= end; block += 1) {
    const start = (block - transfer.acked - 1) * transfer.blksize
    const data = transfer.held.subarray(start, start + transfer.blksize)
    actions.push({ kind: 'send', packet: { kind: 'data', block: block & 0xffff, data } })
  }
  return { transfer: { ...transfer, sent: Math.max(transfer.sent, end) }, actions }
}

/** Number of the file's last block, the one shorter than blksize, perhaps empty (RFC 1350 section 6). */
function lastBlock(transfer: Transfer): number {
  return Math.floor(transfer.size / transfer.blksize) + 1
}

function finish(transfer: Transfer, outcome: 'served' | 'probed'): Step {
  return { transfer: { ...transfer, phase: 'closed' }, actions: [{ kind: 'finish', outcome }] }
}

function fail(transfer: Transfer, outcome: 'aborted' | 'failed', reason: string, first: readonly TransferAction[] = []): Step {
  return { transfer: { ...transfer, phase: 'closed' }, actions: [...first, { kind: 'fail', outcome, reason }] }
}

function idle(transfer: Transfer): Step {
  return { transfer, actions: [] }
}
