// Whose log a guest's log is. Names come again, and xenconsoled appends: what another guest has said is not for who looks at this one.
import type { Uuid } from '../../../manager/protocol/values.ts'
import type { Backend } from '../backend.ts'
import { type Files, failureOf } from '../requests/world.ts'

interface Named {
  readonly uuid: Uuid
  readonly name: string
}

interface Logging {
  readonly backend: Backend
  readonly files: Files
}

/** Beside the log, as keep-consoles removes both. */
const FOLDER = '/var/log/xen/console'

export const logPath = (name: string): string => `${FOLDER}/guest-${name}.log`
export const ownerPath = (name: string): string => `${FOLDER}/guest-${name}.of`

/** Before its domain is made: a log of its own goes on, another's is gone. */
export async function ownLog({ backend, files }: Logging, { uuid, name }: Named): Promise<void> {
  if ((await backend.read(ownerPath(name)))?.trim() === uuid) return
  await files.remove(logPath(name))
  await files.write(ownerPath(name), uuid, 0o600)
}

/**
 * Before its domain is called otherwise: what it has said has both names, so that who looks at it goes on. The old one goes with the next
 * guest that is called so. Then `reopenLogs`. Twice is as once.
 */
export async function shareLog({ backend, files }: Logging, { uuid, name }: Named, was: string): Promise<void> {
  if (was === name || (await backend.read(ownerPath(was)))?.trim() !== uuid) return
  // Another guest was called so once: not a line of it may become this one's.
  await files.remove(logPath(name))
  await files.write(ownerPath(name), uuid, 0o600)
  await backend.run(['ln', '-f', logPath(was), logPath(name)], { lane: 'change' })
}

/** xenconsoled looks again what each domain is called. Undefined, or why it does not. */
export async function reopenLogs({ backend }: Pick<Logging, 'backend'>): Promise<string | undefined> {
  return failureOf(backend, ['pkill', '-HUP', '-x', 'xenconsoled'])
}

/** Of a guest that hostless did not start nobody has said whose it is. */
export async function isOthers(backend: Pick<Backend, 'read'>, { uuid, name }: Named): Promise<boolean> {
  const owner = await backend.read(ownerPath(name))
  return owner !== undefined && owner.trim() !== uuid
}
