// `hostless appliances`: who boots the racks of this manager, and since when each was heard of.
import type { Command } from 'commander'
import type { World } from '../engine/answer.ts'
import { id, iso, number, text, time } from '../engine/columns.ts'
import { listReport } from '../engine/list-report.ts'
import type { Report, Row } from '../engine/output/output.ts'
import { addListing } from '../engine/pool-command.ts'

export function addAppliancesCommand(program: Command, world: World): void {
  addListing(program, world, {
    name: 'appliances',
    description: 'the appliances that boot hosts of this pool (hostless appliance starts one)',
    examples: [['appliances --watch', 'whether each is heard of']],
    changes: ['boot'],
    like: () => appliancesReport([]),
    load: async (api) => {
      const { appliances } = await api.boots.appliances()
      return { report: appliancesReport(appliances.map((one) => ({ ...one, firstSeen: iso(one.firstSeen), lastSeen: iso(one.lastSeen) }))) }
    },
  })
}

function appliancesReport(rows: readonly Row[]): Report {
  const columns = [
    ...[text('address', 'ADDRESS'), text('version', 'VERSION'), time('lastSeen', 'LAST SEEN')],
    ...[time('firstSeen', 'SINCE', { spare: 1 }), number('leases', 'LEASES'), number('boots', 'BOOTS'), id('id', 'ID')],
  ]
  return listReport('appliances', 'appliance', columns, rows, 'No appliance was heard of.')
}
