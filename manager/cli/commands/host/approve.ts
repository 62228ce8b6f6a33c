// `hostless host approve`: shows who is let in, and lets in those that it has shown, with names and groups if they are to have some. The
// others of an operator's acts are change.ts's.

import { type Command, Option } from 'commander'
import { type Host, MOST_ADMITTED } from '../../../contract/hosts.ts'
import { namesMade } from '../../../protocol/name-pattern.ts'
import { sayIdentity } from '../../../wording.ts'
import type { World } from '../../engine/answer.ts'
import type { PoolApi } from '../../engine/api/calls.ts'
import { everyHost } from '../../engine/api/every-host.ts'
import { text } from '../../engine/columns.ts'
import { CommandFailure } from '../../engine/failure.ts'
import { listReport } from '../../engine/list-report.ts'
import { confirm, doToEach, type Outcome, tellOutcomes } from '../../engine/outcomes.ts'
import type { OutputOptions } from '../../engine/output/options.ts'
import { type Report, render } from '../../engine/output/output.ts'
import { oneLine } from '../../engine/output/text.ts'
import { addDoing } from '../../engine/pool-command.ts'
import { pickHosts, type Selected } from '../../engine/selecting.ts'
import { allWithin } from '../../engine/within.ts'

const ORDERS = ['port', 'name', 'seen'] as const

interface ApproveOptions {
  readonly yes?: true
  readonly seen?: string
  readonly names?: string
  readonly groups?: readonly string[]
  readonly order: (typeof ORDERS)[number]
  readonly pending?: true
  readonly dryRun?: true
}

export function addApprove(host: Command, world: World): void {
  addDoing<ApproveOptions>(host, world, {
    name: 'approve [selector...]',
    description: 'let machines that wait into the pool, and those that boot as a host and are not as it was known (new hardware)',
    examples: [
      ["host approve 'node[01-04]'", 'four that were looked at: hostless host show says what each is, and what it was'],
      ["host approve --pending --names 'node{01..37}' --groups rack3", 'all that wait, named by the ports of their switches'],
      ["host approve --pending --names 'node{01..}' --dry-run", 'which would be which'],
      ['host approve node01 --seen 0f1e2d3c4b5a6978', 'no other machine than the one that host show told this of'],
    ],
    options: (command) =>
      command
        .option('--pending', 'all that wait and are no host yet, as far as a selector leaves them')
        .option('--names <pattern>', 'of these, in this order: node{01..37}, or node{01..} for as many as they are')
        .option('--groups <group...>', 'that they are to be in')
        .addOption(
          new Option('--order <order>', 'of --names: by switch and port (LLDP), by their names, by when they were first seen')
            .choices(ORDERS)
            .default('port'),
        )
        .option('--dry-run', 'only say who would be let in, as what')
        .option('--yes', 'do not ask whether another machine is to be the host')
        .option('--seen <word>', 'of one host: what host show said beside "Approve with --seen"'),
    act: async (api, args, options) => {
      const { output, yes, seen, pending, order, names, groups = [], dryRun } = options
      if (args.length === 0 && !pending) throw new CommandFailure('which machines? A selector, or --pending', 2)
      const picked = await allWithin(api, pickHosts(args, await everyHost(api)))
      const selected = chosen(picked, pending, names === undefined && !dryRun ? 'name' : order)
      const { items } = selected
      if (seen !== undefined && items.length !== 1) throw new CommandFailure('--seen is of one host', 2)
      const made = names === undefined ? undefined : namesMade(names, items.length)
      if (made?.kind === 'refused') throw new CommandFailure(made.reason, 2)
      if (dryRun) return world.out.write(render(planReport(items, made?.names), output, world.out))
      for (const [at, one] of items.entries()) if (one.seen !== undefined) world.err.write(`${sayWaiting(one, made?.names[at])}\n`)
      const others = items.filter(({ change }) => change !== undefined && seen === undefined)
      if (others.length > 0) {
        const who = others.map(({ name }) => oneLine(name)).join(', ')
        await confirm(`Is the machine that boots as ${who} from now on ${others.length === 1 ? 'that host' : 'each of them'}?`, yes, world)
      }
      if (names !== undefined || groups.length > 0) return admit(api, selected, { ...options, groups }, world)
      const act = async (one: Host) => (await api.hosts.approve({ ref: one.id, seen: seen ?? one.seen })).state
      await doToEach(selected, 'host', ({ name }) => name, act, { world, output })
    },
  })
}

