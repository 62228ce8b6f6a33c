// HTTP: the initramfs by curl, from ours and from nginx.

import { RACK_ADDRESS } from '../lab/plan.ts'
import type { Link } from './link.ts'
import type { Metric } from './metric.ts'
import { type MicroBench, missingProgram } from './micro-bench.ts'
import { NGINX_PORT } from './nginx.ts'
import type { Side } from './options.ts'
import { startNginx } from './peers.ts'
import type { Workspace } from './workspace.ts'

const OUR_PORT = 8067
const FILE = 'initrd.img'
const FETCHES = 60
const AT_ONCE = 8
const PATIENCE_MS = 120_000

export const HTTP_BENCH: MicroBench = {
  title: `HTTP: ${FETCHES} times ${FILE} by curl`,
  peer: 'nginx',
  notes: [
    'One curl process asks for the file again and again, over one connection or over eight at once.',
    'nginx serves plain files by sendfile with a worker a core; ours is one process, looks the file up in the image, and keeps a timeline.',
  ],
  config: {},
  missing: () => missingProgram({ nginx: 'nginx-light', curl: 'curl' }),
  startPeer: ({ server }, { files }) => startNginx(server, files, FILE),
  async load(link, work, side) {
    const url = urlOf(side, work)
    return [
      await fetch(link, 'one connection', [], url),
      await fetch(link, `${AT_ONCE} at once`, ['--parallel', '--parallel-immediate', '--parallel-max', String(AT_ONCE)], url),
    ]
  },
}

function urlOf(side: Side, { generation }: Workspace): string {
  return side === 'ours' ? `http://${RACK_ADDRESS}:${OUR_PORT}/g/${generation}/${FILE}` : `http://${RACK_ADDRESS}:${NGINX_PORT}/${FILE}`
}

async function fetch(link: Link, name: string, options: readonly string[], url: string): Promise<Metric> {
  const targets = Array.from({ length: FETCHES }, () => ['--output', '/dev/null', url]).flat()
  const write = ['--write-out', '%{http_code} %{size_download}\n']
  const startedAt = performance.now()
  const { stdout } = await link.run(['curl', '--silent', '--show-error', '--fail', ...options, ...write, ...targets], PATIENCE_MS)
  const seconds = (performance.now() - startedAt) / 1000
  return { name, unit: 'MB/s', better: 'more', value: wholeBytes(stdout, FETCHES) / 1e6 / seconds }
}

/** Of curl's `status bytes` lines. Throws unless there are `count` lines of status 200 and of one size. */
export function wholeBytes(output: string, count: number): number {
  const lines = output.trim().split('\n')
  const sizes = lines.map((line) => /^200 (\d+)$/.exec(line)?.[1])
  const size = Number(sizes[0])
  if (lines.length !== count || !(size > 0) || sizes.some((other) => Number(other) !== size)) {
    throw new Error(`curl did not fetch ${count} equal files: ${[...new Set(lines)].slice(0, 4).join('; ')}`)
  }
  return size * count
}
