// A transfer against a model of a client over a network that drops, doubles and delays packets. Time is a number:
// the same seed gives the same run.

import type { TftpPacket } from '../../../appliance/tftp/codec.ts'
import { negotiate } from '../../../appliance/tftp/options.ts'
import { begin, patience, type Step, step, type Transfer, type TransferEvent } from '../../../appliance/tftp/transfer.ts'

export interface World {
  readonly seed: number
  readonly content: Buffer
  readonly blksize: number
  readonly windowsize: number
  /** Of each packet, 0 to 1. */
  readonly loss: number
  readonly duplication: number
  /** Longest time on the wire, in milliseconds: packets overtake each other within it. */
  readonly delay: number
}

export interface Outcome {
  readonly client: 'complete' | 'gave up' | 'told an error'
  readonly received: Buffer
  /** How the server's transfer ended; undefined: it never did. */
  readonly server: string | undefined
  readonly dataPackets: number
  readonly milliseconds: number
}

const LIMITS = { mtu: 1500, blksize: 1468, windowsize: 32, timeout: 10 }
const CLIENT_TIMEOUT = 1500
const CLIENT_TRIES = 6

export function simulate(world: World): Outcome {
  const random = mulberry32(world.seed)
  const options =
    world.blksize === 512 && world.windowsize === 1 ? [] : [option('blksize', world.blksize), option('windowsize', world.windowsize)]
  // Latest first.
  const agenda: { readonly at: number; readonly run: () => void }[] = []
  let now = 0
  let dataPackets = 0
  let transfer: Transfer | undefined
  let serverEnd: string | undefined
  let serverTimer = 0
  let clientTimer = 0

  const client = {
    state: 'asking' as 'asking' | 'loading' | Outcome['client'],
    blocks: [] as Buffer[],
    tries: 0,
    inWindow: 0,
    gapTold: false,
  }

  function later(wait: number, run: () => void): void {
    const at = now + wait
    let low = 0
    for (let high = agenda.length; low < high; ) {
      const middle = (low + high) >> 1
      if ((agenda[middle]?.at ?? 0) > at) low = middle + 1
      else high = middle
    }
    agenda.splice(low, 0, { at, run })
  }

  function wire(deliver: () => void): void {
    const copies = random() < world.loss ? 0 : random() < world.duplication ? 2 : 1
    for (let copy = 0; copy < copies; copy += 1) later(1 + random() * world.delay, deliver)
  }

  function serve(event: TransferEvent | 'request'): void {
    if (event === 'request')
      carryOut(
        transfer ? step(transfer, { kind: 'repeated' }) : begin(negotiate(options, world.content.length, LIMITS), world.content.length),
      )
    else if (transfer) carryOut(step(transfer, event))
  }

  function carryOut({ transfer: next, actions }: Step): void {
    const waitsAnew = actions.length > 0 || next.resends !== transfer?.resends
    transfer = next
    for (const action of actions) {
      if (action.kind === 'send') {
        if (action.packet.kind === 'data') dataPackets += 1
        wire(() => receive(action.packet))
      } else if (action.kind === 'read') {
        const data = world.content.subarray(action.position, action.position + action.length)
        later(random() * 3, () => serve({ kind: 'data-ready', position: action.position, data }))
      } else {
        serverEnd = action.kind === 'finish' ? action.outcome : action.reason
      }
    }
    if (!waitsAnew) return
    serverTimer += 1
    const timer = serverTimer
    later(patience(next), () => timer === serverTimer && serve({ kind: 'timeout' }))
  }

  /** The client of RFC 1350 and RFC 7440: acknowledges windows, tells of a gap once, answers old blocks again. */
  function receive(packet: TftpPacket): void {
    if (client.state !== 'asking' && client.state !== 'loading') return
    if (packet.kind === 'error') {
      client.state = 'told an error'
    } else if (packet.kind === 'oack' && client.blocks.length === 0) {
      client.state = 'loading'
      answer()
    } else if (packet.kind === 'data') {
      client.state = 'loading'
      const expected = (client.blocks.length + 1) & 0xffff
      if (packet.block === expected) onNext(packet.data)
      else if (!client.gapTold || ((expected - packet.block) & 0xffff) < 0x8000) {
        client.gapTold = true
        client.inWindow = 0
        answer()
      }
    }
  }

  function onNext(data: Buffer): void {
    client.blocks.push(Buffer.from(data))
    client.inWindow += 1
    client.gapTold = false
    if (data.length < world.blksize) client.state = 'complete'
    if (data.length < world.blksize || client.inWindow === world.windowsize) {
      client.inWindow = 0
      answer()
    }
  }

  function answer(): void {
    const block = client.blocks.length & 0xffff
    wire(() => serve({ kind: 'ack', block }))
    client.tries = 0
    armClient()
  }

  function armClient(): void {
    clientTimer += 1
    const timer = clientTimer
    later(CLIENT_TIMEOUT, () => {
      if (timer !== clientTimer || (client.state !== 'asking' && client.state !== 'loading')) return
      client.tries += 1
      if (client.tries === CLIENT_TRIES) client.state = 'gave up'
      else if (client.state === 'asking') wire(() => serve('request'))
      else {
        const block = client.blocks.length & 0xffff
        wire(() => serve({ kind: 'ack', block }))
      }
      armClient()
    })
  }

  wire(() => serve('request'))
  armClient()
  for (let next = agenda.pop(); next; next = agenda.pop()) {
    now = next.at
    next.run()
  }
  if (client.state === 'asking' || client.state === 'loading') throw new Error('the client model hangs')
  return {
    client: client.state,
    received: Buffer.concat(client.blocks),
    server: transfer ? serverEnd : 'no request came',
    dataPackets,
    milliseconds: now,
  }
}

function option(name: string, value: number) {
  return { name, value: String(value) }
}

function mulberry32(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
