// `hostless install` and `uninstall`: appliance and manager as systemd services of users of their own. Says what was done, and what to do.
import { realpath } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command } from 'commander'
import { ConfigRefused, loadConfig } from '../../../appliance/main.ts'
import { packageRoot } from '../../../appliance/package-root.ts'
import * as machine from '../../service/exec.ts'
import {
  type FoundFile,
  filesFor,
  refusedDataDir,
  refusedFiles,
  SERVICES,
  servicesOf,
  unitPath,
  unreachable,
  usersPath,
} from '../../service/plan.ts'
import { type Placing, type Service, USERS } from '../../service/units.ts'
import type { Account } from '../../store/ownership.ts'
import { CommandFailure } from '../engine/failure.ts'
import type { Terminal } from '../engine/output/output.ts'
import { DEFAULT_CONFIG } from './image/options.ts'

const ETC = '/etc'

interface InstallOptions {
  readonly config: string
  readonly dryRun?: true
  readonly force?: true
  readonly now?: true
}

export function addInstallCommands(program: Command, out: Terminal): void {
  program
    .command('install')
    .description('make appliance and manager systemd services, each of a user of its own; again after an upgrade or another config')
    .option('--config <file>', 'the YAML config file that they will serve by', DEFAULT_CONFIG)
    .option('--dry-run', 'write nothing: print what would be written')
    .option('--force', 'write also what was changed by hand')
    .option('--now', 'enable and start them, or start them again')
    .addHelpText(
      'after',
      `
Written: ${SERVICES.map((service) => unitPath(ETC, service)).join(', ')}, ${usersPath(ETC)}.
The manager becomes the user ${USERS['hostless-manager']}, who owns dataDir; the appliance ${USERS['hostless-appliance']}, who owns a folder beside it (dataDir with
-appliance behind its name) and reads of dataDir only what it serves. Own settings: systemctl edit hostless-appliance. They log to the
journal: journalctl -u hostless-manager -f. Another config is taken by systemctl restart; hosts do not notice.`,
    )
    .action(async (options: InstallOptions) => install(options, out))
  program
    .command('uninstall')
    .description('end the systemd services and remove what install wrote; data, config and users stay')
    .option('--force', 'remove also what was changed by hand')
    .action(async ({ force }: Pick<InstallOptions, 'force'>) => uninstall(force === true, out))
}

