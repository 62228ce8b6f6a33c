// `hostless login|logout`: a token for this machine's user, and whose signature the manager must show from then on.
import { X509Certificate } from 'node:crypto'
import { hostname } from 'node:os'
import { type Command, Option } from 'commander'
import { userName } from '../../protocol/accounts.ts'
import { sayLimit } from '../../protocol/group-limit.ts'
import type { World } from '../engine/answer.ts'
import { poolApi } from '../engine/api/calls.ts'
import { ApiRefusal, apiClient } from '../engine/api/client.ts'
import { type ApiPlace, apiPlace } from '../engine/api/settings.ts'
import { describedCommand } from '../engine/described.ts'
import { CommandFailure } from '../engine/failure.ts'
import { type Login, loginPath, readLogin, removeLogin, writeLogin } from '../engine/login-file.ts'
import { oneLine } from '../engine/output/text.ts'
import { wholeNumber } from '../engine/quantities.ts'
import { isFingerprint, shownAuthority } from './authority-shown.ts'

interface LoginOptions {
  readonly user?: string
  readonly ca?: string
  readonly fingerprint?: string
  readonly code?: string
  readonly days: number
}

export function addLoginCommands(program: Command, world: World): void {
  describedCommand(program, {
    name: 'login',
    description:
      'get a token from a manager by user and password, and keep it for the commands that follow; who signs in by an issuer makes one on the page (Account), for HOSTLESS_TOKEN',
    examples: [
      ['login https://10.77.0.1:8443 --user ada', 'asks for the password, and whether the fingerprint is right'],
      ['login 10.77.0.1 --user ada --fingerprint AB:CD:… <password.txt', 'asks nothing'],
    ],
  })
    .argument('[url]', 'https://HOST:PORT of the manager; left out on its own machine')
    .option('--user <name>', 'who you are')
    .addOption(
      new Option('--ca <file>', "the manager's authority, PEM: dataDir/keys/manager-ca.pem on its machine").conflicts('fingerprint'),
    )
    .option('--fingerprint <sha256>', 'of the authority, as openssl x509 -noout -fingerprint -sha256 -in manager-ca.pem prints it')
    .option('--code <code>', 'of your second factor, where nobody is there to be asked')
    .option('--days <days>', 'how long the token is good', wholeNumber(1, 3650), 90)
    .action(async (url: string | undefined, options: LoginOptions) => logIn(url, options, world))
  describedCommand(program, { name: 'logout', description: 'revoke the token of the last login, and forget it', examples: [] }).action(() =>
    logOut(world),
  )
}

async function logIn(named: string | undefined, options: LoginOptions, { out, prompt, environment }: World): Promise<void> {
  const before = await readLogin(environment)
  const place = await apiPlace({ ...options, ...(named === undefined ? {} : { manager: named }) }, environment, before)
  const { url } = place
  const authority = await authorityOf(place, options, prompt)
  const asked = options.user ?? (await prompt.ask(`User at ${url.origin}: `))?.trim()
  const name = userName.safeParse(asked)
  if (!name.success) throw new CommandFailure(asked ? `${asked} is no user name` : 'who are you? --user NAME', 2)
  const password = await prompt.secret(`Password of ${name.data} at ${url.origin}: `)
  if (password === '') throw new CommandFailure('no password was given: type it, or give it on the first line of stdin', 2)
  const label = `login on ${oneLine(hostname())}`.slice(0, 64)
  const { access } = poolApi(apiClient({ url, authority }))
  const asking = { user: name.data, password, label, days: options.days }
  const token = await access.login({ ...asking, code: options.code }).catch(async (error: unknown) => {
    if (!(error instanceof ApiRefusal) || error.code !== 'second-factor' || options.code !== undefined) throw error
    const code = await prompt.ask(`Code of the second factor of ${name.data}, or a recovery code: `)
    if (code === undefined) throw new CommandFailure(`${error.message}: say it with --code`)
    return access.login({ ...asking, code })
  })
  const { id, secret, expires } = token
  await writeLogin(environment, { manager: url.origin, authority, user: token.user, token: { id, secret, expires } })
  out.write(
    `Logged in at ${url.origin} as ${token.user} (${token.role}${token.groups ? ` of ${sayLimit(token.groups)}` : ''}) until ${new Date(expires).toISOString().slice(0, 10)}; kept in ${loginPath(environment)}.\n`,
  )
  if (before && before.manager === url.origin) await revoke(before).catch(() => undefined) // one login, one token
}

/** PEM of the authority: known by a file, or shown by the manager and said to be right. */
async function authorityOf(
  { url, authority, by }: ApiPlace,
  { fingerprint: said }: LoginOptions,
  prompt: World['prompt'],
): Promise<string> {
  if (authority !== undefined && by === 'file') return authority
  const { pem, fingerprint } = await shownAuthority(url)
  if (said !== undefined) {
    if (isFingerprint(fingerprint, said)) return pem
    throw new CommandFailure(`${url.origin} shows an authority with another fingerprint, ${fingerprint}: do not trust it`)
  }
  if (authority !== undefined && isFingerprint(fingerprint, new X509Certificate(authority).fingerprint256)) return pem
  const change = by === 'login' ? '\nIt is ANOTHER one than at your last login: somebody may be in between.' : ''
  const answer = await prompt.ask(
    `${url.origin} shows an authority with this SHA-256 fingerprint:\n  ${fingerprint}${change}\nCompare it with what the manager's machine says:\n  openssl x509 -noout -fingerprint -sha256 -in /var/lib/hostless/keys/manager-ca.pem\nIs it the same? [yes/no] `,
  )
  if (answer === undefined) {
    throw new CommandFailure(
      `nobody is there to compare the fingerprint of ${url.origin} (${fingerprint}): give the right one by --fingerprint, or its file by --ca`,
    )
  }
  if (!/^y(es)?$/i.test(answer.trim())) throw new CommandFailure('not logged in: the fingerprint is not the right one')
  return pem
}

async function logOut({ out, environment }: World): Promise<void> {
  const login = await readLogin(environment)
  if (!login) throw new CommandFailure('you are not logged in anywhere')
  const refusal = await revoke(login).then(
    () => undefined,
    (error: unknown) => error,
  )
  await removeLogin(environment)
  // 401 and 404: it is no longer good, and that is what was asked for.
  if (refusal !== undefined && !(refusal instanceof ApiRefusal && [401, 404].includes(refusal.status))) {
    const until = new Date(login.token.expires).toISOString().slice(0, 10)
    throw new CommandFailure(
      `the token is forgotten here, but it is good until ${until}: later, hostless token revoke ${login.token.id}`,
      1,
      refusal,
    )
  }
  out.write(`Logged out at ${login.manager}.\n`)
}

async function revoke({ manager, authority, token }: Login): Promise<void> {
  await poolApi(apiClient({ url: new URL(manager), authority, token: token.secret })).tokens.revoke({ id: token.id })
}
