// Asks the running appliance over its control socket.

import type { IncomingMessage } from 'node:http'
import { request } from 'node:http'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { applianceFolder } from '../../../appliance/store/own-folder.ts'
import type { AttemptView } from '../../../appliance/timeline/timeline.ts'
import { CommandFailure } from '../engine/failure.ts'

/** Newest first. Throws a CommandFailure when no appliance answers. */
export async function readAttempts(dataDir: string): Promise<readonly AttemptView[]> {
  const chunks: Buffer[] = []
  for await (const chunk of await ask(dataDir, '/attempts')) chunks.push(chunk as Buffer)
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as AttemptView[]
}

/** Every attempt as it is, then each again whenever it changes; ends when the appliance does. */
export async function* watchAttempts(dataDir: string): AsyncGenerator<AttemptView, void> {
  const lines = createInterface({ input: await ask(dataDir, '/attempts/watch') })
  for await (const line of lines) if (line !== '') yield JSON.parse(line) as AttemptView
}

/** Ends the leases of a host that is gone, and drops its attempts; answers how many leases that were. */
export async function forgetHost(dataDir: string, mac: string): Promise<number> {
  const chunks: Buffer[] = []
  for await (const chunk of await ask(dataDir, `/hosts/${mac}`, 'DELETE')) chunks.push(chunk as Buffer)
  return (JSON.parse(Buffer.concat(chunks).toString('utf8')) as { leases: number }).leases
}

function ask(dataDir: string, path: string, method: 'GET' | 'DELETE' = 'GET'): Promise<IncomingMessage> {
  const socketPath = join(applianceFolder(dataDir), 'appliance.sock')
  return new Promise((resolve, reject) => {
    const fail = (why: string) =>
      reject(
        new CommandFailure(
          `no appliance answers at ${socketPath} (${why}): start it with hostless up --config FILE, or name its --data-dir`,
        ),
      )
    const asked = request({ socketPath, path, method }, (response) => {
      if (response.statusCode === 200) resolve(response)
      else fail(`HTTP ${response.statusCode}`)
    })
    asked.on('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.message))
    asked.end()
  })
}
