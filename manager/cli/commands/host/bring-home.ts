// `hostless host bring-home`: the guests that an evacuation has moved away come back, in an order in which all of it fits.

import type { Command } from 'commander'
import type { HomecomingPlan } from '../../../contract/evacuations.ts'
import type { Host } from '../../../contract/hosts.ts'
import { textOf, type World } from '../../engine/answer.ts'
import type { PoolApi } from '../../engine/api/calls.ts'
import { everyHost } from '../../engine/api/every-host.ts'
import { addDetachOption, type DetachOptions, startOnEach } from '../../engine/automation/starting.ts'
import { bytes, text, words } from '../../engine/columns.ts'
import { CommandFailure } from '../../engine/failure.ts'
import { listReport } from '../../engine/list-report.ts'
import { addHowOptions, type MoveOptions, moveHowOf } from '../../engine/move-options.ts'
import { doToEach } from '../../engine/outcomes.ts'
import type { Report } from '../../engine/output/output.ts'
import { oneLine } from '../../engine/output/text.ts'
import { addDoing } from '../../engine/pool-command.ts'
import { pickHosts } from '../../engine/selecting.ts'

interface BringHomeOptions extends DetachOptions, Omit<MoveOptions, 'to'> {
  readonly cancel?: true
  readonly restartOthers?: true
}

export function addBringHome(host: Command, world: World): void {
  addDoing<BringHomeOptions>(host, world, {
    name: 'bring-home <selector...>',
    description:
      'after an evacuation: take its cordon away, and bring the guests home that have left, in an order in which all of it fits; of several hosts together',
    examples: [
      ['host bring-home node01 --plan', 'who would come, in which round and over which host, and why one would not'],
      ['host bring-home node01 node02', 'guests of each that are on the other change places'],
      [
        'host bring-home node01 --restart-others',
        'guests that cannot go live have a short stop; one may be down for longer, where guests are in each other’s way',
      ],
      ['host bring-home node01 --cancel', 'take back the moves under way, and put the cordon back; who is home stays there'],
    ],
    options: (command) =>
      addHowOptions(addDetachOption(command))
        .option('--cancel', 'end the one that is under way')
        .option('--restart-others', 'stop guests that cannot go live, or that are in the way of others, and start them at home'),
    act: async (api, args, { plan, cancel, restartOthers, output, detach, ...options }) => {
      const { items, missing } = pickHosts(args, await everyHost(api))
      if (cancel)
        return doToEach(
          { items, missing },
          'host',
          ({ name }) => name,
          (one) => cancelled(api, one),
          { world, output },
        )
      const how = { ...(restartOthers ? { others: 'restart' as const } : {}), ...moveHowOf(options, []) }
      const refs = items.map(({ id }) => id)
      if (!plan) {
        const nameOf = (hosts: readonly Host[]): string => hosts.map(({ name }) => name).join(', ')
        const start = () => api.evacuations.bringHome({ refs, ...how })
        return startOnEach(
          { items: items.length === 0 ? [] : [items], missing },
          { noun: 'host', nameOf, start, api, world, output, detach },
        )
      }
      const { guests } = refs.length === 0 ? { guests: [] } : await api.evacuations.homePlan({ refs, ...how })
      world.out.write(textOf({ report: homeReport(guests) }, output, world.out))
      if (missing.length > 0) throw new CommandFailure(`there is no ${missing.map(oneLine).join(', ')}`, 3)
      const staying = guests.filter(({ refusals }) => refusals.length > 0).map(({ guest }) => oneLine(guest))
      if (staying.length > 0) throw new CommandFailure(`${staying.join(', ')}: would not come home`)
    },
  })
}

const TITLE = 'bring home to '

async function cancelled(api: PoolApi, { name }: Host): Promise<string> {
  const { automations } = await api.automations.list({ which: 'open', limit: 1000 })
  const found = automations.find(({ recipe, title }) => recipe === 'bring-home' && title.slice(TITLE.length).split(', ').includes(name))
  if (!found) return 'nobody is brought home'
  await api.automations.abort({ id: found.id })
  return `automation ${found.id} is being taken back`
}

function homeReport(guests: HomecomingPlan['guests']): Report {
  const columns = [
    ...[text('guest', 'GUEST'), text('on', 'ON'), text('home', 'HOME'), words('course', 'HOW')],
    ...[bytes('disks', 'DISKS', { spare: 2 }), bytes('memory', 'MEMORY', { spare: 2 }), text('code', 'CODE'), words('why', 'WHY IT STAYS')],
    ...[text('was', 'WAS', { isHidden: true }), text('uuid', 'UUID', { isHidden: true })],
  ]
  const rows = guests.map(({ uuid, guest, on, home, was, steps, diskBytes, memoryBytes, refusals }) => ({
    ...{ guest, on: on?.name ?? null, home: home.name, course: steps.map(sayStep).join(', ') || 'stays', was, uuid },
    ...{ disks: diskBytes, memory: memoryBytes },
    code: refusals.length === 0 ? null : [...new Set(refusals.map(({ code }) => code))].join(', '),
    why: refusals.length === 0 ? null : refusals.map(({ reason }) => reason).join('; '),
  }))
  return listReport('homecomings', 'guest', columns, rows, 'No guest is away.')
}

/** `2: live to node01`. */
function sayStep({ round, to, how }: HomecomingPlan['guests'][number]['steps'][number]): string {
  switch (how) {
    case 'halt':
      return `${round}: stopped on ${to.name}`
    case 'restart':
      return `${round}: to ${to.name}, and started there`
    case 'live':
    case 'stopped':
      return `${round}: ${how} to ${to.name}`
  }
}
