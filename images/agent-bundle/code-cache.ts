// The code cache at the end of a startup snapshot that Node wrote (node_snapshotable.cc, SnapshotData::ToBlob): of each of Node's own
// modules, loaded or not, what V8 made of it. A node that starts from the file keeps all of it in memory of its own: 2.8 MB, beside 3.4 of
// the heap that is in use. Its lengths are in 8 bytes, little-endian: how many; then of each its name's length, name, data's length, data.

/** More than any Node has modules. */
const MOST_MODULES = 4096
const LONGEST_NAME = 200
const LENGTH = 8

/** The same snapshot with an empty code cache; undefined where the file does not end in one: it is written by a Node of another kind. */
export function withoutCodeCache(snapshot: Buffer): Buffer | undefined {
  for (let start = 0; start + 2 * LENGTH < snapshot.length; start++) {
    if (isCodeCache(snapshot, start)) return Buffer.concat([snapshot.subarray(0, start), Buffer.alloc(LENGTH)])
  }
  return undefined
}

function isCodeCache(snapshot: Buffer, start: number): boolean {
  const modules = lengthAt(snapshot, start, MOST_MODULES)
  if (modules === undefined || modules === 0) return false
  let at = start + LENGTH
  for (let left = modules; left > 0; left--) {
    const name = lengthAt(snapshot, at, LONGEST_NAME)
    if (name === undefined || !/^[\w./-]+$/.test(snapshot.toString('latin1', at + LENGTH, at + LENGTH + name))) return false
    const data = lengthAt(snapshot, at + LENGTH + name, snapshot.length)
    if (data === undefined) return false
    at += LENGTH + name + LENGTH + data
  }
  return at === snapshot.length
}

/** Undefined where there is none, or one beyond `most`. */
function lengthAt(snapshot: Buffer, at: number, most: number): number | undefined {
  if (at + LENGTH > snapshot.length || snapshot.readUInt32LE(at + 4) !== 0) return undefined
  const length = snapshot.readUInt32LE(at)
  return length > most ? undefined : length
}
