// Whose log a guest's log is. Names come again, and xenconsoled appends: what another guest has said is not for who looks at this one.
import type { Uuid } from '../../../manager/protocol/values.ts'
import type { Backend } from '../backend.ts'
import type { Files } from '../requests/world.ts'

interface Named {
  readonly uuid: Uuid
  readonly name: string
}

/** Beside the log, as keep-consoles removes both. */
const FOLDER = '/var/log/xen/console'

export const logPath = (name: string): string => `${FOLDER}/guest-${name}.log`
export const ownerPath = (name: string): string => `${FOLDER}/guest-${name}.of`

/** Before its domain is made: a log of its own goes on, another's is gone. */
export async function ownLog(
  { backend, files }: { readonly backend: Pick<Backend, 'read'>; readonly files: Files },
  { uuid, name }: Named,
) {
  if ((await backend.read(ownerPath(name)))?.trim() === uuid) return
  await files.remove(logPath(name))
  await files.write(ownerPath(name), uuid, 0o600)
}

/** Of a guest that hostless did not start nobody has said whose it is. */
export async function isOthers(backend: Pick<Backend, 'read'>, { uuid, name }: Named): Promise<boolean> {
  const owner = await backend.read(ownerPath(name))
  return owner !== undefined && owner.trim() !== uuid
}
