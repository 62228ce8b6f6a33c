// Follows automations until they have ended or wait for a person: redrawn on a terminal, a line for each piece of news in a pipe.
import type { AutomationDetail } from '../../../contract/automations.ts'
import type { World } from '../answer.ts'
import type { PoolApi } from '../api/calls.ts'
import { inBatches } from '../batches.ts'
import { oneLine } from '../output/text.ts'
import { followUntilOver, redrawing, sayingOnce } from '../watch/following.ts'
import { type Look, newsOf, progressLine, stepLines } from './lines.ts'

export interface Followed {
  /** As lines call it. */
  readonly name: string
  readonly id: string
}

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
  const ids = new Set(ones.map(({ id }) => id))
  await followUntilOver(api, {
    isNews: (event) => event.kind === 'automation' && ids.has(event.automation),
    look: () => look(ones, api, views),
    draw: () => drawing.draw(ones, views),
    trouble: drawing.trouble,
    isOver: () => ones.every(({ id }) => isOver(views.get(id))),
  })
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
  let trouble = ''
  const redraw = redrawing({ out })
  return {
    draw(ones, views) {
      const { columns = 80, rows = 24, unicode = false } = out
      const look: Look = { now: Date.now(), columns: columns - 1, rows, unicode }
      redraw([...linesOf(ones, views, look), ...(trouble === '' ? [] : [oneLine(trouble).slice(0, columns - 1)])])
      trouble = ''
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
  return {
    draw(ones, views) {
      for (const { name, id } of ones) {
        const view = views.get(id)
        const known = told.get(id) ?? new Map<string, string>()
        told.set(id, known)
        for (const line of view ? newsOf(name, view, known) : []) out.write(`${line}\n`)
      }
    },
    trouble: sayingOnce({ err }),
  }
}
