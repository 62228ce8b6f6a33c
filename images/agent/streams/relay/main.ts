// A relay as a process of its own: `agent.mjs --relay FOLDER [XL]`. It outlives the agent that has started it, is ended by its own
// clocks, and says nothing on stdout, which is xl's.
import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, renameSync, rmSync, watch, writeFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { ENVIRONMENT } from '../../exec.ts'
import { RECEIVED } from '../../guests/moving.ts'
import { streamPlaces } from '../places.ts'
import { readPlan, type Status } from '../status.ts'
import { saysSuspended } from '../xl-talk.ts'
import { identityOf } from './identity.ts'
import { relaySource } from './source.ts'
import { type Receiver, relayTarget } from './target.ts'

/** Of xl's lines, more than the longest. */
const LINE = 512

/** Resolves with the exit code. */
export async function runRelay(folder: string, xl = 'xl'): Promise<number> {
  const places = streamPlaces(basename(folder), dirname(folder))
  const plan = readPlan(readFileSync(places.plan, 'utf8'))
  if (!plan) throw new Error(`${places.plan}: it is no plan of a stream`)
  const identity = identityOf(readFileSync(places.key, 'utf8'))
  rmSync(places.key)
  const save = (status: Status): void => {
    try {
      writeFileSync(`${places.status}.new`, `${JSON.stringify({ ...status, pid: process.pid })}\n`, { mode: 0o600 })
      renameSync(`${places.status}.new`, places.status)
    } catch {
      // The folder is gone: the stream was ended for good.
    }
  }
  const common = { identity, control: places.control, save }
  const ended =
    plan.end === 'target'
      ? await relayTarget({ ...common, plan, receive: () => receiveBy([xl, 'migrate-receive'], plan.guest, places.said) })
      : await relaySource({
          ...common,
          plan,
          xl: { input: process.stdin, output: process.stdout },
          onSuspended: (action) => whenSuspended(places.said, action),
        })
  return ended.phase === 'gone' ? 0 : 1
}

/** Also the xl that stays for the guest's reboots is told from others by that. */
function receiveBy([program, ...args]: readonly [string, ...string[]], guest: string, said: string): Receiver {
  const words = openSync(said, 'a', 0o600)
  const child = spawn(program, args, { env: { ...ENVIRONMENT, [RECEIVED]: guest }, stdio: ['pipe', 'pipe', words], detached: true })
  closeSync(words)
  const { stdin: input, stdout: output } = child
  if (!input || !output) throw new Error(`${program} has no pipes`)
  return {
    input,
    output,
    ended: new Promise((resolve) => {
      child.on('error', () => resolve())
      // Not `close`: the xl that stays holds on to what it was given.
      child.on('exit', () => setImmediate(resolve))
    }),
    kill: () => void child.kill('SIGKILL'),
  }
}

/** xl's words come into a file, which this reads along. */
function whenSuspended(path: string, action: () => void): () => void {
  let isDone = false
  let from = 0
  const look = (): void => {
    if (isDone) return
    const said = readFileSync(path, 'latin1')
    // A line may come in two parts.
    const isSaid = saysSuspended(said.slice(Math.max(0, from - LINE)))
    from = said.length
    if (!isSaid) return
    isDone = true
    watcher.close()
    action()
  }
  const watcher = watch(path, look)
  look()
  return () => {
    isDone = true
    watcher.close()
  }
}