function chosen({ items, missing }: Selected<Host>, pending: true | undefined, order: ApproveOptions['order']): Selected<Host> {
  const waiting = pending ? items.filter(({ trust, change }) => trust === 'pending' && !change) : items
  return { items: waiting.toSorted(BY[order]), missing }
}

const natural = new Intl.Collator('en', { numeric: true }).compare
const byName = (a: Host, b: Host): number => natural(a.name, b.name)

const BY: Readonly<Record<ApproveOptions['order'], (a: Host, b: Host) => number>> = {
  name: byName,
  seen: (a, b) => a.created - b.created || byName(a, b),
  /** Who hears no switch comes last. */
  port: (a, b) => {
    const [one, other] = [a.hardware?.link, b.hardware?.link]
    if (!one || !other) return Number(!one) - Number(!other) || byName(a, b)
    return natural(one.switch, other.switch) || natural(one.port, other.port) || byName(a, b)
  },
}

async function admit(
  api: PoolApi,
  { items, missing }: Selected<Host>,
  { names, groups, seen, output }: ApproveOptions & OutputOptions & { readonly groups: readonly string[] },
  world: Pick<World, 'out'>,
): Promise<void> {
  if (items.length > MOST_ADMITTED)
    throw new CommandFailure(`${MOST_ADMITTED} machines are let in at once, and these are ${items.length}`, 2)
  if (items.length === 0 && missing.length === 0) throw new CommandFailure('no machine waits', 4)
  const machines = items.map(({ id: ref, seen: own }) => ({ ref, ...((seen ?? own) === undefined ? {} : { seen: seen ?? own }) }))
  const answer = await api.hosts.admit({ hosts: machines, groups: [...groups], ...(names === undefined ? {} : { names }) })
  const before = new Map(items.map(({ id, name }) => [id as string, name]))
  const outcomes: Outcome[] = [
    ...answer.admitted.map(({ ref, name }): Outcome => ({ name: before.get(ref) ?? ref, result: 'done', detail: `approved as ${name}` })),
    ...answer.refused.map(({ name, reason }): Outcome => ({ name, result: 'refused', detail: reason })),
    ...missing.map((name): Outcome => ({ name, result: 'missing', detail: 'no host is called so' })),
  ]
  tellOutcomes(outcomes, 'host', { world, output })
}

function planReport(hosts: readonly Host[], names: readonly string[] | undefined): Report {
  const columns = [
    text('host', 'HOST'),
    text('becomes', 'BECOMES'),
    text('switch', 'SWITCH'),
    text('port', 'PORT'),
    text('machine', 'MACHINE'),
  ]
  const rows = hosts.map(({ name, hardware }, at) => ({
    ...{ host: name, becomes: names?.[at] ?? name, switch: hardware?.link?.switch ?? null, port: hardware?.link?.port ?? null },
    machine: [hardware?.manufacturer, hardware?.product, hardware?.serial].filter(Boolean).join(' ') || null,
  }))
  return listReport('machines', 'machine', columns, rows, 'No machine waits.')
}

function sayWaiting({ name, uuid, macs, hardware, change }: Host, becomes: string | undefined): string {
  const who = becomes === undefined || becomes === name ? name : `${name} → ${becomes}`
  if (change) return oneLine(`${who}: now ${sayIdentity(change.is)}; known was ${sayIdentity(change.was)}`)
  const { product, serial, link } = hardware ?? {}
  return oneLine(`${who}: ${sayIdentity({ uuid, macs, product, serial })}${link ? `, at ${link.switch} ${link.port}` : ''}`)
}