async function install({ config: file, dryRun, force, now }: InstallOptions, out: Terminal): Promise<void> {
  const config = await loadConfig(file).catch((error: unknown) => {
    if (error instanceof ConfigRefused) throw new CommandFailure(error.message, 2)
    throw new CommandFailure(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`, 2)
  })
  const services = servicesOf(config)
  const placing = await placingOf(await realpath(file), config.dataDir)
  const files = await machine.foundFiles(filesFor(ETC, services, placing))
  const refused = [
    ...(await outOfReach(placing)),
    refusedDataDir(config.dataDir),
    force || dryRun ? undefined : refusedFiles(files),
  ].filter((reason) => reason !== undefined)
  if (dryRun) {
    for (const reason of refused) out.write(`# would be refused: ${reason}\n`)
    for (const { path, content, state } of files) out.write(`# ${path} (${SAID[state]})\n${content}\n`)
    return
  }
  if (refused.length > 0) throw new CommandFailure(`nothing was installed: ${refused.join('\n')}`)
  mustBeRoot('install')
  if (await machine.isApplianceInTheWay(config.dataDir))
    throw new CommandFailure('nothing was installed: an appliance runs on this data already; stop it (Ctrl-C of hostless up) first')
  const written = files.filter(({ state }) => state !== 'same')
  for (const one of written) await machine.writeWhole(one)
  for (const { path, state } of files) out.write(`${path}: ${state === 'same' ? 'is as it should be' : 'written'}\n`)
  await machine.makeUsers(usersPath(ETC)).catch((error: unknown) => {
    throw new CommandFailure('the users could not be made: apt-get install systemd, and say hostless install again', 1, error)
  })
  await machine.settleData(config.dataDir, await managerAccount(services), await account('hostless-appliance'))
  out.write(`${config.dataDir}: given to ${services.map((service) => USERS[service]).join(' and ')}\n`)
  for (const service of SERVICES.filter((one) => !services.includes(one))) {
    if (await machine.isThere(unitPath(ETC, service)))
      out.write(`${unitPath(ETC, service)} is from another config, which had a manager here: systemctl disable --now ${service}\n`)
  }
  await start(services, written, now === true, out)
}

const SAID: { readonly [State in FoundFile['state']]: string } = {
  missing: 'would be written',
  same: 'is as it should be',
  ours: 'would be written anew',
  changed: 'was changed by hand: would be refused without --force',
}

async function start(services: readonly Service[], written: readonly FoundFile[], now: boolean, out: Terminal): Promise<void> {
  const names = services.join(' ')
  if (!(await machine.isBootedBySystemd())) {
    out.write(`This machine was not booted by systemd: nothing was started. Where it is: systemctl enable --now ${names}\n`)
    return
  }
  await machine.systemctl('daemon-reload')
  if (!now) {
    out.write(`Next:\n  hostless doctor\n  systemctl enable --now ${names}${written.length > 0 ? `   # or restart, where they run` : ''}\n`)
    return
  }
  await machine.systemctl('enable', ...services)
  await machine.systemctl('restart', ...services)
  out.write(`Started ${names}. Next: hostless doctor; journalctl -u hostless-appliance -f\n`)
}

async function uninstall(force: boolean, out: Terminal): Promise<void> {
  mustBeRoot('uninstall')
  const paths = [...SERVICES.map((service) => unitPath(ETC, service)), usersPath(ETC)]
  const found = (await machine.foundFiles(paths.map((path) => ({ path, content: '' })))).filter(({ state }) => state !== 'missing')
  const refused = force ? undefined : refusedFiles(found)
  if (refused !== undefined) throw new CommandFailure(`nothing was removed: ${refused.replace('write them anew', 'remove them')}`)
  if (found.length === 0) {
    out.write('Nothing was installed.\n')
    return
  }
  const units = SERVICES.filter((service) => found.some(({ path }) => path === unitPath(ETC, service)))
  const isBooted = await machine.isBootedBySystemd()
  if (isBooted && units.length > 0) await machine.systemctl('disable', '--now', ...units)
  for (const { path } of found) {
    await machine.removeFile(path)
    out.write(`${path}: removed\n`)
  }
  if (isBooted) await machine.systemctl('daemon-reload')
  out.write(`Data, config and the users ${Object.values(USERS).join(' and ')} stay; hostless up goes on with them.\n`)
}

async function placingOf(config: string, dataDir: string): Promise<Placing> {
  const script = join(packageRoot(import.meta.dirname, 3), 'dist/manager/cli/main.js')
  return {
    node: await realpath(process.execPath),
    script: await realpath(script).catch(() => script),
    config,
    dataDir: dataDir.replace(/(.)\/+$/, '$1'),
  }
}

async function outOfReach({ node, script, config }: Placing): Promise<readonly string[]> {
  if (!(await machine.isThere(script))) return [`there is no ${script}: npm run build makes it`]
  return unreachable(
    await machine.reachedBy([
      { path: node, what: 'Node.js' },
      { path: script, what: 'hostless' },
      { path: config, what: 'the config' },
    ]),
  )
}

async function managerAccount(services: readonly Service[]): Promise<Account> {
  return services.includes('hostless-manager') ? account('hostless-manager') : { uid: 0, gid: 0 }
}

async function account(service: Service): Promise<Account> {
  const found = await machine.accountOf(USERS[service])
  if (!found)
    throw new CommandFailure(
      `there is no user ${USERS[service]}, which systemd-sysusers ought to have made: see journalctl -t systemd-sysusers`,
    )
  return found
}

function mustBeRoot(command: string): void {
  if (process.getuid?.() !== 0) throw new CommandFailure(`only root may ${command} services: sudo hostless ${command}`)
}
