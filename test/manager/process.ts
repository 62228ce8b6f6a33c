// A manager as a process of its own, to be killed, and what is on its disk, read beside it.
import { type ChildProcess, spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { openPool, type Pool } from '../../manager/hosts/service.ts'
import { openStore } from '../../manager/store/database.ts'
import { sqlite } from '../../manager/store/dialects/sqlite.ts'
import { databasePath } from '../../manager/store/files.ts'
import { collectingLog } from '../appliance/wire/collecting-log.ts'
import { hostless } from '../program.ts'

export interface ManagerProcess {
  readonly child: ChildProcess
  readonly ready: Promise<void>
  /** All that it has logged. */
  said(): string
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null>
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}

/** Written to `folder`; `dataDir` may be another. */
export async function writeConfig(folder: string, dataDir: string, port: number): Promise<string> {
  const file = join(folder, 'hostless.yaml')
  const text = `dataDir: ${dataDir}\nnetwork: { interface: lo, address: 127.0.0.1/8 }\ndhcp: { mode: off }\nboot: { enrol: auto }\nmanager: { listen: "127.0.0.1:${port}" }\n`
  await writeFile(file, text)
  return file
}

export function startProcess(t: ExecutionContext, config: string): ManagerProcess {
  const [node, ...args] = hostless('manager', '--config', config)
  const child = spawn(node, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const ready = new Promise<void>((resolve, reject) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8')
      if (said.includes('manager ready')) resolve()
    })
    child.on('exit', () => reject(new Error(`the manager ended: ${said}`)))
  })
  t.teardown(() => child.kill('SIGKILL'))
  return {
    child,
    ready,
    said: () => said,
    kill: (signal) => {
      child.kill(signal)
      return ended
    },
  }
}

export async function onDisk<Value>(dataDir: string, look: (pool: Pool) => Promise<Value> | Value): Promise<Value> {
  const store = await openStore(sqlite(databasePath(dataDir)))
  try {
    return await look(await openPool({ store, now: Date.now, elapsed: () => 0, lostAfter: 1, log: collectingLog().log }))
  } finally {
    await store.close()
  }
}
