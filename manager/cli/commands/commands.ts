// All commands of `hostless`, by name: the one that is called is loaded, and no other. Of the others stands here what `hostless --help`, a
// shell's completion and a suggestion say of them, as they say it themselves.

import { Command } from 'commander'
import type { World } from '../engine/answer.ts'
import type { CommandWorld, Wanted } from './world.ts'

interface Entry {
  /** By name. */
  readonly says: Readonly<Record<string, string>>
  readonly add: (program: Command, world: CommandWorld) => Promise<void>
}

interface Group {
  /** Of `--help`. */
  readonly heading?: string
  readonly entries: readonly Entry[]
}

type Adding = (program: Command, world: World) => void

/** Of commands that ask the manager. */
function ask(says: Entry['says'], load: () => Promise<Adding>): Entry {
  return { says, add: async (program, world) => (await load())(program, { ...world, log: await world.log() }) }
}

const SERVING: readonly Entry[] = [
  {
    says: { up: 'serve a rack: start all that a config file asks for, and keep it running' },
    add: async (program) => (await import('./up.ts')).addUpCommand(program),
  },
  {
    says: { appliance: 'only the boot services: DHCP, TFTP, HTTP, NFS, router advertisements (hostless up starts this)' },
    add: async (program, { serverLog }) => (await import('./appliance.ts')).addApplianceCommand(program, serverLog),
  },
  {
    says: {
      manager: 'only the management server: enrolment, inventory, API (hostless up starts this)',
      backup: 'all that the manager knows, with its keys, into one file that only its owner can read; the manager may run',
      restore: 'what a backup holds in the place of what the manager knows; the manager must be stopped',
    },
    async add(program, world) {
      ;(await import('./manager.ts')).addManagerCommands(program, world.out, world.serverLog)
      const asking = { ...world, log: await world.log() }
      ;(await import('./manager-tasks.ts')).addManagerTasksCommand(program, asking)
      ;(await import('./manager-rebuild.ts')).addManagerRebuildCommand(program, asking)
    },
  },
  {
    says: { doctor: 'look whether this machine can serve a rack, and say how to mend what is wrong; best as root' },
    add: async (program, { out }) => (await import('./doctor.ts')).addDoctorCommand(program, out),
  },
  {
    says: {
      install: 'make appliance and manager systemd services, each of a user of its own; again after an upgrade or another config',
      uninstall: 'end the systemd services and remove what install wrote; data, config and users stay',
    },
    add: async (program, { out }) => (await import('./install.ts')).addInstallCommands(program, out),
  },
  {
    says: { reload: 'take a changed config without a restart, as far as that goes, and say what needs one' },
    add: async (program, { out }) => (await import('./reload.ts')).addReloadCommand(program, out),
  },
  {
    says: { image: 'images that machines boot: generations are immutable, signed and named by their content' },
    async add(program, { out, err, log }) {
      const { hostsRunning } = await import('./image/hosts-running.ts')
      const deps = { out, err, log: await log(), hostsRunning }
      const image = (await import('./image/image.ts')).addImageCommands(program, deps)
      ;(await import('./image/build.ts')).addBuildCommand(image, deps)
      ;(await import('./image/usb/usb.ts')).addUsbCommand(image, deps)
    },
  },
  {
    says: { boot: 'boot attempts: how far each host came, how long each stage took, what is wrong, and what was on the wire' },
    async add(program, world) {
      const boot = (await import('./boot/boot.ts')).addBootCommands(program, world.out)
      ;(await import('./boot/capture.ts')).addCaptureCommands(boot, { ...world, log: await world.log() })
    },
  },
]

const AT_A_GLANCE: readonly Entry[] = [
  ask(
    {
      hostlist: 'hosts with what they have: CPUs, memory, VGs, guests, image, Xen, kernel; totals below',
      hoststats: 'hosts with what they do now: CPU (of all threads; dom0: 100 is one CPU), memory, disks, network; totals below',
      vmlist: 'guests with what they have and do (CPU: 100 is one CPU); totals below',
    },
    async () => (await import('./stats/stats.ts')).addStatsCommands,
  ),
  ask(
    {
      checklist: 'from a bare machine to the first host: what is done, what is next, what is in the way and how to mend it',
      boots: 'the newest boot attempts of all machines, also of those that have never enrolled; hostless boot show has the stages',
    },
    async () => (await import('./checklist.ts')).addChecklistCommands,
  ),
]

