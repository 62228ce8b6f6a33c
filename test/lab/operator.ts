// The rack's manager as an operator uses it: the command `hostless` and the REST API, as an admin that exists in this rack alone.

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import { waitForText } from './console.ts'
import { PROJECT } from './folders.ts'
import type { Ran } from './namespace.ts'
import { RACK_ADDRESS } from './plan.ts'
import type { Rack } from './rack.ts'

export const MANAGER_PORT = 8443
/** What a rack's config has for its manager. */
export const MANAGER = { listen: `${RACK_ADDRESS}:${MANAGER_PORT}` }

export interface Operator {
  /** Of API and page. */
  readonly url: string
  readonly user: string
  readonly password: string
  /** The command, as somebody types it in a terminal of this width. A non-zero exit is a result. */
  hostless(...argv: readonly string[]): Promise<Ran>
  /** `GET /api/v1…`. Rejects when the answer is another one. */
  get<Answer>(path: string, schema: z.ZodType<Answer>): Promise<Answer>
  /** Asks until it is so, and gives the answer; rejects with the last answer after `deadlineMs`. */
  until<Answer>(
    what: string,
    path: string,
    schema: z.ZodType<Answer>,
    condition: (answer: Answer) => boolean,
    deadlineMs: number,
  ): Promise<Answer>
}

const USER = 'lab'
const LOOK_MS = 200
const CODE = /first-admin\?code=([\w-]+)/
const LOGIN = z.object({ token: z.object({ secret: z.string() }) })

/** The command `hostless` of these sources, with the login that is kept in a rack's runtime folder. To be run in the rack's namespace. */
export function commandLine(runtime: string, argv: readonly string[], columns: number): readonly string[] {
  const environment = [`XDG_CONFIG_HOME=${runtime}`, `COLUMNS=${columns}`]
  return ['env', `--chdir=${PROJECT}`, ...environment, process.execPath, '--import', 'tsx', 'manager/cli/main.ts', ...argv]
}

/** Redeems the one-time code that the manager has left in its dataDir, and signs in. `deadlineMs` is for the manager to come up. */
export async function signIn(rack: Rack, dataDir: string, password: string, deadlineMs: number): Promise<Operator> {
  const url = `https://${RACK_ADDRESS}:${MANAGER_PORT}`
  const authority = join(dataDir, 'keys/manager-ca.pem')
  const headers = join(rack.runtime, 'headers')
  const run = (argv: readonly string[], input: string): Promise<Ran> =>
    rack.exec(commandLine(rack.runtime, argv, process.stdout.columns || 120), { input })
  const ask = async (path: string, argv: readonly string[], input = ''): Promise<unknown> => {
    const curl = ['curl', '--silent', '--show-error', '--fail-with-body', '--cacert', authority, '--max-time', '60', ...argv]
    const { stdout, stderr, exitCode } = await rack.exec([...curl, `${url}/api/v1${path}`], { input })
    if (exitCode !== 0) throw new Error(`${path}: ${stderr.trim()} ${stdout.trim()}`)
    return JSON.parse(stdout)
  }

  const link = join(dataDir, 'first-admin.link')
  const linkText = () => readFile(link, 'utf8').catch(() => '')
  const text = await waitForText(linkText, CODE, deadlineMs, link)
  const body = JSON.stringify({ code: CODE.exec(text)?.[1], name: USER, password })
  await ask('/first-admin', ['--header', 'content-type: application/json', '--data', '@-'], body)
  const login = ['login', url, '--user', USER, '--ca', authority]
  const { exitCode, stderr } = await run(login, `${password}\n`)
  if (exitCode !== 0) throw new Error(`hostless ${login.join(' ')}: ${stderr.trim()}`)
  const { token } = LOGIN.parse(JSON.parse(await readFile(join(rack.runtime, 'hostless/login.json'), 'utf8')))
  await writeFile(headers, `authorization: Bearer ${token.secret}\n`, { mode: 0o600 })

  const get = async <Answer>(path: string, schema: z.ZodType<Answer>): Promise<Answer> =>
    schema.parse(await ask(path, ['--header', `@${headers}`]))
  return {
    url,
    user: USER,
    password,
    hostless: (...argv) => run(argv, ''),
    get,
    async until(what, path, schema, condition, milliseconds) {
      const end = Date.now() + milliseconds
      for (;;) {
        // The manager may just be away.
        const answer = await get(path, schema).catch((error: unknown) => String(error))
        if (typeof answer !== 'string' && condition(answer)) return answer
        if (Date.now() > end) throw new Error(`not ${what} within ${milliseconds / 1000} s: ${JSON.stringify(answer)?.slice(0, 2000)}`)
        await pause(LOOK_MS)
      }
    },
  }
}
