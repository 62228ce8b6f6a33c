// What the two ends of a seed say to each other: kind (1 octet), length of what follows (4 octets, big-endian), the octets. S, the source,
// tells what its MiBs are; T wants of some what differs, and says how far it has judged. Integers are big-endian. Pure.
import { BLOCK, BLOCKS, HASH, MIB, type Sum, type Told } from './compare.ts'

export type Message =
  /** S: which seed, and how large the disk is. */
  | { readonly kind: 'hello'; readonly seed: string; readonly sizeBytes: number }
  /** S: from this MiB on. */
  | { readonly kind: 'sums'; readonly first: number; readonly sums: readonly Sum[] }
  /** S: what differs of this MiB. `octets`: the blocks that are no zeros, `deflated` or as they are. */
  | ({ readonly kind: 'blocks'; readonly index: number; readonly zeros: readonly number[]; readonly full: readonly number[] } & {
      readonly form: 'plain' | 'deflated'
      readonly octets: Buffer
    })
  /** S: all that was wanted is sent. */
  | { readonly kind: 'done' }
  /** T: what it has of this MiB; no sums: zeros. */
  | { readonly kind: 'want'; readonly index: number; readonly sums: readonly Sum[] }
  /** T: so many MiBs have been looked at, and what it wants of them was said. */
  | { readonly kind: 'judged'; readonly count: number }
  /** T: all is on its disk. */
  | { readonly kind: 'whole' }
  /** It is there. */
  | { readonly kind: 'beat' }

const KINDS = ['hello', 'sums', 'blocks', 'done', 'want', 'judged', 'whole', 'beat'] as const
export const HEADER = 5
/** Sums of one message. */
export const MOST_SUMS = 64
const LONGEST = MIB + 1024
const MAP = BLOCKS / 8

/** The other end says what no end of a seed says. */
export class MessageError extends Error {
  override readonly name = 'MessageError'
}

export function encodeMessage(message: Message): Buffer {
  const body = bodyOf(message)
  const header = Buffer.alloc(HEADER)
  header.writeUInt8(KINDS.indexOf(message.kind), 0)
  header.writeUInt32BE(body.length, 1)
  return Buffer.concat([header, body])
}

function bodyOf(message: Message): Buffer {
  switch (message.kind) {
    case 'hello':
      return Buffer.from(JSON.stringify({ seed: message.seed, sizeBytes: message.sizeBytes }), 'utf8')
    case 'sums':
      return Buffer.concat([number(message.first), ...message.sums.map((sum) => (sum ? Buffer.concat([FULL, sum]) : ZERO))])
    case 'blocks': {
      const { index, zeros, full, form, octets } = message
      return Buffer.concat([number(index), mapOf(zeros), mapOf(full), form === 'deflated' ? FULL : ZERO, octets])
    }
    case 'want': {
      const known = message.sums.flatMap((sum, block) => (sum ? [block] : []))
      return Buffer.concat([number(message.index), mapOf(known), ...message.sums.flatMap((sum) => sum ?? [])])
    }
    case 'judged':
      return number(message.count)
    case 'done':
    case 'whole':
    case 'beat':
      return Buffer.alloc(0)
  }
}

/** Takes octets as they come. Throws a MessageError, and is of no use after that. */
export class MessageReader {
  #parts: Buffer[] = []
  #length = 0

