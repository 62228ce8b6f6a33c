// The rack's manager as an operator uses it: the command `hostless` and the REST API, as an admin that exists in this rack alone.

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import { waitForText } from './console.ts'
import { PROJECT } from './folders.ts'
import type { Ran } from './namespace.ts'
import { isOver, newPatience, sayAwaited, see } from './patience.ts'
import { RACK_ADDRESS } from './plan.ts'
import { hostlessIn } from './program.ts'
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
  /**
   * Asks until it is so, and gives the answer. Rejects with the last answer when there was no other one for `deadlineMs`, times how slow
   * the computer is. Says now and then what it waits for.
   */
  until<Answer>(
    what: string,
    path: string,
    schema: z.ZodType<Answer>,
    condition: (answer: Answer) => boolean,
    deadlineMs: number,
  ): Promise<Answer>
}

const USER = 'lab'
/** Each look is a curl, on the same two cores as the servers that are waited for. */
const LOOK_MS = 1_000
const SAY_MS = 30_000
const LOGIN_FILE = 'hostless/login.json'
const HEADERS_FILE = 'headers'
export const LOGIN_FILES = [LOGIN_FILE, HEADERS_FILE] as const
const CODE = /first-admin\?code=([\w-]+)/
const LOGIN = z.object({ token: z.object({ secret: z.string() }) })

/** The command `hostless` of these sources, with the login that is kept in a rack's runtime folder. To be run in the rack's namespace. */
export function commandLine(runtime: string, argv: readonly string[], columns: number): readonly string[] {
  const environment = [`XDG_CONFIG_HOME=${runtime}`, `COLUMNS=${columns}`]
  return ['env', `--chdir=${PROJECT}`, ...environment, ...hostlessIn(runtime), ...argv]
}

const URL_OF_MANAGER = `https://${RACK_ADDRESS}:${MANAGER_PORT}`

/** Redeems the one-time code that the manager has left in its dataDir, and signs in. `deadlineMs` is for the manager to come up. */
export async function signIn(rack: Rack, dataDir: string, password: string, deadlineMs: number): Promise<Operator> {
  const link = join(dataDir, 'first-admin.link')
  const linkText = () => readFile(link, 'utf8').catch(() => '')
  const text = await waitForText(linkText, CODE, deadlineMs, link)
  const body = JSON.stringify({ code: CODE.exec(text)?.[1], name: USER, password })
  await askManager(rack, dataDir, '/first-admin', ['--header', 'content-type: application/json', '--data', '@-'], body)
  const login = ['login', URL_OF_MANAGER, '--user', USER, '--ca', join(dataDir, 'keys/manager-ca.pem')]
  const { exitCode, stderr } = await rack.exec(commandLine(rack.runtime, login, 120), { input: `${password}\n` })
  if (exitCode !== 0) throw new Error(`hostless ${login.join(' ')}: ${stderr.trim()}`)
  const { token } = LOGIN.parse(JSON.parse(await readFile(join(rack.runtime, LOGIN_FILE), 'utf8')))
  await writeFile(join(rack.runtime, HEADERS_FILE), `authorization: Bearer ${token.secret}\n`, { mode: 0o600 })
  return operatorIn(rack, dataDir, password)
}

/** Who has signed in before: what they have of it is in the rack's runtime folder (`LOGIN_FILES`). */
export function operatorIn(rack: Rack, dataDir: string, password: string): Operator {
  const get = async <Answer>(path: string, schema: z.ZodType<Answer>): Promise<Answer> =>
    schema.parse(await askManager(rack, dataDir, path, ['--header', `@${join(rack.runtime, HEADERS_FILE)}`]))
  return {
    url: URL_OF_MANAGER,
    user: USER,
    password,
    hostless: (...argv) => rack.exec(commandLine(rack.runtime, argv, process.stdout.columns || 120), { input: '' }),
    get,
    async until(what, path, schema, condition, milliseconds) {
      let patience = newPatience(rack.pace.allow(milliseconds), Date.now())
      for (let saidAt = Date.now(); ; ) {
        // The manager may just be away.
        const answer = await get(path, schema).catch((error: unknown) => String(error))
        if (typeof answer !== 'string' && condition(answer)) return answer
        patience = see(patience, JSON.stringify(answer) ?? '', Date.now())
        const awaited = sayAwaited(what, patience, Date.now())
        if (isOver(patience, Date.now())) throw new Error(awaited)
        if (Date.now() - saidAt > SAY_MS) {
          saidAt = Date.now()
          rack.say(awaited)
        }
        await pause(LOOK_MS)
      }
    },
  }
}

async function askManager(rack: Rack, dataDir: string, path: string, argv: readonly string[], input = ''): Promise<unknown> {
  const authority = join(dataDir, 'keys/manager-ca.pem')
  const curl = ['curl', '--silent', '--show-error', '--fail-with-body', '--cacert', authority, '--max-time', '60', ...argv]
  const { stdout, stderr, exitCode } = await rack.exec([...curl, `${URL_OF_MANAGER}/api/v1${path}`], { input })
  if (exitCode !== 0) throw new Error(`${path}: ${stderr.trim()} ${stdout.trim()}`)
  return JSON.parse(stdout)
}

/** Of the process that is the rack's manager; rejects when there is none. */
export async function managerPid(rack: Rack): Promise<number> {
  const pids = (await rack.exec(['ip', 'netns', 'pids', rack.namespace])).stdout.split('\n').map(Number)
  for (const pid of pids) {
    const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0')
    if (words.includes('manager') && words.includes('--config')) return pid
  }
  throw new Error('no manager runs')
}
