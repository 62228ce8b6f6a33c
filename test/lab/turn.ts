// Loaded by AVA before each file of the lab's tests, which run two at a time where both have but one emulated server on at a time: that keeps
// one core busy. Every other file has the computer for itself.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { Socket } from 'node:net'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { LAB } from './folders.ts'

/** Resolves when it is this file's turn, which is over when this process is. `pairs`: names of files that run beside each other. */
export default async function waitTurn(pairs: readonly string[]): Promise<void> {
  await mkdir(LAB, { recursive: true })
  const kind = pairs.includes(basename(fileURLToPath(test.meta.file))) ? '--shared' : '--exclusive'
  const holder = spawn('flock', [kind, join(LAB, 'turn'), 'sh', '-c', 'echo; exec cat'], { stdio: ['pipe', 'pipe', 'inherit'] })
  await Promise.race([once(holder.stdout, 'data'), failed(holder)])
  // It ends, and the lock with it, once nobody can write to it any more.
  holder.stdout.destroy()
  if (holder.stdin instanceof Socket) holder.stdin.unref()
  holder.unref()
}

function failed(holder: ReturnType<typeof spawn>): Promise<never> {
  return new Promise((_, reject) => {
    holder.once('error', reject)
    holder.once('exit', (code) => reject(new Error(`flock of .lab/turn ended with ${code}`)))
  })
}
