// One power-on of a rack that dnsmasq (DHCP, TFTP) and nfs-ganesha (root) serve. dom0 reports as it does to us, to a
// listener in the appliance's place.

import { copyFile, mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { stringify } from 'yaml'
import { z } from 'zod'
import { parseConfig } from '../../appliance/config.ts'
import { stagesOf } from '../../appliance/timeline/timeline.ts'
import { applianceConfig } from '../lab/appliance.ts'
import { lastLines } from '../lab/console.ts'
import { PROJECT } from '../lab/folders.ts'
import { startInNamespace } from '../lab/namespace.ts'
import type { RackNode } from '../lab/node.ts'
import { RACK_ADDRESS } from '../lab/plan.ts'
import type { Rack } from '../lab/rack.ts'
import { OUR_BOOT } from './boot-ours.ts'
import { bootDnsmasq } from './dnsmasq.ts'
import { LogTail } from './log-tail.ts'
import { peerScript, REPORT_PORT } from './peer-script.ts'
import { peerAttempts, type ReceivedReport } from './peer-timeline.ts'
import { startDnsmasq, startGanesha } from './peers.ts'
import { type NodeBoot, nodeBoot } from './stages.ts'
import type { Workspace } from './workspace.ts'

const LOOK_MS = 20
const LISTEN_MS = 20_000

const reportSchema = z.object({ at: z.number(), attempt: z.string(), body: z.string() })

/** Rejects with the consoles' last lines when not all are up after `deadlineMs`. */
export async function bootPeer(rack: Rack, work: Workspace, deadlineMs: number): Promise<readonly NodeBoot[]> {
  const root = await work.root()
  const tftpRoot = await makeTftpRoot(rack.folder, work)
  await startGanesha(rack, root)
  const news = await LogTail.open(await startDnsmasq(rack, bootDnsmasq({ leaseFile: join(rack.folder, 'leases'), tftpRoot })))
  const reports = await startListener(rack)
  try {
    await Promise.all(rack.nodes.map((node) => node.power('on')))
    return await waitUp(rack, { news, reports }, deadlineMs)
  } finally {
    await Promise.all([news.close(), reports.close()])
  }
}

async function makeTftpRoot(folder: string, work: Workspace): Promise<string> {
  const tftpRoot = join(folder, 'tftp')
  await mkdir(tftpRoot)
  for (const file of ['xen', 'vmlinuz', 'initrd.img']) await symlink(join(work.files, file), join(tftpRoot, file))
  await copyFile('/usr/lib/ipxe/undionly.kpxe', join(tftpRoot, 'undionly.kpxe'))
  // The defaults of the same configuration that our side boots with.
  const parsed = parseConfig(stringify(applianceConfig([], '/nowhere', { boot: OUR_BOOT })), 'the rack of ours', {})
  if (parsed.kind === 'refused') throw new Error('the configuration of our side is refused')
  await writeFile(join(tftpRoot, 'boot.ipxe'), peerScript(parsed.config.boot))
  return tftpRoot
}

async function startListener(rack: Rack): Promise<LogTail> {
  const log = join(rack.folder, 'reports.log')
  const program = join(import.meta.dirname, 'report-listener.ts')
  startInNamespace(rack.namespace, [process.execPath, '--import', 'tsx', program, RACK_ADDRESS, String(REPORT_PORT)], log, PROJECT)
  const tail = await LogTail.open(log)
  const until = Date.now() + LISTEN_MS
  while (tail.lines[0]?.text !== 'listening') {
    if (Date.now() > until) throw new Error(`the listener for reports did not start:\n${tail.lines.map(({ text }) => text).join('\n')}`)
    await pause(LOOK_MS)
    await tail.look()
  }
  return tail
}

interface Sources {
  readonly news: LogTail
  readonly reports: LogTail
}

async function waitUp(rack: Rack, { news, reports }: Sources, deadlineMs: number): Promise<readonly NodeBoot[]> {
  const until = Date.now() + deadlineMs
  for (;;) {
    await Promise.all([news.look(), reports.look()])
    const attempts = peerAttempts(news.lines, reports.lines.slice(1).map(readReport))
    const boots = rack.nodes.flatMap((node) => {
      const attempt = attempts.get(node.mac)
      if (!attempt || node.poweredOnAt === undefined) return []
      return nodeBoot(node.name, node.poweredOnAt, stagesOf(attempt)) ?? []
    })
    if (boots.length === rack.nodes.length) return boots
    if (Date.now() >= until) throw new Error(await explainFailure(rack, boots, deadlineMs))
    await pause(LOOK_MS)
  }
}

function readReport({ text }: { readonly text: string }): ReceivedReport {
  return reportSchema.parse(JSON.parse(text))
}

async function explainFailure(rack: Rack, up: readonly NodeBoot[], deadlineMs: number): Promise<string> {
  const missing = rack.nodes.filter(({ name }) => !up.some(({ node }) => node === name))
  const consoles = await Promise.all(missing.map(describeConsole))
  return [
    `not up within ${deadlineMs / 1000} s from dnsmasq and nfs-ganesha: ${missing.map(({ name }) => name).join(', ')}`,
    ...consoles,
    `Logs: ${rack.folder}`,
  ].join('\n')
}

async function describeConsole({ name, consoleText }: RackNode): Promise<string> {
  return [`${name}:`, ...lastLines(await consoleText(), 12).map((line) => `    ${line}`)].join('\n')
}
