// `hostless whoami`: as whom the manager takes who asks it from here, and until when.
import type { Command } from 'commander'
import type { WhoAmI } from '../../contract/access.ts'
import type { World } from '../engine/answer.ts'
import { type ApiOptions, apiSettings, tokenPlace } from '../engine/api/settings.ts'
import { id, iso, text, time } from '../engine/columns.ts'
import type { Report } from '../engine/output/output.ts'
import { addListing } from '../engine/pool-command.ts'

export function addWhoamiCommand(program: Command, world: World): void {
  addListing<ApiOptions>(program, world, {
    name: 'whoami',
    description: 'who you are to which manager, as what, by which token, and until when',
    examples: [
      ['whoami', 'before something that cannot be taken back'],
      ['whoami --columns expires --no-headers', 'for a script'],
    ],
    changes: [],
    like: () => whoamiReport({ user: '', role: 'viewer' }, '', ''),
    load: async (api, _args, options) => {
      const { url } = await apiSettings(options, world.environment)
      return { report: whoamiReport(await api.access.whoami(), url.origin, tokenPlace(options, world.environment)) }
    },
  })
}

/** `kept`: where the token lies. */
function whoamiReport({ user, role, issuer, by }: WhoAmI, manager: string, kept: string): Report {
  const columns = [
    ...[text('user', 'User'), text('from', 'From'), text('role', 'Role'), text('manager', 'Manager'), text('label', 'Token')],
    ...[id('id', 'Id'), text('kept', 'Kept in'), time('expires', 'Good until')],
  ]
  const row = {
    user,
    from: issuer ?? 'local',
    role,
    manager,
    label: by?.label ?? null,
    id: by?.id ?? null,
    kept,
    expires: iso(by?.expires),
  }
  return { name: 'whoami', sections: [{ name: 'whoami', item: 'who', title: '', shape: 'record', columns, rows: [row], empty: '' }] }
}
