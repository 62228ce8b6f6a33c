// From a read request to the file to send, or to the ERROR that says why not. Files come from an injected
// function: this module knows no disk. Texts of ERROR packets are fixed: no path of ours can be in them.

import { type PathRefusal, resolvePath } from '../wire/path.ts'
import { ERROR_CODE, type TftpError, type TftpRequest, tftpError } from './codec.ts'
import { printable } from './describe.ts'
import { LARGEST_NETASCII, toNetascii } from './netascii.ts'

export interface TftpPeer {
  readonly address: string
  readonly port: number
}

/** An open file of a fixed size. `read` answers exactly `length` bytes; it is never asked beyond the end. */
export interface TftpFile {
  readonly kind: 'file'
  /** In bytes. */
  readonly size: number
  read(position: number, length: number): Promise<Buffer>
  close(): void | Promise<void>
}

/** @param path as `resolvePath` gives it */
export type OpenTftpFile = (path: string, peer: TftpPeer) => Promise<TftpFile | PathRefusal>

export interface Refused {
  readonly kind: 'refused'
  readonly packet: TftpError
  readonly outcome: 'not-found' | 'failed'
  readonly reason: string
}

/** How a request's file is called in logs and observations: its path in the served tree, or its printable form. */
export function requestedFile(request: TftpRequest): string {
  const resolved = resolvePath(request.filename)
  return resolved.kind === 'path' ? resolved.path : printable(request.filename)
}

/** Rejects only when `open` or the file does. */
export async function openRequested(request: TftpRequest, peer: TftpPeer, open: OpenTftpFile): Promise<TftpFile | Refused> {
  const mode = request.mode.toLowerCase()
  if (mode !== 'octet' && mode !== 'netascii') {
    return refused(ERROR_CODE.illegalOperation, 'unknown mode', 'failed', `mode ${printable(request.mode)} is unknown`)
  }
  const resolved = resolvePath(request.filename)
  const found = resolved.kind === 'path' ? await open(resolved.path, peer) : resolved
  if (found.kind === 'refusal') {
    const [code, text] = found.code === 'access' ? [ERROR_CODE.access, 'access violation'] : [ERROR_CODE.notFound, 'file not found']
    return refused(code, text, 'not-found', found.reason)
  }
  return mode === 'netascii' ? translate(found) : found
}

/** The netascii form, held in memory: its size is known only after translation. */
async function translate(file: TftpFile): Promise<TftpFile | Refused> {
  try {
    if (file.size > LARGEST_NETASCII) {
      return refused(ERROR_CODE.undefined, 'use octet (binary) mode', 'failed', `netascii is for texts up to ${LARGEST_NETASCII} bytes`)
    }
    const text = toNetascii(await file.read(0, file.size))
    return {
      kind: 'file',
      size: text.length,
      read: async (position, length) => text.subarray(position, position + length),
      close: () => undefined,
    }
  } finally {
    await file.close()
  }
}

function refused(code: number, text: string, outcome: Refused['outcome'], reason: string): Refused {
  return { kind: 'refused', packet: tftpError(code, text), outcome, reason }
}
