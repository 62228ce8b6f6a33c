// Keeps the long requests of this host in RAM, where the next agent finds them: a record a job, and beside it what its programs say.
import { createHash } from 'node:crypto'
import type { AnswerBody } from '../../../manager/protocol/requests.ts'
import { LostProgram, type Task } from '../requests/task.ts'
import type { Files } from '../requests/world.ts'
import type { Job, Jobs, KeptJob } from './job.ts'
import { follow, type ProgramFiles, type ProgramsWorld, prepare } from './programs.ts'
import { decodeJob, encodeJob, type JobRecord } from './record.ts'

export interface BookWorld extends ProgramsWorld {
  readonly files: Files
}

/** `folder`: of nobody else. What agents before this one have left there is known to it. */
export async function openJobBook(world: BookWorld, folder: string): Promise<Jobs & { readonly kept: readonly KeptJob[] }> {
  const names = await world.backend.list(folder)
  const records = new Map<string, JobRecord>()
  const unreadable = new Set<string>()
  for (const name of names.filter((one) => RECORD.test(one))) {
    const record = decodeJob((await world.backend.read(`${folder}/${name}`)) ?? '')
    if (record && nameOf(record.id) === name) records.set(record.id, record)
    else unreadable.add(name)
  }
  const known = new Set([...unreadable, ...[...records.keys()].map(nameOf)].map(stemOf))
  // What belongs to no job any more.
  for (const name of names) if (!known.has(stemOf(name))) await world.files.remove(`${folder}/${name}`)
  return new JobBook(world, folder, records, unreadable)
}

const RECORD = /^[0-9a-f]{32}\.json$/

class JobBook implements Jobs {
  readonly kept: readonly KeptJob[]
  readonly #world: BookWorld
  readonly #folder: string
  readonly #records: Map<string, JobRecord>
  /** Files of jobs that an agent of another version has begun. */
  readonly #unreadable: ReadonlySet<string>
  #writing: Promise<unknown> = Promise.resolve()

  constructor(world: BookWorld, folder: string, records: Map<string, JobRecord>, unreadable: ReadonlySet<string>) {
    this.#world = world
    this.#folder = folder
    this.#records = records
    this.#unreadable = unreadable
    this.kept = [...records.values()].map(({ id, asked, request, answer }) => ({ id, asked, request, answer }))
  }

  async begin(job: Job, watched: Pick<Task, 'signal' | 'tell'>): Promise<Task['run']> {
    const { id, asked, request } = job
    if (this.#unreadable.has(nameOf(id))) throw new LostProgram('an agent of another version has begun it')
    if (!this.#records.has(id)) await this.#write({ id, asked, request, programs: {} })
    return async (step, command, lasting) => {
      const at = this.#filesOf(id, step)
      const before = this.#records.get(id)?.programs[step]
      if (before) return follow(this.#world, command, before, at, lasting, watched)
      const prepared = await prepare(this.#world, command, at)
      try {
        const { programs } = this.#records.get(id) ?? { programs: {} }
        await this.#write({ id, asked, request, programs: { ...programs, [step]: prepared.started } })
      } catch (error) {
        prepared.drop()
        throw error
      }
      prepared.go()
      return follow(this.#world, command, prepared.started, at, lasting, watched)
    }
  }

  async end(id: string, answer: AnswerBody): Promise<void> {
    const record = this.#records.get(id)
    if (!record) return
    await this.#write({ ...record, answer })
    await this.#removeWords(record)
  }

  async forget(id: string): Promise<void> {
    const record = this.#records.get(id)
    if (!record) return
    this.#records.delete(id)
    await this.#inTurn(() => this.#world.files.remove(`${this.#folder}/${nameOf(id)}`))
    await this.#removeWords(record)
  }

  async #write(record: JobRecord): Promise<void> {
    this.#records.set(record.id, record)
    await this.#inTurn(() => this.#world.files.write(`${this.#folder}/${nameOf(record.id)}`, encodeJob(record), 0o600))
  }

  #inTurn(act: () => Promise<void>): Promise<void> {
    const done = this.#writing.then(act)
    this.#writing = done.catch(() => undefined)
    return done
  }

  async #removeWords({ id, programs }: JobRecord): Promise<void> {
    for (const step of Object.keys(programs)) {
      const { out, err, status } = this.#filesOf(id, step)
      for (const path of [out, err, status]) await this.#world.files.remove(path)
    }
  }

  #filesOf(id: string, step: string): ProgramFiles {
    const stem = `${this.#folder}/${stemOf(nameOf(id))}.${step}`
    return { out: `${stem}.out`, err: `${stem}.err`, status: `${stem}.status` }
  }
}

/** An id may have anything in it. */
function nameOf(id: string): string {
  return `${createHash('sha256').update(id).digest('hex').slice(0, 32)}.json`
}

function stemOf(name: string): string {
  return name.slice(0, 32)
}
