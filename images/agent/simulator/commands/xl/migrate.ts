// xl migrate and xl migrate-receive. With -s '' the last argument is the transport: a command that carries the stream both ways.
import type { Domain } from '../../state/domain.ts'
import type { Migration } from '../../state/migrating.ts'
import { canReach, hostOf, type Site, withRam } from '../../state/site.ts'
import { type Context, did, type Ended, failed, here, type Outcome } from '../command.ts'
import { parseOptions } from '../options.ts'
import { withFound } from './domains.ts'

/** KiB a millisecond that memory goes over with: of a 10 Gbit link. */
const RATE = 1_000

export function migrate(context: Context, args: readonly string[]): Outcome {
  const options = parseOptions(context, args, { flags: ['-e', '--debug', '-p'], valued: ['-s', '-C'] })
  const [name, command = ''] = options.rest
  let outcome: Outcome | undefined
  const found = withFound(context, name, (domain) => {
    outcome = send(context, domain, options.value('-s') === '' ? command : `ssh ${command} xl migrate-receive`, options.has('-p'))
    return did(context.site)
  })
  return outcome ?? found
}

function send(context: Context, domain: Domain, command: string, staysPaused: boolean): Outcome {
  const { site, host } = context
  if (domain.type === 'pv')
    return failed(
      context,
      1,
      `xc: error: Failed to enable logdirty: 95: Internal error\nlibxl: error: libxl_stream_write.c:350:libxl__xc_domain_save_done: Domain ${domain.domid}:saving domain: domain did not respond to suspend request: Operation not supported\nmigration sender: libxl_domain_suspend failed (rc=-3)\nMigration failed, resuming at sender.`,
    )
  const transport = transportFor(site, host, command)
  if (!transport)
    return failed(context, 1, `migration sender: the transport ended at once: ${command}\nMigration failed, resuming at sender.`)
  const id = site.migrations.length + 1
  const migration: Migration = {
    id,
    uuid: domain.uuid,
    from: host,
    to: transport.to,
    phase: 'sending',
    holds: transport.holds,
    staysPaused,
    brings: /\bxl migrate-receive\b/.test(command),
    due: site.now + domain.memoryKib / RATE,
  }
  return { kind: 'waiting', site: { ...site, migrations: [...site.migrations, migration] }, look: (now) => sent(now, id) }
}

function sent(site: Site, id: number): Ended | undefined {
  const migration = site.migrations.find((one) => one.id === id)
  switch (migration?.phase) {
    case 'done':
      return {
        ...did(site),
        stderr:
          'migration target: Ready to receive domain.\nmigration target: Transfer complete, requesting permission to start domain.\nmigration sender: Target has acknowledged transfer.\nmigration sender: Giving target permission to start.\nmigration target: Got permission, starting domain.\nmigration target: Domain started successsfully.\nMigration successful.\n',
      }
    case 'aborted':
      return failed({ site }, 1, `migration sender: ${migration.why ?? ''}\nMigration failed, resuming at sender.`)
    case 'sending':
    case 'received':
      return undefined
    case undefined:
      return failed({ site }, 1, 'Migration failed, resuming at sender.')
  }
}

export function receive(context: Context, args: readonly string[]): Outcome {
  parseOptions(context, args, { flags: ['-e', '--debug', '-p', '--remus', '--pause-after-migration'], valued: ['--coloft-script'] })
  const { site, host } = context
  const before = site.migrations.length
  const waits = withRam(site, host, { receivers: here(context).ram.receivers + 1 })
  return {
    kind: 'waiting',
    site: waits,
    look: (now) => {
      const ended = now.migrations.find(({ id, to, phase }) => id > before && to === host && (phase === 'done' || phase === 'aborted'))
      if (ended) return ended.phase === 'done' ? did(now) : failed({ site: now }, 1, 'migration target: Domain creation failed (code -9).')
      return undefined
    },
  }
}

/** By what was said of it; `ssh HOST xl migrate-receive` speaks for itself, and `xl migrate-receive` alone is this host. */
function transportFor(site: Site, host: string, command: string): { readonly to: string; readonly holds: boolean } | undefined {
  const known = site.transports.find((one) => command.includes(one.command))
  if (known) return canReach(site, host, known.to) ? known : undefined
  const [, far] = /^ssh (?:-\S+ )*(\S+) xl migrate-receive/.exec(command) ?? []
  if (far !== undefined) return site.hosts.has(far) && canReach(site, host, far) ? { to: hostOf(site, far).name, holds: false } : undefined
  return /^xl migrate-receive\b/.test(command) ? { to: host, holds: false } : undefined
}
