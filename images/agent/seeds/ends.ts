// The two ends of a seed, whatever carries their messages and holds their bytes. What differs of a MiB is looked for again when it is sent:
// what the guest wrote meanwhile may be in it or not, as the mirror's bitmap has it in any case.
import { promisify } from 'node:util'
import { deflateRaw, inflateRaw } from 'node:zlib'
import { blockSums, differing, isSame, isZero, lengthOf, MIB, mebibytesOf, type Sum, sumOf, writesOf } from './compare.ts'
import { type Message, MessageError, MOST_SUMS, toldIn } from './messages.ts'

export interface Channel {
  /** Resolves when there is room for more, and when it may go. Rejects when the other end is gone. */
  send(message: Message): Promise<void>
  /** Those of the other end, in their order. It throws when that is gone before `close`. */
  readonly messages: AsyncIterable<Message>
}

export interface Disk {
  readonly sizeBytes: number
  /** `use` has the bytes until it resolves. */
  read<Value>(at: number, length: number, use: (bytes: Buffer) => Promise<Value> | Value): Promise<Value>
  write(at: number, bytes: Buffer): Promise<void>
  /** All that was written is on it. */
  flush(): Promise<void>
}

/** Bytes of the disk. */
export interface Told {
  /** That were compared. */
  readonly done: number
}

/** MiBs that were told of and not judged yet. */
const AHEAD = 256
/** MiBs that are prepared at a time: more than one processor may press them together. */
export const AT_ONCE = 3
/** Octets of which is seen whether it is worth it. */
const SAMPLE = 64 << 10
const WORTH = 0.9
const deflate = promisify(deflateRaw)
const inflate = promisify(inflateRaw)

/** Resolves when T has all of it on its disk. */
export async function sendSeed(channel: Channel, disk: Disk, seed: string, tell: (told: Told) => void): Promise<void> {
  const { sizeBytes } = disk
  const count = mebibytesOf(sizeBytes)
  let [told, judged] = [0, 0]
  let wake: () => void = () => undefined
  let failure: unknown
  let isWhole = false
  const wanted: Extract<Message, { kind: 'want' }>[] = []
  const heard = async (): Promise<void> => {
    for await (const message of channel.messages) {
      if (message.kind === 'want') wanted.push(message)
      else if (message.kind === 'judged') judged = message.count
      else if (message.kind === 'whole') isWhole = true
      else if (message.kind !== 'beat') throw new MessageError(`a ${message.kind} of the target`)
      wake()
      if (isWhole) return
    }
  }
  const hearing = heard().catch((error: unknown) => {
    failure = error
    wake()
  })
  await channel.send({ kind: 'hello', seed, sizeBytes })
  const under = new Set<Promise<void>>()
  const answer = (want: Extract<Message, { kind: 'want' }>): void => {
    const one = blocksOf(disk, want)
      .then((message) => channel.send(message))
      .catch((error: unknown) => {
        failure ??= error
      })
      .finally(() => {
        under.delete(one)
        wake()
      })
    under.add(one)
  }
  for (;;) {
    if (failure !== undefined) throw failure
    const next = under.size < AT_ONCE ? wanted.shift() : undefined
    if (next) answer(next)
    else if (told < count && told - judged < AHEAD && under.size < AT_ONCE) {
      const sums: Sum[] = []
      for (let index = told; index < Math.min(count, told + MOST_SUMS); index += 1)
        sums.push(await disk.read(index * MIB, lengthOf(sizeBytes, index), sumOf))
      await channel.send({ kind: 'sums', first: told, sums })
      told += sums.length
    } else if (judged === count && wanted.length === 0 && under.size === 0) break
    else
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    tell({ done: Math.min(sizeBytes, judged * MIB) })
  }
  await channel.send({ kind: 'done' })
  await hearing
  if (failure !== undefined) throw failure
  if (!isWhole) throw new MessageError('the target has ended before it was whole')
}

async function blocksOf(disk: Disk, { index, sums }: Extract<Message, { kind: 'want' }>): Promise<Message> {
  const length = lengthOf(disk.sizeBytes, index)
  if (length <= 0) throw new MessageError(`a want of MiB ${index}`)
  return disk.read(index * MIB, length, async (bytes) => {
    const told = differing(bytes, sums)
    const octets = Buffer.concat(told.flatMap((one) => one.bytes ?? []))
    const sample = octets.length > 0 ? await deflate(octets.subarray(0, SAMPLE), { level: 1 }) : octets
    const pressed =
      sample.length < WORTH * Math.min(SAMPLE, octets.length)
        ? octets.length <= SAMPLE
          ? sample
          : await deflate(octets, { level: 1 })
        : octets
    const [zeros, full] = [told.filter((one) => !one.bytes), told.filter((one) => one.bytes)].map((ones) => ones.map(({ block }) => block))
    const form = pressed.length < octets.length ? 'deflated' : 'plain'
    return { kind: 'blocks', index, zeros: zeros ?? [], full: full ?? [], form, octets: form === 'deflated' ? pressed : octets }
  })
}

/** Resolves when all of it is on the disk, and the source knows. */
export async function receiveSeed(channel: Channel, disk: Disk, seed: string, tell: (told: Told) => void): Promise<void> {
  const { sizeBytes } = disk
  const count = mebibytesOf(sizeBytes)
  let isKnown = false
  let judged = 0
  const wanted = new Set<number>()
  for await (const message of channel.messages) {
    if (!isKnown && message.kind !== 'hello' && message.kind !== 'beat') throw new MessageError('a source that does not say which seed')
    switch (message.kind) {
      case 'hello':
        if (message.seed !== seed || message.sizeBytes !== sizeBytes) throw new MessageError('a source that means another disk')
        isKnown = true
        break
      case 'sums': {
        if (message.first !== judged || judged + message.sums.length > count) throw new MessageError(`sums from MiB ${message.first} on`)
        for (const sum of message.sums) {
          const want = await judge(disk, judged, sum)
          if (want) {
            wanted.add(judged)
            await channel.send({ kind: 'want', index: judged, sums: want })
          }
          judged += 1
        }
        await channel.send({ kind: 'judged', count: judged })
        tell({ done: Math.min(sizeBytes, judged * MIB) })
        break
      }
      case 'blocks': {
        const { index, zeros, full, form, octets } = message
        if (!wanted.delete(index)) throw new MessageError(`blocks of MiB ${index}, which nobody wants`)
        const length = lengthOf(sizeBytes, index)
        const plain = form === 'deflated' ? await inflate(octets, { maxOutputLength: length }) : octets
        for (const { at, bytes } of writesOf(toldIn(zeros, full, plain, length), length)) await disk.write(index * MIB + at, bytes)
        break
      }
      case 'done':
        if (judged !== count || wanted.size > 0) throw new MessageError('a source that ends too early')
        await disk.flush()
        await channel.send({ kind: 'whole' })
        return
      case 'beat':
        break
      default:
        throw new MessageError(`a ${message.kind} of the source`)
    }
  }
  throw new MessageError('the source has ended before it was done')
}

/** What is to be sent of it; undefined: nothing. What is all zeros there is made so here. */
function judge(disk: Disk, index: number, sum: Sum): Promise<readonly Sum[] | undefined> {
  const length = lengthOf(disk.sizeBytes, index)
  return disk.read(index * MIB, length, async (bytes) => {
    if (isSame(sumOf(bytes), sum)) return undefined
    if (sum !== undefined) return isZero(bytes) ? [] : blockSums(bytes)
    await disk.write(index * MIB, Buffer.alloc(length))
    return undefined
  })
}
