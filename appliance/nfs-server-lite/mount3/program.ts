// Program 100005 version 3, MOUNT (RFC 1813 section 5): NULL MNT DUMP UMNT UMNTALL EXPORT.
import type { Cursor, Writer } from '../../wire/cursor.ts'
import { exportPath } from '../../wire/generation.ts'
import { type Caller, type Effect, NO_EFFECT, NULL, type Program } from '../program.ts'
import { AUTH_SYS } from '../rpc.ts'
import { readOpaque, writeBool, writeOpaque } from '../xdr.ts'
import type { MountRefusal } from './mounts.ts'
import { canonicalPath, findMountPoint } from './path.ts'

const MNT3_OK = 0
/** mountstat3, RFC 1813 section 5.1.5. */
const MOUNTSTAT3: Readonly<Record<MountRefusal, number>> = { MNT3ERR_NOENT: 2, MNT3ERR_ACCES: 13, MNT3ERR_NOTDIR: 20 }
/** MNTPATHLEN: longer ones are GARBAGE_ARGS. */
const MNTPATHLEN = 1024

export const MOUNT_PROGRAM: Program = {
  name: 'MOUNT',
  prog: 100005,
  vers: 3,
  procedures: [
    NULL,
    { name: 'MNT', handle: mnt },
    { name: 'DUMP', handle: dump },
    { name: 'UMNT', handle: umnt },
    { name: 'UMNTALL', handle: umntall },
    { name: 'EXPORT', handle: listExports },
  ],
}

/** RFC 1813 section 5.2.1. */
function mnt(args: Cursor, caller: Caller, result: Writer): Effect {
  const dirpath = readDirpath(args)
  const path = canonicalPath(dirpath)
  const point = findMountPoint(dirpath, caller)
  if (point.kind === 'refused') {
    result.u32(MOUNTSTAT3[point.reason])
    return { kind: 'mount', event: { kind: 'refused', path, reason: point.reason } }
  }
  const { generation } = point.source
  result.u32(MNT3_OK)
  writeOpaque(result, caller.filehandles.encode(generation, point.file))
  result.u32(1).u32(AUTH_SYS)
  return { kind: 'mount', event: { kind: 'mounted', path, generation } }
}

/** RFC 1813 section 5.2.2. Over UDP, where a sender is easily forged, only for those that may read something. */
function dump(args: Cursor, caller: Caller, result: Writer): Effect {
  args.end('arguments')
  const { clientAddress: asker, exports, mayRead, mounts, transport } = caller
  const isTold = transport === 'tcp' || exports.list().some((source) => mayRead(asker, source))
  for (const { clientAddress, path } of isTold ? mounts : []) {
    writeBool(result, true)
    writeOpaque(result, Buffer.from(clientAddress, 'latin1'))
    writeOpaque(result, Buffer.from(path, 'latin1'))
  }
  writeBool(result, false)
  return NO_EFFECT
}

/** RFC 1813 section 5.2.3. */
function umnt(args: Cursor, _caller: Caller, _result: Writer): Effect {
  return { kind: 'mount', event: { kind: 'unmounted', path: canonicalPath(readDirpath(args)) } }
}

/** RFC 1813 section 5.2.4. */
function umntall(args: Cursor, _caller: Caller, _result: Writer): Effect {
  args.end('arguments')
  return { kind: 'mount', event: { kind: 'unmounted-all' } }
}

/** RFC 1813 section 5.2.5: those that the caller may read, without groups. */
function listExports(args: Cursor, { exports, mayRead, clientAddress }: Caller, result: Writer): Effect {
  args.end('arguments')
  for (const source of exports.list()) {
    if (!mayRead(clientAddress, source)) continue
    writeBool(result, true)
    writeOpaque(result, Buffer.from(exportPath(source.image, source.generation)))
    writeBool(result, false)
  }
  writeBool(result, false)
  return NO_EFFECT
}

function readDirpath(args: Cursor): Buffer {
  const dirpath = readOpaque(args, MNTPATHLEN, 'dirpath')
  args.end('arguments')
  return dirpath
}
