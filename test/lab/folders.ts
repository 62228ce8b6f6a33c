// Where the lab keeps things: `.lab/` in the project (git-ignored) and, for what a running rack needs, `/run`.

import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

export const PROJECT = join(import.meta.dirname, '../..')
export const LAB = join(PROJECT, '.lab')
export const RUNS = join(LAB, 'runs')
export const KEY_FILE = join(LAB, 'ssh/id_ed25519')

const RUNS_KEPT = 5

/** Sockets live here: their paths are limited to 107 bytes. Only root may look inside. */
export function runtimeFolder(namespace: string): string {
  return join('/run', namespace)
}

/** The default suite's images are in `.lab/data`, another suite's in `.lab/data-<suite>`. */
export function dataFolder(suite: string): string {
  return join(LAB, suite === 'trixie' ? 'data' : `data-${suite}`)
}

/** `20261120-104512-4711-1a2b`: sorts by time, names the process. */
export function runName(now: Date, pid: number, random: string): string {
  const digits = now.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15)
  return `${digits}-${pid}-${random}`
}

/** Makes the folder of a new run and removes the oldest ones of labs that have ended. */
export async function makeRunFolder(): Promise<string> {
  await mkdir(RUNS, { recursive: true })
  for (const name of staleRuns(await readdir(RUNS), (pid) => existsSync(`/proc/${pid}`))) {
    await rm(join(RUNS, name), { recursive: true, force: true })
  }
  const folder = join(RUNS, runName(new Date(), process.pid, randomUUID().slice(0, 4)))
  await mkdir(folder)
  return folder
}

/** All but the newest few, and none of a lab that still runs. */
export function staleRuns(names: readonly string[], alive: (pid: number) => boolean): readonly string[] {
  const runs = names.filter((name) => /^\d{8}-\d{6}-\d+-\w+$/.test(name)).sort()
  return runs.slice(0, Math.max(runs.length - RUNS_KEPT + 1, 0)).filter((name) => !alive(Number(name.split('-')[2])))
}
