// DHCP for many machines over one socket, as a relay of their segment: each asks again until it is answered, ever less often.
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { addressOption, messageType, optionData } from '../../../appliance/dhcp/fields.ts'
import type { DhcpOption } from '../../../appliance/dhcp/options.ts'
import { type DhcpPacket, decodeDhcp, encodeDhcp } from '../../../appliance/dhcp/packet.ts'
import { type Mac, parseIpv4 } from '../../../appliance/wire/addresses.ts'
import { request, wanted } from '../../appliance/dhcp/packets.ts'
import { bootFileOf } from './boot-file.ts'

export interface Lease {
  readonly address: string
  /** What it is to fetch, a name or a URL. */
  readonly file: string
}

export interface DhcpClients {
  /** An exchange of four. Rejects when nobody has answered for a minute. */
  lease(mac: Mac, firmware: readonly DhcpOption[]): Promise<Lease>
  /** Messages that were sent again. */
  again(): number
  close(): void
}

const FIRST_WAIT_MS = 4000
const LONGEST_WAIT_MS = 16_000
const MOST_TRIES = 6
const SERVER_IDENTIFIER = 54

/** `address`: of the relay, on this machine. */
export async function openDhcpClients(server: string, address: string): Promise<DhcpClients> {
  const relay = parseIpv4(address)
  if (!relay) throw new Error(`${address} is no address`)
  const socket = createSocket('udp4')
  const waiting = new Map<number, (reply: DhcpPacket) => void>()
  socket.on('message', (bytes) => {
    const reply = decodeDhcp(bytes)
    waiting.get(reply.xid)?.(reply)
  })
  socket.bind(67, address)
  await once(socket, 'listening')
  socket.setRecvBufferSize(4 << 20)
  let nextXid = 1
  let again = 0
  const ask = (packet: DhcpPacket, answer: 'OFFER' | 'ACK'): Promise<DhcpPacket> =>
    new Promise((resolve, reject) => {
      let tries = 0
      let timer: NodeJS.Timeout | undefined
      const send = () => {
        if (tries === MOST_TRIES) {
          waiting.delete(packet.xid)
          return reject(new Error(`no ${answer} after ${MOST_TRIES} messages`))
        }
        if (tries > 0) again += 1
        // RFC 2131, section 4.1: doubled, and a second more or less by chance.
        const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** tries) + Math.random() * 2000 - 1000
        tries += 1
        timer = setTimeout(send, wait)
        socket.send(encodeDhcp(packet), 67, server)
      }
      waiting.set(packet.xid, (reply) => {
        if (messageType(reply) !== answer) return
        clearTimeout(timer)
        waiting.delete(packet.xid)
        resolve(reply)
      })
      send()
    })
  return {
    async lease(mac, firmware) {
      const xid = nextXid
      nextXid += 1
      const header = { mac, xid, hops: 1, giaddr: relay }
      const offer = await ask(request('DISCOVER', header, firmware), 'OFFER')
      const from = optionData(offer, SERVER_IDENTIFIER)
      const chosen = parseIpv4([...(from ?? [])].join('.'))
      if (!chosen) throw new Error('an OFFER does not say whose it is')
      const options = [...firmware, addressOption(SERVER_IDENTIFIER, chosen), wanted(offer.yiaddr)]
      const ack = await ask(request('REQUEST', header, options), 'ACK')
      return { address: ack.yiaddr, file: bootFileOf(ack) }
    },
    again: () => again,
    close: () => socket.close(),
  }
}
