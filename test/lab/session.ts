// A lab that stays up with --keep, as another terminal finds it: a file beside its sockets, gone with the rack.

import { existsSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { KEY_FILE, runtimeFolder } from './folders.ts'
import type { Rack } from './rack.ts'

const sessionSchema = z.object({
  pid: z.number(),
  namespace: z.string(),
  keyFile: z.string(),
  passwordFile: z.string(),
  nodes: z.array(
    z.object({ name: z.string(), address: z.string(), bmcAddress: z.string(), consoleLog: z.string(), consoleSocket: z.string() }),
  ),
})

export type Session = z.infer<typeof sessionSchema>
export type SessionNode = Session['nodes'][number]

const NONE = 'no lab is running: start one in another terminal with "npm run lab -- --keep"'

export async function writeSession(rack: Rack): Promise<void> {
  const nodes = rack.nodes.map(({ plan }) => {
    const { name, address, bmcAddress, consoleLog, consoleSocket } = plan
    return { name, address, bmcAddress, consoleLog, consoleSocket }
  })
  const { namespace, passwordFile } = rack.bmc
  const session: Session = { pid: process.pid, namespace, keyFile: KEY_FILE, passwordFile, nodes }
  await writeFile(sessionFile(namespace), JSON.stringify(session), { mode: 0o600 })
}

/** The running lab that has this node. Throws, saying what there is, when there is none. */
export async function findSession(name: string): Promise<{ readonly session: Session; readonly node: SessionNode }> {
  const sessions = await readSessions()
  for (const session of sessions) {
    const node = session.nodes.find((candidate) => candidate.name === name)
    if (node) return { session, node }
  }
  if (sessions.length === 0) throw new Error(NONE)
  const names = sessions.flatMap((session) => session.nodes).map((node) => node.name)
  throw new Error(`the lab has no "${name}"; it has ${names.join(', ')}`)
}

/** The lab that runs. Throws when none does. */
export async function findLab(): Promise<Session> {
  const [session] = await readSessions()
  if (!session) throw new Error(NONE)
  return session
}

async function readSessions(): Promise<readonly Session[]> {
  const names = (await readdir('/run')).filter((name) => name.startsWith('hl-lab-'))
  const sessions: Session[] = []
  for (const file of names.map(sessionFile)) {
    if (existsSync(file)) sessions.push(sessionSchema.parse(JSON.parse(await readFile(file, 'utf8'))))
  }
  return sessions.filter((session) => existsSync(`/proc/${session.pid}`))
}

function sessionFile(namespace: string): string {
  return join(runtimeFolder(namespace), 'session.json')
}
