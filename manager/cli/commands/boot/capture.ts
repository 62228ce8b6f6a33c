// `hostless boot captures` and `hostless boot capture HOST`: the packets of boots, of whichever appliance of the site.
import { writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import type { Command } from 'commander'
import type { BootCapture, BootCaptureOrder } from '../../../contract/captures.ts'
import type { World } from '../../engine/answer.ts'
import type { PoolApi } from '../../engine/api/calls.ts'
import { type ApiOptions, addApiOptions } from '../../engine/api/settings.ts'
import { bytes, counted, id, iso, number, text, time } from '../../engine/columns.ts'
import { describedCommand } from '../../engine/described.ts'
import { CommandFailure } from '../../engine/failure.ts'
import { listReport } from '../../engine/list-report.ts'
import { type Report, type Row, showBytes } from '../../engine/output/output.ts'
import { addListing, connect } from '../../engine/pool-command.ts'

/** Bytes of a capture: far more than an appliance keeps of one. */
const LARGEST = 64 << 20

const unzipped = promisify(gunzip)

interface CaptureOptions extends ApiOptions {
  readonly order?: true
  readonly output?: string
}

export function addCaptureCommands(boot: Command, world: World): void {
  addListing(boot, world, {
    name: 'captures',
    description: 'the captures of boots that are kept, newest first, and those that are ordered: of all appliances of the site',
    examples: [['boot captures --sort host', 'of each host']],
    changes: ['boot'],
    like: () => capturesReport([]),
    load: async (api) => {
      const { captures, orders } = await api.captures.list({})
      return { report: capturesReport([...orders.map(orderRow), ...captures.map(captureRow)]) }
    },
  })

  const capture = describedCommand(boot, {
    name: 'capture <host>',
    description:
      'the packets of the last boot of a host that was captured, as a file for tshark and Wireshark; boots that fail or hang are captured by themselves (operator)',
    examples: [
      ['boot capture node07', 'into node07-<attempt>.pcapng'],
      ['boot capture 52:54:00:77:00:07 --output boot.pcapng', 'of a machine that is no host yet; or name an attempt'],
      ['boot capture node07 --order', 'of the boot that goes on, or of its next, whatever comes of it'],
    ],
  })
    .option('--order', 'order one, of whichever appliance boots the host; an order stands for a day')
    .option('--output <file>', 'where it is written (default: named by host and attempt, here)')
  addApiOptions(capture).action(async () => {
    const options = capture.opts<CaptureOptions>()
    const [host = ''] = capture.args
    const api = await connect(options, world)
    world.out.write(options.order ? await order(api, host) : await fetch(api, host, options.output))
  })
}

async function order(api: PoolApi, host: string): Promise<string> {
  await api.captures.order({ ref: host })
  return `ordered: the boot of ${host} that goes on, or its next within a day, is captured; then: hostless boot capture ${host}\n`
}

async function fetch(api: PoolApi, wanted: string, output: string | undefined): Promise<string> {
  const { captures, orders } = await api.captures.list({})
  const name = wanted.toLowerCase()
  const newest = captures.find(({ host, hostName, mac, attempt }) => [host, hostName, mac, attempt].includes(name))
  if (!newest) throw new CommandFailure(noneOf(wanted, orders), 4)
  const { attempt, host } = newest
  const { capture, gzip } = await api.captures.fetch({ attempt, ...(host === undefined ? {} : { host }) })
  const content = await unzipped(Buffer.from(gzip, 'base64'), { maxOutputLength: LARGEST }).catch((error: Error) => {
    throw new CommandFailure(`the capture of ${attempt} is damaged: ${error.message}`)
  })
  const file = output ?? `${capture.hostName ?? capture.mac.replaceAll(':', '')}-${attempt}.pcapng`
  await writeFile(file, content, { mode: 0o600 }).catch((error: Error) => {
    throw new CommandFailure(`${file} cannot be written: ${error.message}`)
  })
  const gap = capture.missed === 0 ? '' : `; ${counted(capture.missed, 'packet')} of the middle not`
  const what = `${counted(capture.packets, 'packet')} (${showBytes(content.length)})${gap}`
  return `${file}: ${what}, of the boot of ${iso(capture.began)}, ${CAUSES[capture.cause]}\ntshark -r ${file}, or wireshark ${file}\n`
}

function noneOf(wanted: string, orders: readonly BootCaptureOrder[]): string {
  const ordered = orders.find(({ host, hostName }) => [host, hostName].includes(wanted))
  const next = ordered
    ? `one is ordered since ${iso(ordered.at)}, and waits for its boot`
    : `of a host, order that of its next boot: hostless boot capture ${wanted} --order`
  return `no capture of ${wanted} is kept (hostless boot captures lists all): boots that fail are captured by themselves; ${next}`
}

const CAUSES: Readonly<Record<BootCapture['cause'], string>> = { failed: 'which failed', stuck: 'which hung', ordered: 'as ordered' }

function captureRow(one: BootCapture): Row {
  const { hostName, mac, cause, began, packets, missed, bytes: size, attempt, appliance } = one
  return { host: hostName ?? mac, cause, who: '', began: iso(began), packets, missed, bytes: size, attempt, appliance }
}

function orderRow({ hostName, who }: BootCaptureOrder): Row {
  return { host: hostName, cause: 'waits', who, began: null, packets: null, missed: null, bytes: null, attempt: '', appliance: '' }
}

function capturesReport(rows: readonly Row[]): Report {
  const columns = [
    ...[text('host', 'HOST'), text('cause', 'WHY'), time('began', 'BOOT')],
    ...[number('packets', 'PACKETS'), number('missed', 'MISSED', { spare: 1 }), bytes('bytes', 'SIZE', { spare: 2 })],
    ...[id('attempt', 'ATTEMPT'), id('appliance', 'APPLIANCE', { spare: 3 }), text('who', 'ORDERED BY', { spare: 4 })],
  ]
  return listReport('captures', 'capture', columns, rows, 'No boot has failed, and no capture was ordered.')
}
