// Files for the browser: our own, and those of libraries as they are published. Each has its content's hash in its address.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Response } from 'express'
import { sendKept } from './packed.ts'

export interface Asset {
  readonly path: string
  /** With the version of its content: to be kept for ever. */
  readonly address: string
  readonly type: string
  readonly content: Buffer
  readonly tag: string
}

interface Source {
  readonly from: 'own' | 'library'
  readonly file: string
  /** Its name below /assets. */
  readonly served: string
}

const SOURCES: Readonly<Record<string, Source>> = {
  style: { from: 'own', file: 'page.css', served: 'page.css' },
  live: { from: 'own', file: 'live.js', served: 'live.js' },
  script: { from: 'own', file: 'page.js', served: 'page.js' },
  icon: { from: 'own', file: 'icon.svg', served: 'icon.svg' },
  htmx: { from: 'library', file: 'htmx.org/dist/htmx.min.js', served: 'htmx.js' },
  charts: { from: 'own', file: 'charts.js', served: 'charts.js' },
  uplot: { from: 'library', file: 'uplot/dist/uPlot.iife.min.js', served: 'uplot.js' },
  uplotStyle: { from: 'library', file: 'uplot/dist/uPlot.min.css', served: 'uplot.css' },
  terminal: { from: 'own', file: 'terminal.js', served: 'terminal.js' },
  xterm: { from: 'library', file: '@xterm/xterm/lib/xterm.mjs', served: 'xterm.js' },
  xtermFit: { from: 'library', file: '@xterm/addon-fit/lib/addon-fit.mjs', served: 'xterm-fit.js' },
  xtermStyle: { from: 'library', file: '@xterm/xterm/css/xterm.css', served: 'xterm.css' },
}

const TYPES: Readonly<Record<string, string>> = { css: 'text/css', js: 'text/javascript', svg: 'image/svg+xml' }

/** By its name in templates. `folder`: our own. Rejects when one is missing. */
export async function readAssets(folder: string): Promise<ReadonlyMap<string, Asset>> {
  const { resolve } = createRequire(import.meta.url)
  const read = async ([name, { from, file, served }]: readonly [string, Source]): Promise<readonly [string, Asset]> => {
    const content = await readFile(from === 'own' ? join(folder, file) : resolve(file))
    const tag = createHash('sha256').update(content).digest('base64url').slice(0, 16)
    const path = `/assets/${served}`
    return [name, { path, address: `${path}?v=${tag}`, type: TYPES[served.slice(served.lastIndexOf('.') + 1)] ?? '', content, tag }]
  }
  return new Map(await Promise.all(Object.entries(SOURCES).map(read)))
}

/** Open to all: there is nothing in them that the repository, or the library, does not have. `version`: what the address asked for. */
export async function sendAsset(
  { type, content, tag }: Asset,
  version: string | null,
  held: string | undefined,
  response: Response,
): Promise<void> {
  const isCurrent = version === tag
  response.set({ 'Cache-Control': isCurrent ? 'public, max-age=31536000, immutable' : 'no-cache', ETag: `"${tag}"` })
  if (held === `"${tag}"`) return void response.status(304).end()
  return sendKept(response.type(type), content)
}
