// Arguments of procedures that are refused all the same: sattr3, sattrguard3, createhow3, mknoddata3
// (RFC 1813 sections 2.5.3, 3.3.2, 3.3.8, 3.3.11). Read only to tell a sound call from garbage.
import type { Cursor } from '../../wire/cursor.ts'
import { readBool } from '../xdr.ts'

const SET_TO_CLIENT_TIME = 2
const UNCHECKED = 0
const GUARDED = 1
const EXCLUSIVE = 2
const NF3BLK = 3
const NF3CHR = 4
const NF3SOCK = 6
const NF3FIFO = 7

export function readSattr3(cursor: Cursor): void {
  for (const field of ['mode', 'uid', 'gid']) if (readBool(cursor, `set_${field}`)) cursor.u32(field)
  if (readBool(cursor, 'set_size')) cursor.u64('size')
  for (const field of ['atime', 'mtime']) {
    const how = cursor.u32(`set_${field}`)
    if (how > SET_TO_CLIENT_TIME) cursor.fail(`set_${field}`, `${how} is no time_how`)
    if (how === SET_TO_CLIENT_TIME) cursor.u64(field)
  }
}

export function readSattrguard3(cursor: Cursor): void {
  if (readBool(cursor, 'guard check')) cursor.u64('guard obj_ctime')
}

export function readCreatehow3(cursor: Cursor): void {
  const mode = cursor.u32('createmode3')
  switch (mode) {
    case UNCHECKED:
    case GUARDED:
      readSattr3(cursor)
      return
    case EXCLUSIVE:
      cursor.u64('createverf3')
      return
    default:
      cursor.fail('createmode3', `${mode} is none`)
  }
}

export function readMknoddata3(cursor: Cursor): void {
  const type = cursor.u32('ftype3')
  switch (type) {
    case NF3BLK:
    case NF3CHR:
      readSattr3(cursor)
      cursor.u64('specdata3')
      return
    case NF3SOCK:
    case NF3FIFO:
      readSattr3(cursor)
      return
    default:
      if (type < 1 || type > NF3FIFO) cursor.fail('ftype3', `${type} is none`)
  }
}