const POOL: readonly Entry[] = [
  ask({ host: 'hosts: what they are and do, and what is to become of them' }, async () => (await import('./host/host.ts')).addHostCommands),
  ask(
    { vm: 'guests: made, started, stopped, moved, and all that is known of them' },
    async () => (await import('./vm/vm.ts')).addVmCommands,
  ),
  ask(
    {
      migrate:
        'move guests to another host with their disks, which are copied, or stay on a LUN that both see: live where they run; without --to the best host takes each',
    },
    async () => (await import('./migrate/migrate.ts')).addMigrateCommand,
  ),
  ask(
    { 'vm-network': 'networks that guests attach to: a name, and the bridge that each host has for it' },
    async () => (await import('./network/network.ts')).addNetworkCommands,
  ),
  ask(
    {
      storage: 'storage that several hosts reach: LUNs, iSCSI targets, NFS, VGs, file systems',
      network: 'networks that hosts are on: VLANs and untagged segments',
      matrix: 'which hosts reach which storage and networks, as a matrix',
    },
    async () => (await import('./things/things.ts')).addThingCommands,
  ),
  ask(
    { 'vm-image': 'images that the disks of guests are made of, and kernels that guests boot by' },
    async () => (await import('./vm-image/vm-image.ts')).addVmImageCommands,
  ),
  ask(
    { appliances: 'the appliances that boot hosts of this pool (hostless appliance starts one)' },
    async () => (await import('./appliances.ts')).addAppliancesCommand,
  ),
  ask({ cpu: 'between which hosts guests can move while they run' }, async () => (await import('./cpu/cpu.ts')).addCpuCommands),
  ask({ property: 'what the site’s own commands say of each host' }, async () => (await import('./property.ts')).addPropertyCommands),
  ask(
    { alarm: 'what a person should look at: duplicate identities, hosts that differ, refused agents' },
    async () => (await import('./alarm.ts')).addAlarmCommands,
  ),
  ask(
    { notification: 'who is told of alarms, failed automations and boots that hang, by e-mail or webhook' },
    async () => (await import('./notification.ts')).addNotificationCommands,
  ),
  ask(
    { automation: 'what takes more than one step: how far it is, and a say in it' },
    async () => (await import('./automation/automation.ts')).addAutomationCommands,
  ),
  ask(
    { task: 'long work of every kind: automations, looks at file systems, images added and verified' },
    async () => (await import('./task/task.ts')).addTaskCommands,
  ),
]

const WHO: readonly Entry[] = [
  ask(
    {
      login:
        'get a token from a manager by user and password, and keep it for the commands that follow; who signs in by an issuer makes one on the page (Account), for HOSTLESS_TOKEN',
      logout: 'revoke the token of the last login, and forget it',
    },
    async () => (await import('./login.ts')).addLoginCommands,
  ),
  ask(
    { whoami: 'who you are to which manager, as what, by which token, and until when' },
    async () => (await import('./whoami.ts')).addWhoamiCommand,
  ),
  ask({ user: 'who may come in, and as what: viewer, operator, admin' }, async () => (await import('./user/user.ts')).addUserCommands),
  ask(
    {
      token: 'what programs come in with: your tokens, and for an admin all',
      audit: 'who did what, newest first (admin); fails when the log was tampered with',
    },
    async () => (await import('./token.ts')).addTokenCommands,
  ),
]

const SHELL: readonly Entry[] = [
  {
    says: { completion: 'what a shell sources to complete commands, options, hosts and groups' },
    async add(program, world) {
      const load = async (wanted: Wanted) => {
        const whole = new Command(program.name()).version(program.version() ?? '')
        await addCommands(whole, world, wanted)
        return whole
      }
      ;(await import('./completion/completion.ts')).addCompletionCommands(program, world, load)
    },
  },
]

const GROUPS: readonly Group[] = [
  { entries: SERVING },
  { heading: 'The pool at a glance:', entries: AT_A_GLANCE },
  { heading: 'The pool, through its manager:', entries: POOL },
  { heading: 'Who may come in:', entries: WHO },
  { heading: 'Shell:', entries: SHELL },
]

/** What `argv` (without node and script) calls or asks about; `all`: what there is. */
export function wantedOf(argv: readonly string[]): Wanted {
  const [first, second] = argv
  if (first === undefined || first === '-h' || first === '--help') return 'all'
  if (first === 'help') return second === undefined ? 'all' : [second]
  return [first]
}

/** Those that are wanted, and of the others that they are there. */
export async function addCommands(program: Command, world: CommandWorld, wanted: Wanted): Promise<void> {
  // What follows a command is the command's: `host group node01 -VIP` does not ask for the version.
  program.enablePositionalOptions()
  for (const { heading, entries } of GROUPS) {
    program.commandsGroup(heading ?? '')
    for (const { says, add } of entries) {
      if (wanted === 'all' || wanted.some((name) => Object.hasOwn(says, name))) await add(program, world)
      else for (const [name, text] of Object.entries(says)) program.command(name).description(text)
    }
  }
  program.addHelpText('after', HELP)
}

const HELP = `
Selectors name hosts, wherever a command takes them; several are joined, as if by commas:
  node01,node02      names                 @rack3           the hosts of a group
  'web*'  'node0?'   wildcards             'node[01-20]'    a range: node01 to node20
  @rack3,-node17     all of rack3 but one  'host17/*sql*'   guests on a host (vmlist)

Exit codes:
  0  done        1  failed, or refused by the manager        2  used wrongly
  3  partly done: some of what was named is refused or not there        4  nothing is called so
What takes several steps is waited for, and shown as it goes on: 1 also where it was begun and has failed, or needs an operator.
--detach does not wait: 0 says that it was begun. Ctrl-C ends the waiting, not the work: hostless automation watch ID.

Environment:
  HOSTLESS_MANAGER   https://HOST:PORT of the manager       HOSTLESS_TOKEN   a token (hostless token issue)
  HOSTLESS_CA        file with the manager's authority      NO_COLOR         no colours
  HOSTLESS_LOG       debug, info, warn, error, silent: how much the servers log on stdout
  Options come first, then these, then what hostless login keeps in $XDG_CONFIG_HOME/hostless/login.json, and last
  /etc/hostless.yaml, on the manager's own machine. A kept token goes to the manager that gave it and to no other.`