  read(octets: Buffer): readonly Message[] {
    this.#parts.push(octets)
    this.#length += octets.length
    const messages: Message[] = []
    for (;;) {
      if (this.#length < HEADER) return messages
      const head = this.#take(HEADER, 'leave')
      const [kind, length] = [head.readUInt8(0), head.readUInt32BE(1)]
      if (KINDS[kind] === undefined) throw new MessageError(`a message of kind ${kind}`)
      if (length > LONGEST) throw new MessageError(`a message of ${length} octets`)
      if (this.#length < HEADER + length) return messages
      messages.push(decode(KINDS[kind], this.#take(HEADER + length, 'remove').subarray(HEADER)))
    }
  }

  #take(length: number, how: 'leave' | 'remove'): Buffer {
    const [first] = this.#parts
    const all = first && first.length >= length ? first : Buffer.concat(this.#parts)
    if (all !== first) this.#parts = [all]
    if (how === 'leave') return all.subarray(0, length)
    this.#parts[0] = all.subarray(length)
    if (this.#parts[0].length === 0) this.#parts.shift()
    this.#length -= length
    return all.subarray(0, length)
  }
}

function decode(kind: (typeof KINDS)[number], body: Buffer): Message {
  const cursor = new Cursor(body)
  switch (kind) {
    case 'hello':
      return hello(body)
    case 'sums': {
      const first = cursor.number()
      const sums: Sum[] = []
      while (cursor.left > 0) {
        if (sums.length === MOST_SUMS) throw new MessageError(`more than ${MOST_SUMS} sums`)
        sums.push(cursor.flag() ? cursor.octets(HASH) : undefined)
      }
      return { kind, first, sums }
    }
    case 'blocks': {
      const [index, zeros, full] = [cursor.number(), cursor.map(), cursor.map()]
      if (zeros.some((block) => full.includes(block))) throw new MessageError('a block that is zero and is not')
      return { kind, index, zeros, full, form: cursor.flag() ? 'deflated' : 'plain', octets: cursor.octets(cursor.left) }
    }
    case 'want': {
      const [index, known] = [cursor.number(), new Set(cursor.map())]
      const most = Math.max(-1, ...known)
      const sums = Array.from({ length: most + 1 }, (_, block) => (known.has(block) ? cursor.octets(HASH) : undefined))
      cursor.end()
      return { kind, index, sums }
    }
    case 'judged': {
      const count = cursor.number()
      cursor.end()
      return { kind, count }
    }
    case 'done':
    case 'whole':
    case 'beat':
      cursor.end()
      return { kind }
  }
}

function hello(body: Buffer): Message {
  try {
    const { seed, sizeBytes } = JSON.parse(body.toString('utf8'))
    if (typeof seed === 'string' && Number.isSafeInteger(sizeBytes) && sizeBytes > 0) return { kind: 'hello', seed, sizeBytes }
  } catch {
    // As what follows.
  }
  throw new MessageError('a hello that is none')
}

/** Blocks of a message, in their order. Throws a MessageError where its octets are not theirs. `length`: of the MiB. */
export function toldIn(zeros: readonly number[], full: readonly number[], octets: Buffer, length: number): readonly Told[] {
  const told: Told[] = zeros.map((block) => ({ block, bytes: undefined }))
  let at = 0
  for (const block of full) {
    const size = Math.min(BLOCK, length - block * BLOCK)
    if (size <= 0 || at + size > octets.length) throw new MessageError(`a block ${block} that is not there`)
    told.push({ block, bytes: octets.subarray(at, at + size) })
    at += size
  }
  if (at !== octets.length || zeros.some((block) => block * BLOCK >= length)) throw new MessageError('octets of no block')
  return told.sort((a, b) => a.block - b.block)
}

class Cursor {
  readonly #body: Buffer
  #at = 0

  constructor(body: Buffer) {
    this.#body = body
  }

  get left(): number {
    return this.#body.length - this.#at
  }

  octets(length: number): Buffer {
    if (length > this.left) throw new MessageError(`a message that ends at ${this.#body.length}`)
    this.#at += length
    return this.#body.subarray(this.#at - length, this.#at)
  }

  number(): number {
    return this.octets(4).readUInt32BE(0)
  }

  flag(): boolean {
    const value = this.octets(1).readUInt8(0)
    if (value > 1) throw new MessageError(`a flag of ${value}`)
    return value === 1
  }

  map(): readonly number[] {
    const bits = this.octets(MAP)
    return Array.from({ length: BLOCKS }, (_, block) => block).filter((block) => ((bits[block >> 3] ?? 0) >> (block & 7)) & 1)
  }

  end(): void {
    if (this.left > 0) throw new MessageError('a message that is too long')
  }
}

const ZERO = Buffer.from([0])
const FULL = Buffer.from([1])

function number(value: number): Buffer {
  const octets = Buffer.alloc(4)
  octets.writeUInt32BE(value, 0)
  return octets
}

function mapOf(blocks: readonly number[]): Buffer {
  const bits = Buffer.alloc(MAP)
  for (const block of blocks) bits[block >> 3] = (bits[block >> 3] ?? 0) | (1 << (block & 7))
  return bits
}
