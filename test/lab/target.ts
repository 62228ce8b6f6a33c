// A shared disk for the rack: tgtd, an iSCSI target in user space, on the rack's bridge. It ends with the namespace, as all in it does.

import { existsSync } from 'node:fs'
import { readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { lastLines } from './console.ts'
import { startInNamespace } from './namespace.ts'
import { RACK_ADDRESS } from './plan.ts'
import type { Rack } from './rack.ts'

export interface Target {
  /** What hosts are told to log in to: address and, if not the standard one, port. */
  readonly portal: string
  readonly iqn: string
  /** Of its one LUN, as its VPD page 0x80 tells it. */
  readonly serial: string
  readonly bytes: number
  /** The initiators that are logged in. */
  initiators(): Promise<readonly string[]>
}

const IQN = 'iqn.2026-11.org.hostless.lab:shared'
const SERIAL = 'lab-shared-1'
const BYTES = 256 << 20
const READY_MS = 30_000

/** Ready when it resolves. `rack.folder` holds its log, the rack's runtime folder its disk and its control socket: two labs do not meet. */
export async function startTarget(rack: Rack): Promise<Target> {
  const { runtime } = rack
  const disk = join(runtime, 'shared.disk')
  const socket = join(runtime, 'tgtd')
  const logFile = join(rack.folder, 'target.log')
  await writeFile(disk, '', { mode: 0o600 })
  await truncate(disk, BYTES)
  const withSocket = ['env', `TGT_IPC_SOCKET=${socket}`]
  const child = startInNamespace(rack.namespace, [...withSocket, 'tgtd', '-f', '--iscsi', `portal=${RACK_ADDRESS}:3260`], logFile)

  const admin = async (mode: string, op: string, ...more: readonly string[]): Promise<string> => {
    const words = ['tgtadm', '--lld', 'iscsi', '--mode', mode, '--op', op, ...more]
    const { exitCode, stdout, stderr } = await rack.exec([...withSocket, ...words])
    if (exitCode !== 0) throw new Error(`${words.join(' ')}: ${stderr.trim()}`)
    return stdout
  }

  const until = Date.now() + READY_MS
  while (!existsSync(`${socket}.0`) || !(await answers(() => admin('target', 'show')))) {
    if (child.exitCode === null && Date.now() < until) await pause(50)
    else throw new Error(`the iSCSI target did not start:\n${lastLines(await readFile(logFile, 'utf8'), 5).join('\n')}`)
  }
  const [target, lun] = [
    ['--tid', '1'],
    ['--lun', '1'],
  ]
  await admin('target', 'new', ...target, '--targetname', IQN)
  await admin('logicalunit', 'new', ...target, ...lun, '--backing-store', disk)
  await admin('logicalunit', 'update', ...target, ...lun, '--params', `vendor_id=HOSTLESS,product_id=Lab LUN,scsi_sn=${SERIAL}`)
  await admin('target', 'bind', ...target, '--initiator-address', 'ALL')
  return {
    portal: RACK_ADDRESS,
    iqn: IQN,
    serial: SERIAL,
    bytes: BYTES,
    initiators: async () => initiatorsIn(await admin('target', 'show')),
  }
}

/** Of tgtadm's `I_T nexus information`: one line an initiator, `Initiator: iqn.… alias: node1`. */
export function initiatorsIn(shown: string): readonly string[] {
  return [...shown.matchAll(/^\s*Initiator: (\S+)/gm)].map(([, name = '']) => name)
}

function answers(ask: () => Promise<unknown>): Promise<boolean> {
  return ask().then(
    () => true,
    () => false,
  )
}
