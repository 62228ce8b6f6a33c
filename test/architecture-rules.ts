// The rules of design.md ("Imports", house style) as tables: who lies where, and who may touch the world. What they find is in
// architecture/violations.ts.

export const SERVERS = ['appliance/dhcp', 'appliance/tftp', 'appliance/http', 'appliance/nfs-server-lite', 'appliance/ra']

/**
 * The rooms of manager/, each of which imports only of its own row and of those above it. design.md names more: a room gets its place
 * here when it gets its first file.
 */
export const LAYERS: readonly (readonly string[])[] = [
  ['protocol', 'group-by.ts', 'wording.ts', 'outcome.ts'],
  ['store', 'access'],
  ['hosts', 'connectivity', 'cpu', 'alarms', 'claims', 'agents', 'enrolment', 'appliances'],
  ['storage', 'placement', 'guests', 'networks', 'vm-images', 'consoles', 'measures', 'notifications'],
  ['reconcile', 'automation', 'tasks'],
  ['automations'],
  ['metrics.ts', 'config.ts', 'doctor', 'service'],
  ['contract'],
  ['doors', 'cli', 'main.ts'],
]

/** What is declared once for all doors, and all that it may import of ours. */
export const DECLARED = ['manager/contract', 'manager/protocol', 'manager/outcome.ts']
/** All that what asks a manager may import of it. */
export const ASKED_BY = ['manager/contract', 'manager/protocol', 'manager/outcome.ts', 'manager/wording.ts', 'manager/group-by.ts']
/** Of the command line: what starts a manager, or works on the data of one on this machine. */
export const ON_THE_MANAGERS_MACHINE = [
  'manager/cli/commands/doctor.ts',
  'manager/cli/commands/install.ts',
  'manager/cli/commands/manager.ts',
  'manager/cli/commands/user/local.ts',
  'manager/cli/engine/api/settings.ts',
  'manager/cli/engine/data-place.ts',
]

/** Folders and files that may touch the world: sockets, disk, processes, clock, timers, randomness. */
export const WORLDLY: readonly string[] = [
  'appliance/dhcp/runner.ts',
  'appliance/http/control/server.ts',
  'appliance/http/server.ts',
  'appliance/main.ts',
  'appliance/manager-link/exec.ts',
  'appliance/manager-link/main.ts',
  'appliance/manager-link/plan/runner.ts',
  'appliance/manager-link/runner.ts',
  'appliance/nfs-server-lite/tcp/server.ts',
  'appliance/nfs-server-lite/udp/server.ts',
  'appliance/ra/server.ts',
  'appliance/store',
  'appliance/tftp/server.ts',
  'appliance/wire/datagrams.ts',
  'appliance/wire/http-body.ts',
  'appliance/wire/sockets',
  'appliance/wire/timers.ts',
  'appliance/wire/turns.ts',
  'images/agent-bundle/build.ts',
  'images/agent/consoles/exec.ts',
  'images/agent/content/exec.ts',
  'images/agent/dom0/main.ts',
  'images/agent/dom0/runner.ts',
  'images/agent/exec.ts',
  'images/agent/files/exec.ts',
  'images/agent/jobs/exec.ts',
  'images/agent/link/credentials.ts',
  'images/agent/link/exec.ts',
  'images/agent/link/runner.ts',
  'images/agent/main.ts',
  'images/agent/seeds/program',
  'images/agent/streams/exec.ts',
  'images/agent/streams/relay',
  'images/bootstrap.ts',
  'images/build.ts',
  'images/catalogue.ts',
  'images/guest/build.ts',
  'images/publish.ts',
  'images/store',
  'manager/agents/body.ts',
  'manager/agents/connection.ts',
  'manager/agents/enrolling.ts',
  'manager/agents/listener.ts',
  'manager/agents/questions.ts',
  'manager/agents/server.ts',
  'manager/appliances/routes.ts',
  'manager/automation/hooks/exec.ts',
  'manager/cli/commands/authority-shown.ts',
  'manager/cli/commands/completion/completion.ts',
  'manager/cli/commands/control.ts',
  'manager/cli/commands/doctor.ts',
  'manager/cli/commands/image/build.ts',
  'manager/cli/commands/image/hosts-running.ts',
  'manager/cli/commands/image/options.ts',
  'manager/cli/commands/install.ts',
  'manager/cli/commands/notification.ts',
  'manager/cli/commands/property.ts',
  'manager/cli/commands/up.ts',
  'manager/cli/commands/vm-image/build.ts',
  'manager/cli/commands/user/local.ts',
  'manager/cli/commands/vm/text.ts',
  'manager/cli/engine',
  'manager/cli/main.ts',
  'manager/doctor/findings.ts',
  'manager/doctor/readers',
  'manager/hosts/inventory-reader.ts',
  'manager/doors/api/still-there.ts',
  'manager/doors/console/server.ts',
  'manager/doors/event-streams.ts',
  'manager/main.ts',
  'manager/notifications/lookup.ts',
  'manager/notifications/mail/server.ts',
  'manager/notifications/webhook.ts',
  'manager/service/exec.ts',
  'manager/store',
  'manager/vm-images/files',
  'manager/doors/web/answering.ts',
  'manager/doors/web/assets.ts',
  'manager/doors/web/live.ts',
  'manager/doors/web/matrix-cells.ts',
  'manager/doors/web/server.ts',
]
