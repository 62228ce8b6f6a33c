// The process that serves a rack, and how much it has read: what a test of something that happens while a host reads waits for.

import { readFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { execa } from 'execa'
import type { Appliance } from './appliance.ts'

const READ_MS = 300_000

/** The child of `hostless up`, once there is one. */
export async function servingPid({ pid }: Pick<Appliance, 'pid'>): Promise<number> {
  const until = Date.now() + READ_MS
  for (;;) {
    const { stdout } = await execa('pgrep', ['-P', String(pid), '-f', 'main.js appliance'], { reject: false })
    if (stdout !== '') return Number(stdout)
    if (Date.now() > until) throw new Error(`process ${pid} has started no appliance within ${READ_MS / 1000} s`)
    await pause(50)
  }
}

/** All that a process has read so far, files and sockets alike; 0 when it is gone. */
export async function bytesRead(pid: number): Promise<number> {
  const io = await readFile(`/proc/${pid}/io`, 'utf8').catch(() => '')
  return Number(/^rchar: (\d+)$/m.exec(io)?.[1] ?? 0)
}

/** Resolves once the process has read so many bytes more. */
export async function untilRead(pid: number, bytes: number): Promise<void> {
  const start = await bytesRead(pid)
  const until = Date.now() + READ_MS
  while ((await bytesRead(pid)) - start < bytes) {
    if (Date.now() > until) throw new Error(`process ${pid} has not read ${bytes} bytes within ${READ_MS / 1000} s`)
    await pause(50)
  }
}
