// All commands that ask the manager over its API, and what --help says of them together.
import type { Command } from 'commander'
import type { World } from '../engine/answer.ts'
import { addAlarmCommands } from './alarm.ts'
import { addAppliancesCommand } from './appliances.ts'
import { addAutomationCommands } from './automation/automation.ts'
import { addChecklistCommands } from './checklist.ts'
import { addCompletionCommands } from './completion/completion.ts'
import { addCpuCommands } from './cpu/cpu.ts'
import { addHostCommands } from './host/host.ts'
import { addLoginCommands } from './login.ts'
import { addManagerRebuildCommand } from './manager-rebuild.ts'
import { addManagerTasksCommand } from './manager-tasks.ts'
import { addMigrateCommand } from './migrate/migrate.ts'
import { addNetworkCommands } from './network/network.ts'
import { addNotificationCommands } from './notification.ts'
import { addPropertyCommands } from './property.ts'
import { addStatsCommands } from './stats/stats.ts'
import { addTaskCommands } from './task/task.ts'
import { addThingCommands } from './things/things.ts'
import { addTokenCommands } from './token.ts'
import { addUserCommands } from './user/user.ts'
import { addVmCommands } from './vm/vm.ts'
import { addVmImageCommands } from './vm-image/vm-image.ts'

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
  Options come first, then these, then what hostless login keeps in $XDG_CONFIG_HOME/hostless/login.json, and last
  /etc/hostless.yaml, on the manager's own machine. A kept token goes to the manager that gave it and to no other.`

export function addPoolCommands(program: Command, world: World): void {
  // What follows a command is the command's: `host group node01 -VIP` does not ask for the version.
  program.enablePositionalOptions()
  program.commandsGroup('The pool at a glance:')
  addStatsCommands(program, world)
  addChecklistCommands(program, world)
  program.commandsGroup('The pool, through its manager:')
  addHostCommands(program, world)
  addVmCommands(program, world)
  addMigrateCommand(program, world)
  addNetworkCommands(program, world)
  addThingCommands(program, world)
  addVmImageCommands(program, world)
  addAppliancesCommand(program, world)
  addCpuCommands(program, world)
  addPropertyCommands(program, world)
  addAlarmCommands(program, world)
  addNotificationCommands(program, world)
  addAutomationCommands(program, world)
  addTaskCommands(program, world)
  addManagerTasksCommand(program, world)
  addManagerRebuildCommand(program, world)
  program.commandsGroup('Who may come in:')
  addLoginCommands(program, world)
  addUserCommands(program, world)
  addTokenCommands(program, world)
  program.commandsGroup('Shell:')
  addCompletionCommands(program, world)
  program.addHelpText('after', HELP)
}
