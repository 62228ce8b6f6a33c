// Images that are read through, one after the other: what was found of each since this manager runs.
import type { Log } from '../../appliance/wire/log.ts'
import type { Done } from '../outcome.ts'
import type { ImageFolder } from './files/folder.ts'
import type { CheckNews } from './news.ts'

export interface Check {
  readonly state: 'running' | 'good' | 'damaged'
  readonly findings: readonly string[]
  readonly at: number
}

export interface ChecksOptions {
  readonly folder: Pick<ImageFolder, 'verify'>
  readonly now: () => number
  readonly log: Log
  readonly tell: (news: CheckNews) => void
}

interface Asked {
  readonly image: string
  /** Read with it, and told of as one: the initrd of a kernel. */
  readonly also?: string
  readonly name: string
  readonly by: string
}

interface Open extends Asked {
  readonly stop: AbortController
}

const MOST_CHECKS = 1000

export class Checks {
  readonly #options: ChecksOptions
  readonly #checks = new Map<string, Check>()
  readonly #open = new Map<string, Open>()
  #checking: Promise<void> = Promise.resolve()

  constructor(options: ChecksOptions) {
    this.#options = options
  }

  /** Of the image with this id. */
  of(image: string): Check | undefined {
    return this.#checks.get(image)
  }

  /** Nothing new where it is asked for already. */
  begin(asked: Asked): void {
    if (this.#open.has(asked.image)) return
    const one = { ...asked, stop: new AbortController() }
    this.#open.set(asked.image, one)
    this.#note(asked.image, { state: 'running', findings: [], at: this.#options.now() })
    this.#tell(one, { kind: 'queued' })
    this.#checking = this.#checking.then(() => this.#check(one))
  }

  /** What was found of it before is not known any more. */
  cancel(image: string, who: string): Done<null> {
    const one = this.#open.get(image)
    if (!one) return { kind: 'refused', reason: 'it has ended' }
    one.stop.abort()
    this.#open.delete(image)
    this.#checks.delete(image)
    this.#tell(one, { kind: 'cancelled', reason: `${who} has cancelled it` })
    return { kind: 'done', value: null }
  }

  /** The image is gone. */
  forget(image: string): void {
    this.#checks.delete(image)
  }

  async #check(one: Open): Promise<void> {
    const { folder, now, log } = this.#options
    const { image, also, stop } = one
    if (stop.signal.aborted) return
    this.#tell(one, { kind: 'begun' })
    const onProgress = (done: number, total: number) => {
      if (!stop.signal.aborted) this.#tell(one, { kind: 'under way', phase: 'read', done, total })
    }
    const verify = async (id: string) => folder.verify(id, { signal: stop.signal, onProgress })
    const read = async () => [...(await verify(image)), ...(also === undefined ? [] : await verify(also))]
    const findings = await read().catch((error: unknown) => {
      if (!stop.signal.aborted) log.error({ image, error }, 'an image could not be verified')
      return ['it could not be read: the manager’s log says why']
    })
    if (stop.signal.aborted) return
    this.#open.delete(image)
    if (findings.length > 0) log.error({ image, findings }, 'an image is damaged')
    this.#note(image, { state: findings.length === 0 ? 'good' : 'damaged', findings, at: now() })
    this.#tell(one, findings.length === 0 ? { kind: 'done' } : { kind: 'failed', reason: `it is damaged: ${findings.join('; ')}` })
  }

  #tell({ image, name, by }: Asked, stage: CheckNews['stage']): void {
    this.#options.tell({ kind: 'check', image, name, by, stage })
  }

  #note(image: string, check: Check): void {
    this.#checks.delete(image)
    this.#checks.set(image, check)
    const [oldest] = this.#checks.keys()
    if (this.#checks.size > MOST_CHECKS && oldest !== undefined) this.#checks.delete(oldest)
  }
}
