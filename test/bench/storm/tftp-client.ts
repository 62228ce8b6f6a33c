// A file by TFTP as firmware fetches one: blocks of 1468 bytes, one at a time, each asked for again where it does not come.
import dgram from 'node:dgram'
import { decodeTftp, encodeTftp, type TftpPacket } from '../../../appliance/tftp/codec.ts'

const BLOCK = 1468
const AGAIN_MS = 2000
const MOST_TRIES = 30

/** Rejects when the server refuses, or says nothing for a minute. */
export function fetchByTftp(server: string, file: string, from: string): Promise<Buffer> {
  const socket = dgram.createSocket('udp4')
  const blocks: Buffer[] = []
  let peer = 69
  let last: TftpPacket = {
    ...{ kind: 'rrq', filename: file, mode: 'octet', padding: 0 },
    options: [
      { name: 'tsize', value: '0' },
      { name: 'blksize', value: String(BLOCK) },
    ],
  }
  let size = 512
  return new Promise<Buffer>((resolve, reject) => {
    let tries = 0
    let timer: NodeJS.Timeout | undefined
    const send = () => {
      clearTimeout(timer)
      tries += 1
      if (tries > MOST_TRIES) return reject(new Error(`${file}: the TFTP server says nothing more`))
      timer = setTimeout(send, AGAIN_MS)
      socket.send(encodeTftp(last), peer, server)
    }
    const acknowledge = (block: number) => {
      tries = 0
      last = { kind: 'ack', block }
      send()
    }
    socket.on('error', reject)
    socket.on('message', (bytes, { port }) => {
      const packet = decodeTftp(bytes)
      peer = port
      if (packet.kind === 'error') return reject(new Error(`${file}: ${packet.message}`))
      if (packet.kind === 'oack' && blocks.length === 0) {
        size = Number(packet.options.find(({ name }) => name === 'blksize')?.value ?? size)
        return acknowledge(0)
      }
      if (packet.kind !== 'data' || packet.block !== ((blocks.length + 1) & 0xffff)) return
      blocks.push(packet.data)
      acknowledge(packet.block)
      if (packet.data.length < size) resolve(Buffer.concat(blocks))
    })
    socket.bind(0, from, send)
    socket.once('close', () => clearTimeout(timer))
  }).finally(() => socket.close())
}
