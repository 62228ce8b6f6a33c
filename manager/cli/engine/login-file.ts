// What `hostless login` keeps: which manager, its authority, and a token. Only the user may read the file: whoever has it is the user.
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { CommandFailure } from './failure.ts'

const login = z.object({
  /** `https://10.77.0.1:8443`. */
  manager: z.string(),
  /** PEM of the authority that signs the manager's certificate. */
  authority: z.string(),
  user: z.string(),
  token: z.object({ id: z.string(), secret: z.string(), expires: z.number() }),
})

export type Login = z.output<typeof login>
export type Environment = Readonly<Record<string, string | undefined>>

export function loginPath(environment: Environment): string {
  const config = environment.XDG_CONFIG_HOME || join(environment.HOME || homedir(), '.config')
  return join(config, 'hostless', 'login.json')
}

/** Undefined: nobody has logged in. */
export async function readLogin(environment: Environment): Promise<Login | undefined> {
  const path = loginPath(environment)
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw new CommandFailure(`${path} cannot be read (${error.code})`)
  })
  if (!file) return undefined
  try {
    const { mode } = await file.stat()
    if ((mode & 0o077) !== 0) {
      throw new CommandFailure(
        `others may read ${path} (mode ${(mode & 0o777).toString(8)}), and the token in it: revoke that, or chmod 600 ${path}`,
      )
    }
    const parsed = login.safeParse(jsonOf(await file.readFile('utf8')))
    if (!parsed.success) throw new CommandFailure(`${path} is not what hostless login writes: remove it, and log in again`)
    return parsed.data
  } finally {
    await file.close()
  }
}

export async function writeLogin(environment: Environment, content: Login): Promise<void> {
  const path = loginPath(environment)
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const next = `${path}.${process.pid}`
  await rm(next, { force: true })
  const file = await open(next, 'wx', 0o600)
  try {
    await file.writeFile(`${JSON.stringify(content, null, 2)}\n`)
  } finally {
    await file.close()
  }
  await rename(next, path)
}

export async function removeLogin(environment: Environment): Promise<void> {
  await rm(loginPath(environment), { force: true })
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
