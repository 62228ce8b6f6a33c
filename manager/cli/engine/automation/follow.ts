// Follows automations until they have ended or wait for a person: redrawn on a terminal, a line for each piece of news in a pipe.
import type { AutomationDetail } from '../../../contract/automations.ts'
import type { World } from '../answer.ts'
import type { PoolApi } from '../api/calls.ts'
import { Unreachable } from '../api/client.ts'
import { inBatches } from '../batches.ts'
import { oneLine } from '../output/text.ts'
import { Bell, pause } from '../watch/bell.ts'
import { listen, untilStopped } from '../watch/listening.ts'
import { type Look, newsOf, progressLine, stepLines } from './lines.ts'

export interface Followed {
  /** As lines call it. */
  readonly name: string
  readonly id: string
}

/** Milliseconds: between two looks; until the next without news, with and without a stream of events; until a line is drawn anew. */
const PERIODS = { least: 250, told: 30_000, untold: 2000, drawn: 1000 } as const

export interface Following {
  readonly api: PoolApi
  readonly world: Pick<World, 'out' | 'err'>
  /** `nothing`: a program reads what comes at the end. */
  readonly show: 'lines' | 'nothing'
}

/** What is known of each when all are over, or when somebody does not want to wait any more. */
export async function follow(ones: readonly Followed[], { api, world, show }: Following): Promise<ReadonlyMap<string, AutomationDetail>> {
  const views = new Map<string, AutomationDetail>()
  const drawing = show === 'nothing' ? SILENT : world.out.rows === undefined ? inPipe(world) : onTerminal(world)
  const bell = new Bell()
  const ids = new Set(ones.map(({ id }) => id))
  const work = async (stop: AbortSignal): Promise<void> => {
    const heard = listen(api, (event) => event.kind === 'automation' && ids.has(event.automation), bell, stop)
    let asked = Number.NEGATIVE_INFINITY
    let how: 'rung' | 'late' = 'rung'
    while (!stop.aborted) {
      if (how === 'rung' || Date.now() - asked >= (heard.isTold ? PERIODS.told : PERIODS.untold)) {
        asked = Date.now()
        await look(ones, api, views).catch((error: unknown) => {
          if (!(error instanceof Unreachable)) throw error
          asked = Number.NEGATIVE_INFINITY
          drawing.trouble(error.message)
        })
      }
      drawing.draw(ones, views)
      if (ones.every(({ id }) => isOver(views.get(id)))) return
      await pause(PERIODS.least, stop)
      how = await bell.rung(PERIODS.drawn, stop)
    }
  }
  await untilStopped(work, () => bell.ring())
  return views
}

export function isOver(view: AutomationDetail | undefined): boolean {
  return view !== undefined && (view.ended !== undefined || view.state === 'needs-operator')
}

async function look(ones: readonly Followed[], api: PoolApi, views: Map<string, AutomationDetail>): Promise<void> {
  const open = ones.filter(({ id }) => views.get(id)?.ended === undefined)
  const seen = await inBatches(open, ({ id }) => api.automations.show({ id }))
  for (const view of seen) views.set(view.id, view)
}

interface Drawing {
  draw(ones: readonly Followed[], views: ReadonlyMap<string, AutomationDetail>): void
  trouble(text: string): void
}

const SILENT: Drawing = { draw: () => undefined, trouble: () => undefined }

function onTerminal({ out }: Pick<World, 'out'>): Drawing {
  let [drawn, trouble] = [0, '']
  return {
    draw(ones, views) {
      const { columns = 80, rows = 24, unicode = false } = out
      const look: Look = { now: Date.now(), columns: columns - 1, rows, unicode }
      const lines = [...linesOf(ones, views, look), ...(trouble === '' ? [] : [oneLine(trouble).slice(0, columns - 1)])]
      trouble = ''
      out.write(`${drawn > 0 ? `\u001b[${drawn}A` : ''}${lines.map((line) => `\r${line}\u001b[K\n`).join('')}\u001b[J`)
      drawn = lines.length
    },
    trouble: (text) => {
      trouble = text
    },
  }
}

function linesOf(ones: readonly Followed[], views: ReadonlyMap<string, AutomationDetail>, look: Look): readonly string[] {
  const [first] = ones
  const only = ones.length === 1 && first ? views.get(first.id) : undefined
  if (only) return stepLines(only, look)
  const width = Math.max(0, ...ones.map(({ name }) => name.length))
  const lines = ones.flatMap(({ name, id }) => {
    const view = views.get(id)
    return view ? [{ isOver: isOver(view), text: progressLine(name, view, look, width) }] : []
  })
  const room = Math.max(1, look.rows - 2)
  if (lines.length <= room) return lines.map(({ text }) => text)
  const open = lines.filter((line) => !line.isOver)
  const shown = open.slice(0, room - 1)
  return [...shown.map(({ text }) => text), `${lines.length - open.length} have ended, ${open.length - shown.length} more are open`]
}

function inPipe({ out, err }: Pick<World, 'out' | 'err'>): Drawing {
  const told = new Map<string, Map<string, string>>()
  let said = ''
  return {
    draw(ones, views) {
      for (const { name, id } of ones) {
        const view = views.get(id)
        const known = told.get(id) ?? new Map<string, string>()
        told.set(id, known)
        for (const line of view ? newsOf(name, view, known) : []) out.write(`${line}\n`)
      }
    },
    trouble(text) {
      if (text !== said) err.write(`${oneLine(text)}\n`)
      said = text
    },
  }
}
