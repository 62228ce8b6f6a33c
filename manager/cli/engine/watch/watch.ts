// `--watch`: shows an answer again whenever the manager tells of a change, at most once a second; without events it asks now and then.
import type { PoolEvent } from '../../../contract/events.ts'
import { type Answer, textOf, type World } from '../answer.ts'
import type { PoolApi } from '../api/calls.ts'
import { Unreachable } from '../api/client.ts'
import { CommandFailure } from '../failure.ts'
import { renderJsonLine } from '../output/formats.ts'
import { isTable, type OutputFormat } from '../output/output.ts'
import { type Shape, shaped } from '../output/shape.ts'
import { oneLine } from '../output/text.ts'
import { Bell, pause } from './bell.ts'
import { between, ENTER_SCREEN, frameOf, LEAVE_SCREEN, linesOf, scrolledTo, TOP } from './frame.ts'
import { scrolled, typedAt } from './keys.ts'
import { type Heard, listen, untilStopped } from './listening.ts'

/** Milliseconds: between two answers; until the next when no event comes, with and without a stream of events; until it is tried again. */
const PERIODS = { least: 1000, told: 60_000, untold: 5000, again: 3000 } as const

interface Watched {
  readonly load: () => Promise<Answer>
  readonly api: PoolApi
  readonly world: Pick<World, 'out' | 'err'>
  readonly output: OutputFormat
  readonly shape: Shape
  readonly changes: ReadonlySet<PoolEvent['kind']>
  readonly title: string
}

/** Until SIGINT, SIGTERM or SIGHUP. Rejects when the manager refuses. */
export async function watchAnswers(watched: Watched): Promise<void> {
  const bell = new Bell()
  const { api, changes, world, output } = watched
  const work = async (stop: AbortSignal): Promise<void> => {
    const show = isTable(output) && world.out.rows !== undefined ? onScreen(watched) : inPipe(watched)
    const heard = listen(api, ({ kind }) => changes.has(kind), bell, stop)
    try {
      await refresh(watched, show, heard, bell, stop)
    } finally {
      show.end()
    }
  }
  await untilStopped(work, () => bell.ring())
}

async function refresh({ load }: Watched, show: Show, heard: Heard, bell: Bell, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    const answer = await load().catch((error: unknown) => {
      if (error instanceof Unreachable) return error
      throw error
    })
    if (stop.aborted) return
    show.answer(answer)
    await pause(PERIODS.least, stop)
    const longest = answer instanceof Unreachable ? PERIODS.again : heard.isTold ? PERIODS.told : PERIODS.untold
    await bell.rung(longest, stop)
  }
}

interface Show {
  answer(answer: Answer | Unreachable): void
  end(): void
}

function onScreen({ world: { out }, title, output, shape }: Watched): Show {
  let [text, status, view] = ['', title, TOP]
  const rows = (): number => out.rows ?? 24
  const draw = (): void => out.write(frameOf(status, text, rows(), view))
  out.write(ENTER_SCREEN)
  const leave = typedAt(process.stdin, (key) => {
    // As at a terminal that is not raw: whoever waits for the signal hears it.
    if (key === 'leave') return void process.kill(process.pid, 'SIGINT')
    view = scrolled(view, key, linesOf(text).length, rows())
    draw()
  })
  return {
    answer(answer) {
      if (!(answer instanceof CommandFailure)) {
        text = `${textOf(answer, output, out, shape)}${noteOf(answer)}`
        view = scrolledTo({ ...view, pinned: headingsOf(answer, shape) }, linesOf(text).length, rows())
      }
      const state = answer instanceof CommandFailure ? answer.message : 'Ctrl-C ends'
      status = `${title}   ${new Date().toTimeString().slice(0, 8)}   ${state}`
      draw()
    },
    end() {
      leave()
      out.write(LEAVE_SCREEN)
    },
  }
}

/** Lines at the top that say what stands below. */
function headingsOf({ report: { sections }, table }: Answer, { isBare }: Shape): number {
  const [only, ...others] = sections
  return !isBare && !table && others.length === 0 && only?.shape === 'list' && only.rows.length > 0 ? 1 : 0
}

/** One document each time it says something else. */
function inPipe({ world: { out, err }, output, shape }: Watched): Show {
  let [before, said] = ['', '']
  return {
    answer(answer) {
      const trouble = answer instanceof CommandFailure ? `${oneLine(answer.message)}\n` : noteOf(answer)
      if (trouble !== said && trouble !== '') err.write(trouble)
      said = trouble
      if (answer instanceof CommandFailure) return
      const text = output === 'json' ? renderJsonLine(shaped(answer.report, shape)) : textOf(answer, output, out, shape)
      if (text === before) return
      out.write(`${before === '' ? '' : between(output)}${text}`)
      before = text
    },
    end: () => undefined,
  }
}

function noteOf({ missing = [], alert }: Answer): string {
  const lines = [...(missing.length > 0 ? [`there is no ${missing.join(', ')}`] : []), ...(alert ? [alert] : [])]
  return lines.map((line) => `${oneLine(line)}\n`).join('')
}
