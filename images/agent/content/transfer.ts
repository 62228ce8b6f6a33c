// One image on its way to the devices that want it: blocks come one after the other, are checked, and go to all who ride the carousel
// before the next is taken. The world is handed in; what is in memory is one block.
import { BLOCK_BYTES, contentPath } from '../../../manager/protocol/disk-image.ts'
import type { Task } from '../requests/task.ts'
import type { Blocks } from './block-list.ts'
import { type Carousel, join, leave, newCarousel, passed } from './carousel.ts'
import { type Device, type ImagesWorld, SourceGone } from './source.ts'
import { patient, pause } from './waiting.ts'

interface Rider {
  readonly device: Device
  readonly tell: Task['tell']
  readonly end: (failure: string | undefined) => void
  done: number
}

export class Transfer {
  readonly blocks: Blocks
  readonly #world: ImagesWorld
  readonly #id: string
  readonly #patience: number
  readonly #riders = new Map<number, Rider>()
  #carousel: Carousel
  #numbers = 0
  #isRunning = false
  /** Of the stream that comes now, or of the pause before the next. */
  #control = new AbortController()
  /** The block that is being written: who leaves waits for it. */
  #writing: Promise<unknown> = Promise.resolve()
  /** Which block was not what the list says, the last time. */
  #wrong: number | undefined

  constructor(world: ImagesWorld, id: string, blocks: Blocks, patience: number) {
    this.#world = world
    this.#id = id
    this.blocks = blocks
    this.#patience = patience
    this.#carousel = newCarousel(blocks.count)
  }

  /** Undefined when the device has all blocks; otherwise why not. Nothing is written to it after that. */
  give(device: Device, { signal, tell }: Pick<Task, 'signal' | 'tell'>): Promise<string | undefined> {
    if (this.blocks.count === 0) return Promise.resolve(undefined)
    this.#numbers += 1
    const number = this.#numbers
    return new Promise((resolve) => {
      const unwanted = (): void => void this.#end(number, 'it was stopped before all of its content was there')
      const end = (failure: string | undefined): void => {
        signal.removeEventListener('abort', unwanted)
        resolve(failure)
      }
      this.#riders.set(number, { device, tell, end, done: 0 })
      this.#carousel = join(this.#carousel, number)
      signal.addEventListener('abort', unwanted, { once: true })
      if (signal.aborted) unwanted()
      if (!this.#isRunning) void this.#run()
    })
  }

  async #run(): Promise<void> {
    this.#isRunning = true
    const { clock } = this.#world
    const patience = patient(clock, this.#patience)
    while (this.#riders.size > 0) {
      this.#control = new AbortController()
      try {
        await this.#stream(patience.came)
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        if (this.#riders.size === 0) break
        const wait = error instanceof SourceGone || error instanceof WrongBlock ? undefined : patience.failed()
        if (wait === undefined) await this.#endAll(`the image ${this.#id} does not come: ${reason}`)
        else await pause(clock, wait, this.#control.signal)
      }
    }
    this.#isRunning = false
  }

  /** From the next block on, until the last or until nobody wants more. */
  async #stream(came: () => void): Promise<void> {
    const { signal } = this.#control
    const buffer = Buffer.allocUnsafe(BLOCK_BYTES)
    let filled = 0
    for await (const chunk of this.#world.source.stream(contentPath(this.#id, this.#carousel.next), signal)) {
      if (signal.aborted) return
      came()
      for (let at = 0; at < chunk.length; ) {
        const { next } = this.#carousel
        const length = this.blocks.length(next)
        const taken = Math.min(length - filled, chunk.length - at)
        buffer.set(chunk.subarray(at, at + taken), filled)
        filled += taken
        at += taken
        if (filled < length) continue
        filled = 0
        if (!this.#isRight(next, buffer.subarray(0, length))) return
        this.#writing = this.#deliver(buffer.subarray(0, length))
        await this.#writing
        if (signal.aborted || this.#carousel.next === 0) return
      }
    }
    throw new Error(`the manager's answer ended at block ${this.#carousel.next} of ${this.blocks.count}`)
  }

  /** A wrong one is fetched once more; it throws when that is wrong, too. */
  #isRight(index: number, bytes: Uint8Array): boolean {
    if (this.blocks.isRight(index, bytes)) {
      this.#wrong = undefined
      return true
    }
    const isAgain = this.#wrong === index
    this.#wrong = isAgain ? undefined : index
    if (isAgain) throw new WrongBlock(`block ${index} (at byte ${this.blocks.at(index)}) was twice not what its list says`)
    return false
  }

  async #deliver(block: Uint8Array): Promise<void> {
    const { next, wanting } = this.#carousel
    const at = this.blocks.at(next)
    const riders = [...wanting.keys()]
    await Promise.all(riders.map((number) => this.#write(number, at, block)))
    const { carousel, done } = passed(this.#carousel, riders)
    this.#carousel = carousel
    for (const number of done) this.#settle(number, undefined)
  }

  async #write(number: number, at: number, block: Uint8Array): Promise<void> {
    const rider = this.#riders.get(number)
    if (!rider) return
    try {
      await rider.device.write(at, block)
      rider.done += 1
      rider.tell({ phase: 'image', done: rider.done, total: this.blocks.count, unit: 'MiB' })
    } catch (error) {
      this.#settle(number, `it cannot be written at byte ${at}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  async #endAll(failure: string): Promise<void> {
    for (const number of [...this.#riders.keys()]) await this.#end(number, failure)
  }

  async #end(number: number, failure: string): Promise<void> {
    await this.#writing
    this.#settle(number, failure)
  }

  #settle(number: number, failure: string | undefined): void {
    const rider = this.#riders.get(number)
    if (!rider) return
    this.#riders.delete(number)
    this.#carousel = leave(this.#carousel, number)
    rider.end(failure)
    if (this.#riders.size === 0) this.#control.abort()
  }
}

class WrongBlock extends Error {}
