// The live console of a node on this terminal: what it showed last, then both directions until Ctrl-] is pressed.

import { readFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { SessionNode } from './session.ts'

const DETACH = 0x1d
const TAIL_BYTES = 2_000

/** Resolves when the user detaches, or when `alive` says that the lab has gone. Survives power cycles of the node. */
export async function attachConsole(node: SessionNode, alive: () => boolean, log: (text: string) => void): Promise<void> {
  const { stdin, stdout } = process
  let detached = false
  let link: Socket | undefined
  log(`Console of ${node.name}; Ctrl-] detaches.`)
  stdout.write((await readFile(node.consoleLog)).subarray(-TAIL_BYTES))
  if (stdin.isTTY) stdin.setRawMode(true)
  stdin.on('data', (bytes: Buffer) => {
    detached ||= bytes.includes(DETACH)
    if (detached) link?.destroy()
    else link?.write(bytes)
  })
  let wasOff = false
  while (!detached && alive()) {
    link = await open(node.consoleSocket)
    if (!link) {
      if (!wasOff) log(`${node.name} is off; waiting for it.`)
      wasOff = true
      await pause(200)
      continue
    }
    wasOff = false
    link.on('data', (bytes) => stdout.write(bytes))
    await new Promise((resolve) => link?.once('close', resolve))
  }
  if (stdin.isTTY) stdin.setRawMode(false)
  stdin.destroy()
  log(detached ? 'Detached.' : 'The lab has ended.')
}

function open(socket: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const link = connect(socket)
    link.once('connect', () => resolve(link)).once('error', () => resolve(undefined))
  })
}
