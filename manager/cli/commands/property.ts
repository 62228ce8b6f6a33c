// `hostless property list|file|set`: what the site's own commands say of each host.

import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import type { World } from '../engine/answer.ts'
import { everyHost } from '../engine/api/every-host.ts'
import { counted, iso, text, time, words } from '../engine/columns.ts'
import { CommandFailure } from '../engine/failure.ts'
import { listReport } from '../engine/list-report.ts'
import type { Report, Row } from '../engine/output/output.ts'
import { addDoing, addListing } from '../engine/pool-command.ts'
import { pickHosts } from '../engine/selecting.ts'

export function addPropertyCommands(program: Command, world: World): void {
  const property = program.command('property').description('what the site’s own commands say of each host')
  addListing(property, world, {
    name: 'list [selector...]',
    description: 'the values, of all or of selected hosts',
    examples: [['property list @rack3 --watch', 'of the hosts of a group, as they change']],
    changes: ['host', 'inventory'],
    like: () => propertiesReport([]),
    load: async (api, args) => {
      const [hosts, properties] = await Promise.all([everyHost(api), api.properties.show()])
      const { items, missing } = pickHosts(args, hosts)
      const wanted = new Set(items.map(({ id }) => id))
      const rows = properties.hosts
        .filter(({ host }) => wanted.has(host))
        .flatMap(({ name, values }) =>
          values.map(({ name: key, value, type, at }) => ({ host: name, property: key, value: String(value), type, at: iso(at) })),
        )
      return { report: propertiesReport(rows), missing }
    },
  })
  addDoing(property, world, {
    name: 'file',
    description: 'the file of properties as it is set',
    examples: [['property file > properties.ini', 'to edit it']],
    act: async (api) => world.out.write((await api.properties.show()).text),
  })
  addDoing(property, world, {
    name: 'set <file>',
    description: 'another file of properties, for all hosts (admin): its commands run as root on every host',
    examples: [['property set properties.ini', '[ram_free] command=… return_type=int ticks=60']],
    act: async (api, [file = '']) => {
      const content = await readFile(file, 'utf8').catch((error: Error) => {
        throw new CommandFailure(`${file} cannot be read: ${error.message}`, 2)
      })
      const { hosts } = await api.properties.set({ text: content })
      world.out.write(`set; ${counted(hosts.length, 'host')} will report by it\n`)
    },
  })
}

function propertiesReport(rows: readonly Row[]): Report {
  const columns = [
    ...[text('host', 'HOST'), text('property', 'PROPERTY'), words('value', 'VALUE')],
    ...[text('type', 'TYPE', { spare: 2 }), time('at', 'SINCE', { spare: 1 })],
  ]
  return listReport('properties', 'property', columns, rows, 'No host has a property.')
}
