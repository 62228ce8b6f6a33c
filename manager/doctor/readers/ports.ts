// The sockets of this machine and whose they are: /proc/net, and the descriptors of processes as far as they may be seen.
import { readdir, readFile, readlink } from 'node:fs/promises'
import { type Holder, parseSockets, type SeenPorts, type Socket } from '../checks/ports.ts'
import { type Reading, read, unread } from '../finding.ts'

export async function readPorts(): Promise<Reading<SeenPorts>> {
  const sockets: Socket[] = []
  for (const protocol of ['udp', 'tcp'] as const) {
    for (const version of ['', '6']) {
      const file = `/proc/net/${protocol}${version}`
      try {
        sockets.push(...parseSockets(protocol, await readFile(file, 'utf8')))
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException
        if (code === 'ENOENT' && version === '6') continue // no IPv6
        return unread(`${file}: ${message}`)
      }
    }
  }
  return read({ sockets, holders: await holdersOf() })
}

async function holdersOf(): Promise<ReadonlyMap<string, Holder>> {
  const holders = new Map<string, Holder>()
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const inodes = await socketsOf(pid)
    if (inodes.length === 0) continue
    const holder = { pid: Number(pid), name: (await ifThere(`/proc/${pid}/comm`))?.trim() ?? 'a process', words: await wordsOf(pid) }
    for (const inode of inodes) holders.set(inode, holder)
  }
  return holders
}

/** None of a process that has gone, or is another user's. */
async function socketsOf(pid: string): Promise<readonly string[]> {
  const fds = await readdir(`/proc/${pid}/fd`).catch(() => [])
  const targets = await Promise.all(fds.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')))
  return targets.flatMap((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? [])
}

async function wordsOf(pid: string): Promise<readonly string[]> {
  return ((await ifThere(`/proc/${pid}/cmdline`)) ?? '').split('\0')
}

async function ifThere(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined)
}
