// SSH into a node's dom0 with the lab's own key, from inside the rack's namespace.

import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { execa } from 'execa'
import { type Ran, runInNamespace } from './namespace.ts'

/** ssh's own exit code for "no connection"; a command that exits with it is taken for one, too. */
const NO_CONNECTION = 255

export interface SshAccess {
  readonly namespace: string
  readonly keyFile: string
}

/** Host keys are made anew at each boot of a node that has no disk, so they are not remembered. */
export function sshArguments(keyFile: string, address: string, argv: readonly string[]): readonly string[] {
  const settings = {
    StrictHostKeyChecking: 'no',
    UserKnownHostsFile: '/dev/null',
    IdentitiesOnly: 'yes',
    BatchMode: 'yes',
    ConnectTimeout: '20',
    ServerAliveInterval: '5',
    LogLevel: 'ERROR',
  }
  const options = Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`])
  return ['ssh', '-F', 'none', '-i', keyFile, ...options, `root@${address}`, ...argv.map(quote)]
}

/** ssh joins its arguments for a shell at the other end: each one is quoted so that it arrives as it is. */
export function quote(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`
}

/** Makes the key pair once; the public key is in `<keyFile>.pub`. */
export async function ensureKey(keyFile: string): Promise<string> {
  if (!existsSync(keyFile)) {
    await mkdir(dirname(keyFile), { recursive: true, mode: 0o700 })
    await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'hostless-lab', '-f', keyFile])
  }
  return readFile(`${keyFile}.pub`, 'utf8')
}

/** A path of a socket that commands share a connection by; short, as it is a socket's. */
export interface SharedBy {
  readonly socket: string
}

/** As `sshArguments`, over a connection that is there; without one, by one of its own. */
export function sharingArguments({ socket }: SharedBy, keyFile: string, address: string, argv: readonly string[]): readonly string[] {
  const [program = '', ...rest] = sshArguments(keyFile, address, argv)
  return [program, '-S', socket, '-o', 'ControlMaster=no', ...rest]
}

/** Holds the connection that the others share, until it ends. */
export function holdingArguments({ socket }: SharedBy, keyFile: string, address: string): readonly string[] {
  const [program = '', ...rest] = sshArguments(keyFile, address, [])
  return [program, '-M', '-N', '-S', socket, ...rest]
}

/** A connection that commands share. */
export interface Line {
  /** How to run a command over it; waits for it for so many milliseconds at most. */
  ready(argv: readonly string[], mostMs: number): Promise<readonly string[]>
}

/**
 * Tries again while there is no connection. The command's exit code is a result; no connection by the deadline rejects. `line`: a connection
 * that it shares with others: to log in costs an emulated dom0 as much of its CPU as five commands do.
 */
export async function runSsh(
  access: SshAccess,
  address: string,
  argv: readonly string[],
  options: { readonly deadlineMs: number; readonly input?: string; readonly line?: Line },
): Promise<Ran> {
  const until = Date.now() + options.deadlineMs
  for (;;) {
    const left = Math.max(until - Date.now(), 1_000)
    const input = options.input === undefined ? {} : { input: options.input }
    const command = options.line ? await options.line.ready(argv, left) : sshArguments(access.keyFile, address, argv)
    const ran = await runInNamespace(access.namespace, command, { timeoutMs: Math.max(until - Date.now(), 1_000), ...input })
    if (ran.exitCode !== NO_CONNECTION) return ran
    if (Date.now() >= until) throw new Error(`no SSH to ${address} within ${options.deadlineMs / 1000} s: ${ran.stderr.trim()}`)
    await pause(300)
  }
}
