// Which manager a command speaks to, whose signature its certificate must bear, and with which token: by options, then the
// environment, then what `hostless login` keeps, then the configuration of this machine when the manager runs here.
import { access, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Command, Option } from 'commander'
import { parse } from 'yaml'
import { z } from 'zod'
import { AUTHORITY_CERTIFICATE } from '../../../store/keys/authority.ts'
import { DEFAULT_CONFIG, DEFAULT_DATA_DIR } from '../../commands/image/options.ts'
import { CommandFailure } from '../failure.ts'
import { type Environment, type Login, loginPath, readLogin } from '../login-file.ts'
import { managerUrl } from './url.ts'

export interface ApiOptions {
  readonly manager?: string
  readonly ca?: string
  readonly tokenFile?: string
  readonly config?: string
  readonly dataDir?: string
}

export interface ApiPlace {
  readonly url: URL
  /** PEM; undefined: nothing says whose signature to trust. */
  readonly authority: string | undefined
  /** Who says so: `here`: the manager of this machine, which may be another than the one that is meant. */
  readonly by: 'file' | 'login' | 'here'
}

export interface ApiSettings {
  readonly url: URL
  readonly authority: string
  readonly token: string
}

/** A token is no option: whoever may list processes reads what they were called with. */
export function addApiOptions(command: Command): Command {
  return command
    .optionsGroup('Which manager (see hostless --help):')
    .option('--manager <url>', 'https://HOST:PORT')
    .option('--ca <file>', "the manager's authority, PEM")
    .option('--token-file <file>', 'a token, on its first line')
    .addOption(new Option('--data-dir <dir>', 'of a manager on this machine').conflicts('config'))
    .option('--config <file>', `configuration of a manager on this machine (default: ${DEFAULT_CONFIG})`)
}

export async function apiSettings(options: ApiOptions, environment: Environment): Promise<ApiSettings> {
  const login = await readLogin(environment)
  const { url, authority } = await apiPlace(options, environment, login)
  if (authority === undefined) {
    throw new CommandFailure(`nothing says which authority ${url.origin} must show: hostless login ${url.origin}, or --ca FILE`)
  }
  const token = await tokenOf(options, environment, login?.manager === url.origin ? login : undefined)
  if (token === undefined) {
    const other = login && login.manager !== url.origin ? ` (you are logged in at ${login.manager})` : ''
    throw new CommandFailure(`you are not logged in at ${url.origin}${other}: hostless login ${url.origin}`)
  }
  return { url, authority, token }
}

/** Throws a CommandFailure when nothing says where the manager is. */
export async function apiPlace(options: ApiOptions, environment: Environment, login: Login | undefined): Promise<ApiPlace> {
  const isHere = options.config !== undefined || options.dataDir !== undefined
  const here = await managerHere(options)
  const named = options.manager ?? (isHere ? here.url : undefined) ?? environment.HOSTLESS_MANAGER
  const url = named ? managerUrl(named) : login ? new URL(login.manager) : here.url ? managerUrl(here.url) : undefined
  if (!url) throw new CommandFailure('which manager? hostless login https://HOST:PORT, or set HOSTLESS_MANAGER', 2)
  const file = options.ca ?? (isHere ? undefined : environment.HOSTLESS_CA)
  if (file) return { url, authority: await read(file), by: 'file' }
  if (!isHere && login?.manager === url.origin) return { url, authority: login.authority, by: 'login' }
  return { url, authority: here.authority, by: isHere ? 'file' : 'here' }
}

async function tokenOf({ tokenFile }: ApiOptions, environment: Environment, login: Login | undefined): Promise<string | undefined> {
  const token = tokenFile === undefined ? environment.HOSTLESS_TOKEN : (await read(tokenFile)).split('\n')[0]?.trim()
  if (token === undefined || (token === '' && tokenFile === undefined)) return login?.token.secret
  if (!/^[\x21-\x7e]{1,512}$/.test(token)) throw new CommandFailure(`${tokenFile ?? 'HOSTLESS_TOKEN'} holds no token`, 2)
  return token
}

/** Where the token lies that `apiSettings` takes. */
export function tokenPlace({ tokenFile }: ApiOptions, environment: Environment): string {
  return tokenFile ?? (environment.HOSTLESS_TOKEN ? 'HOSTLESS_TOKEN' : loginPath(environment))
}

interface ManagerHere {
  readonly url: string | undefined
  readonly authority: string | undefined
}

const configured = z.looseObject({
  dataDir: z.string().optional(),
  manager: z.looseObject({ listen: z.string() }).optional(),
})

async function managerHere({ config, dataDir }: ApiOptions): Promise<ManagerHere> {
  const file = config ?? ((await isThere(DEFAULT_CONFIG)) ? DEFAULT_CONFIG : undefined)
  const text = file === undefined ? undefined : await (config === undefined ? readFile(file, 'utf8').catch(() => undefined) : read(file))
  const found = configured.safeParse(text === undefined ? {} : yamlOf(text))
  if (!found.success && config !== undefined) throw new CommandFailure(`${config} is no configuration of hostless`, 2)
  const { manager, dataDir: saidDir } = found.data ?? {}
  const directory = dataDir ?? saidDir ?? DEFAULT_DATA_DIR
  const authority = await readFile(join(directory, 'keys', AUTHORITY_CERTIFICATE), 'utf8').catch(() => undefined)
  return { url: manager?.listen.replace(/^(0\.0\.0\.0|\[::\])(?=:)/, '127.0.0.1'), authority }
}

function yamlOf(text: string): unknown {
  try {
    return (parse(text, { logLevel: 'error' }) as unknown) ?? {}
  } catch {
    return undefined
  }
}

async function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  )
}

async function read(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new CommandFailure(`${file} cannot be read (${error.code})`, 2)
  })
}
