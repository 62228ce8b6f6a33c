// The one connection to a dom0 that the lab's commands share, as long as that dom0 runs.

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { holdingArguments, type Line, type SharedBy, type SshAccess, sharingArguments } from './ssh.ts'

export class SshLine implements Line {
  readonly #access: SshAccess
  readonly #address: string
  readonly #by: SharedBy
  #holder: ChildProcess | undefined

  /** `socket`: a path in a folder that goes with the rack. */
  constructor(access: SshAccess, address: string, socket: string) {
    this.#access = access
    this.#address = address
    this.#by = { socket }
  }

  /** How to run a command there, once there is a connection or none could be made: it says why then. Waits for `mostMs` at most. */
  async ready(argv: readonly string[], mostMs: number): Promise<readonly string[]> {
    const { namespace, keyFile } = this.#access
    if (!this.#holder) {
      rmSync(this.#by.socket, { force: true })
      const holding = holdingArguments(this.#by, keyFile, this.#address)
      const holder = spawn('ip', ['netns', 'exec', namespace, ...holding], { stdio: 'ignore' })
      this.#holder = holder
      const gone = () => {
        if (this.#holder === holder) this.#holder = undefined
      }
      holder.once('exit', gone).once('error', gone)
      holder.unref()
    }
    const until = Date.now() + mostMs
    while (this.#holder && !existsSync(this.#by.socket) && Date.now() < until) await pause(50)
    return sharingArguments(this.#by, keyFile, this.#address, argv)
  }

  /** What it led to is gone, and says no word of that itself. */
  drop(): void {
    this.#holder?.kill('SIGKILL')
    this.#holder = undefined
  }
}
