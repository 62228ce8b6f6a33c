// Replies as readable text, for the golden packets.
import type { Cursor } from '../../../appliance/wire/cursor.ts'
import { type Fattr3, MOUNT, NFS, type RpcReply, readFattr3, readListing, readOpaque, readPostOpAttr, readWccData } from './wire.ts'

const FTYPE3 = ['?', 'REG', 'DIR', 'BLK', 'CHR', 'LNK', 'SOCK', 'FIFO']
const NFSSTAT3 = new Map([
  [0, 'NFS3_OK'],
  [30, 'NFS3ERR_ROFS'],
])

const handle = (bytes: Buffer) => `fh ${bytes.toString('hex')}`

function attributes(from: Fattr3 | undefined): string {
  if (!from) return 'no attributes'
  const { type = 0, mode = 0, nlink, uid, gid, size, used, rdev, fsid, fileid, mtime } = from
  const id = `fsid ${fsid?.toString(16).padStart(16, '0')} fileid ${fileid}`
  return `${FTYPE3[type]} ${mode.toString(8)} nlink ${nlink} uid ${uid} gid ${gid} size ${size} used ${used} rdev ${rdev.join(',')} ${id} mtime ${mtime?.join('.')}`
}

function listing(result: Cursor, plus: 'plain' | 'plus'): string {
  const { directory, entries, eof, verifier } = readListing(result, plus)
  const lines = entries.map((entry) => {
    const more = plus === 'plus' ? ` ${attributes(entry.attributes)} ${entry.handle ? handle(entry.handle) : 'no fh'}` : ''
    return `  ${JSON.stringify(entry.name.toString('latin1'))} fileid ${entry.fileid} cookie ${entry.cookie}${more}`
  })
  return [`${attributes(directory)}, verifier ${verifier}, ${eof ? 'eof' : 'more'}`, ...lines].join('\n')
}

function numbers(result: Cursor): string {
  const words: number[] = []
  while (result.remaining > 0) words.push(result.u32('word'))
  return words.join(' ')
}

function nfsOk(proc: number, result: Cursor): string {
  switch (proc) {
    case 1:
      return attributes(readFattr3(result))
    case 3:
      return `${handle(readOpaque(result))}, object ${attributes(readPostOpAttr(result))}, directory ${attributes(readPostOpAttr(result))}`
    case 5:
      return `${attributes(readPostOpAttr(result))}, target ${JSON.stringify(readOpaque(result).toString('latin1'))}`
    case 6: {
      const object = attributes(readPostOpAttr(result))
      const [count, eof] = [result.u32('count'), result.u32('eof')]
      return `${object}, count ${count}, eof ${eof}, data ${JSON.stringify(readOpaque(result).toString('latin1'))}`
    }
    case 16:
      return listing(result, 'plain')
    case 17:
      return listing(result, 'plus')
    default:
      return `${attributes(readPostOpAttr(result))}, words ${numbers(result)}`
  }
}

function nfs(proc: number, result: Cursor): string {
  if (proc === 0) return 'void'
  const status = result.u32('nfsstat3')
  const name = NFSSTAT3.get(status) ?? `status ${status}`
  if (status === 0) return `${name} ${nfsOk(proc, result)}`
  if (proc === 14) return `${name} from ${attributes(readWccData(result).after)}, to ${attributes(readWccData(result).after)}`
  if (proc === 15) return `${name} file ${attributes(readPostOpAttr(result))}, directory ${attributes(readWccData(result).after)}`
  return `${name} ${attributes(readWccData(result).after)}`
}

function mount(proc: number, result: Cursor): string {
  if (proc === 0 || proc === 3 || proc === 4) return 'void'
  if (proc === 1) {
    const status = result.u32('mountstat3')
    return status === 0 ? `MNT3_OK ${handle(readOpaque(result))}, flavors ${numbers(result)}` : `status ${status}`
  }
  const lines: string[] = []
  while (result.u32('follows') === 1) {
    const first = readOpaque(result).toString('latin1')
    lines.push(proc === 2 ? `${first}:${readOpaque(result).toString('latin1')}` : `${first} groups ${result.u32('groups')}`)
  }
  return lines.join('\n') || 'empty list'
}

export function describeReply(prog: number, proc: number, reply: RpcReply): string {
  if (reply.stat !== 'SUCCESS') return reply.stat
  const text = prog === NFS ? nfs(proc, reply.result) : prog === MOUNT ? mount(proc, reply.result) : numbers(reply.result) || 'void'
  reply.result.end('reply')
  return text
}
