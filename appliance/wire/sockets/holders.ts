// Who has a UDP port, for the message that it is taken.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import koffi from 'koffi'
import { inodesOnPort } from '../explain.ts'

/** The processes that have a UDP socket on this port, as far as /proc lets us see. */
export function holdersOf(port: number): readonly string[] {
  const errno = koffi.errno()
  const inodes = new Set(inodesOnPort(ifThere(() => readFileSync('/proc/net/udp', 'utf8')) ?? '', port))
  const holders = (ifThere(() => readdirSync('/proc')) ?? [])
    .filter((entry) => /^\d+$/.test(entry) && socketInodesOf(entry).some((inode) => inodes.has(inode)))
    .map((pid) => `${ifThere(() => readFileSync(`/proc/${pid}/comm`, 'utf8').trim()) ?? 'a process'} (pid ${pid})`)
  koffi.errno(errno)
  return holders
}

function socketInodesOf(pid: string): readonly string[] {
  const fds = ifThere(() => readdirSync(`/proc/${pid}/fd`)) ?? []
  return fds.flatMap((fd) => ifThere(() => readlinkSync(`/proc/${pid}/fd/${fd}`))?.match(/^socket:\[(\d+)\]$/)?.[1] ?? [])
}

/** Processes and descriptors come and go while we look, and others' are hidden from us: then only an explanation is poorer. */
function ifThere<Value>(read: () => Value): Value | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
