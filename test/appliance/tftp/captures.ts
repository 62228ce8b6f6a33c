// The TFTP payloads of the captures in test/fixtures/pcap: UDP to port 69 in little-endian pcap files with Ethernet frames.

import { readdirSync, readFileSync } from 'node:fs'

const folder = new URL('../../fixtures/pcap/', import.meta.url)

export interface CapturedRequest {
  readonly capture: string
  readonly payload: Buffer
}

export function capturedRequests(): readonly CapturedRequest[] {
  const captures = readdirSync(folder).filter((name) => name.endsWith('.pcap'))
  return captures.flatMap((capture) =>
    [...frames(readFileSync(new URL(capture, folder)))].flatMap((frame) => {
      const payload = tftpPayload(frame)
      return payload ? [{ capture, payload }] : []
    }),
  )
}

/** Packets that were met in the field, in hex: test/fixtures/field/tftp. */
export function fieldPackets(): readonly Buffer[] {
  const field = new URL('../../fixtures/field/tftp/', import.meta.url)
  const names = readdirSync(field).sort()
  return names.map((name) => Buffer.from(readFileSync(new URL(name, field), 'utf8').trim(), 'hex'))
}

function* frames(file: Buffer): Generator<Buffer> {
  if (file.readUInt32LE(0) !== 0xa1b2c3d4) throw new Error('not a little-endian pcap file')
  for (let offset = 24; offset < file.length; ) {
    const length = file.readUInt32LE(offset + 8)
    yield file.subarray(offset + 16, offset + 16 + length)
    offset += 16 + length
  }
}

function tftpPayload(frame: Buffer): Buffer | undefined {
  if (frame.readUInt16BE(12) !== 0x0800 || frame[23] !== 17) return undefined
  const udp = 14 + (frame.readUInt8(14) & 15) * 4
  if (frame.readUInt16BE(udp + 2) !== 69) return undefined
  return frame.subarray(udp + 8, udp + frame.readUInt16BE(udp + 4))
}
