// Two network namespaces at the ends of a veth pair, and programs in them that print JSON lines.
import { createInterface } from 'node:readline'
import type { ExecutionContext } from 'ava'
import { execa } from 'execa'
import { patience } from '../patience.ts'
import { commandFor } from '../program.ts'

/** Of what is to be heard. */
export const deadlineMs = () => patience(20_000)
let pairs = 0

export type Line = Readonly<Record<string, unknown>>

/** A process of this program that prints JSON lines: what it printed so far, and a wait for the next line that fits. */
export function talker(t: ExecutionContext, namespace: string, program: URL, ...args: readonly string[]) {
  const child = execa('ip', ['netns', 'exec', namespace, ...commandFor(program, ...args)], {
    reject: false,
    buffer: { stdout: false },
  })
  const lines: Line[] = []
  const waiting = new Set<() => void>()
  createInterface({ input: child.stdout }).on('line', (text) => {
    lines.push(JSON.parse(text))
    for (const wake of waiting) wake()
  })
  const next = (what: string, fits: (line: Line) => boolean, from = 0): Promise<Line> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => finish(() => reject(new Error(`no ${what} came; heard: ${JSON.stringify(lines)}`))), deadlineMs())
      const look = () => {
        const line = lines.slice(from).find(fits)
        if (line) finish(() => resolve(line))
      }
      const finish = (settle: () => void) => {
        clearTimeout(timer)
        waiting.delete(look)
        settle()
      }
      waiting.add(look)
      look()
    })
  const end = async () => {
    child.stdin.end()
    return child
  }
  const kill = async () => {
    child.kill('SIGKILL')
    return child
  }
  t.teardown(end)
  return { lines, next, end, kill, say: (line: object) => child.stdin.write(`${JSON.stringify(line)}\n`) }
}

/** The server's end is s0 with `address`, the client's c0 without one. */
export async function namespacePair(t: ExecutionContext, address: string) {
  pairs += 1
  const [serverSpace, clientSpace] = [`hl-s${pairs}-${process.pid}`, `hl-c${pairs}-${process.pid}`]
  const ipCommand = (...args: readonly string[]) => execa('ip', args)
  for (const name of [serverSpace, clientSpace]) {
    await ipCommand('netns', 'add', name)
    t.teardown(() => ipCommand('netns', 'del', name))
    // No duplicate address detection: link-local addresses are usable at once.
    for (const key of ['net.ipv6.conf.default.accept_dad=0', 'net.ipv4.conf.default.rp_filter=0', 'net.ipv4.conf.all.rp_filter=0']) {
      await execa('ip', ['netns', 'exec', name, 'sysctl', '-qw', key])
    }
  }
  await ipCommand('-n', serverSpace, 'link', 'add', 's0', 'type', 'veth', 'peer', 'name', 'c0', 'netns', clientSpace)
  await ipCommand('-n', serverSpace, 'address', 'add', address, 'dev', 's0')
  await ipCommand('-n', serverSpace, 'link', 'set', 's0', 'up')
  await ipCommand('-n', clientSpace, 'link', 'set', 'c0', 'up')
  return { serverSpace, clientSpace }
}
