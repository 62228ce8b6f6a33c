// TFTP: the image's largest boot file by atftp in blocks of 1428 bytes, from ours and from dnsmasq.

import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { RACK_ADDRESS } from '../lab/plan.ts'
import { tftpDnsmasq } from './dnsmasq.ts'
import type { Link } from './link.ts'
import type { Metric } from './metric.ts'
import { type MicroBench, missingProgram } from './micro-bench.ts'
import { startDnsmasq } from './peers.ts'

const FILE = 'xen.efi'
const PORT = 69
const BLKSIZE = 1428
const FETCHES = 3
const AT_ONCE = 4
const PATIENCE_MS = 180_000

export const TFTP_BENCH: MicroBench = {
  title: `TFTP: ${FILE} by atftp, blocks of ${BLKSIZE} bytes`,
  peer: 'dnsmasq',
  notes: [
    'TFTP waits for the ACK of each block: one transfer measures the way there and back, several at once measure the server.',
    'Starting atftp is part of the time, on both sides.',
  ],
  config: {},
  missing: () => missingProgram({ dnsmasq: 'dnsmasq-base', atftp: 'atftp' }),
  async startPeer({ server }, { files }) {
    await startDnsmasq(server, tftpDnsmasq({ leaseFile: join(server.folder, 'leases'), tftpRoot: files }))
  },
  async load(link, work, side) {
    const path = side === 'ours' ? `g/${work.generation}/${FILE}` : FILE
    const { size } = await stat(join(work.files, FILE))
    return [
      await fetch(link, 'one client', path, size, 1, FETCHES),
      await fetch(link, `${AT_ONCE} clients at once`, path, size, AT_ONCE, 1),
    ]
  },
}

async function fetch(link: Link, name: string, path: string, size: number, clients: number, times: number): Promise<Metric> {
  const startedAt = performance.now()
  for (let time = 0; time < times; time += 1) {
    await Promise.all(Array.from({ length: clients }, (_, client) => fetchOnce(link, path, size, `tftp-${client}`)))
  }
  const seconds = (performance.now() - startedAt) / 1000
  return { name, unit: 'MB/s', better: 'more', value: (size * clients * times) / 1e6 / seconds }
}

/** atftp's exit code says little; what it stored says all. */
async function fetchOnce(link: Link, path: string, size: number, localName: string): Promise<void> {
  const local = join(link.server.folder, localName)
  const option = ['--option', `blksize ${BLKSIZE}`]
  const what = ['--get', '--remote-file', path, '--local-file', local, RACK_ADDRESS, String(PORT)]
  const { stderr } = await link.run(['atftp', ...option, ...what], PATIENCE_MS)
  const stored = await stat(local).catch(() => undefined)
  await rm(local, { force: true })
  if (stored?.size !== size) throw new Error(`atftp stored ${stored?.size ?? 'no'} bytes of ${size}: ${stderr.trim()}`)
}
