// Shows boots as they go on: redrawn in place on a terminal, a line an event elsewhere.

import type { Boot } from './boots.ts'
import { progressLines, progressNews } from './progress.ts'

export interface Display {
  update(boots: readonly Boot[]): void
  close(): void
}

const REDRAW_MS = 200

export function openDisplay(start: readonly Boot[], out: NodeJS.WriteStream): Display {
  let boots = start
  if (!out.isTTY) {
    return {
      update(next) {
        for (const line of progressNews(boots, next)) out.write(`${line}\n`)
        boots = next
      },
      close: () => undefined,
    }
  }
  let drawn = 0
  const draw = () => {
    const lines = progressLines(boots, Date.now(), out.columns || 80)
    out.write(`${drawn > 0 ? `\x1b[${drawn}A` : ''}${lines.map((line) => `\x1b[2K${line}\n`).join('')}`)
    drawn = lines.length
  }
  draw()
  const timer = setInterval(draw, REDRAW_MS)
  return {
    update(next) {
      boots = next
      draw()
    },
    close() {
      clearInterval(timer)
      draw()
    },
  }
}
