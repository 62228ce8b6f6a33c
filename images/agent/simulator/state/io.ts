// Reading and writing through the stack of devices down to the media, mirrors included: a write that DRBD has acknowledged is where
// DRBD says that it is. Pure.
import { type Content, cutOut, overwrite, paste } from './content.ts'
import { devicesOf } from './devices.ts'
import type { TableLine } from './dm.ts'
import { counted, deviceOfMinor, isMirroring, mayServe, peerOf, withAttached } from './drbd.ts'
import { addRange, toBits, withoutRange } from './drbd-resource.ts'
import { hostOf, type Site, withMedium } from './site.ts'

export type Done<Value> = { readonly kind: 'done'; readonly value: Value } | { readonly kind: 'failed'; readonly why: string }

/** A part of a device on a medium of its own; zeros; or nothing that answers. */
export type Piece =
  | { readonly kind: 'medium'; readonly medium: string; readonly at: number; readonly sectors: number; readonly offset: number }
  | { readonly kind: 'drbd'; readonly kname: string; readonly at: number; readonly sectors: number; readonly offset: number }
  | { readonly kind: 'zero' | 'error' | 'suspended'; readonly sectors: number; readonly offset: number }

/** Where a range of a device lies. It ends at a mirror: what is below is its own affair. */
export function trace(site: Site, host: string, kname: string, at: number, sectors: number, offset = 0): readonly Piece[] {
  const device = devicesOf(site, host).find((one) => one.kname === kname)
  if (!device || sectors <= 0) return [{ kind: 'error', sectors, offset }]
  switch (device.kind) {
    case 'disk':
    case 'part':
      return device.place
        ? [{ kind: 'medium', medium: device.place.medium, at: device.place.start + at, sectors, offset }]
        : [{ kind: 'error', sectors, offset }]
    case 'drbd':
      return [{ kind: 'drbd', kname, at, sectors, offset }]
    case 'loop': {
      const loop = hostOf(site, host).ram.loops.find(({ number }) => `loop${number}` === kname)
      return loop ? trace(site, host, loop.backing, at, sectors, offset) : [{ kind: 'error', sectors, offset }]
    }
    case 'dm': {
      const mapped = hostOf(site, host).ram.dm.find(({ minor }) => `dm-${minor}` === kname)
      if (!mapped?.active || mapped.suspended) return [{ kind: mapped?.suspended ? 'suspended' : 'error', sectors, offset }]
      return mapped.active.flatMap((line) => traceLine(site, host, line, at, sectors, offset))
    }
  }
}

function traceLine(site: Site, host: string, line: TableLine, at: number, sectors: number, offset: number): readonly Piece[] {
  const first = Math.max(at, line.start)
  const count = Math.min(at + sectors, line.start + line.sectors) - first
  if (count <= 0) return []
  const [inside, behind] = [first - line.start, offset + first - at]
  const { target } = line
  switch (target.kind) {
    case 'linear':
      return trace(site, host, target.device, target.offset + inside, count, behind)
    case 'snapshot-origin':
      return trace(site, host, target.device, inside, count, behind)
    case 'multipath':
      return trace(site, host, target.paths[0] ?? '', inside, count, behind)
    case 'thin':
    case 'snapshot':
      return [{ kind: 'medium', medium: target.medium, at: inside, sectors: count, offset: behind }]
    case 'zero':
      return [{ kind: 'zero', sectors: count, offset: behind }]
    case 'thin-pool':
    case 'error':
      return [{ kind: 'error', sectors: count, offset: behind }]
  }
}

export function readAt(site: Site, host: string, kname: string, at: number, sectors: number): Done<Content> {
  let read: Content = []
  for (const piece of trace(site, host, kname, at, sectors)) {
    const got = readPiece(site, host, piece)
    if (got.kind === 'failed') return got
    read = paste(read, piece.offset, piece.sectors, got.value)
  }
  return { kind: 'done', value: read }
}

function readPiece(site: Site, host: string, piece: Piece): Done<Content> {
  switch (piece.kind) {
    case 'medium':
      return { kind: 'done', value: cutOut(site.media.get(piece.medium)?.content ?? [], piece.at, piece.at + piece.sectors) }
    case 'zero':
      return { kind: 'done', value: [] }
    case 'error':
      return { kind: 'failed', why: 'Input/output error' }
    case 'suspended':
      return { kind: 'failed', why: 'suspended' }
    case 'drbd': {
      const found = deviceOfMinor(site, host, piece.kname)
      if (found?.resource.role !== 'Primary') return { kind: 'failed', why: 'Wrong medium type' }
      const { attached } = found.device
      if (attached && mayServe(attached.label)) return readAt(site, host, attached.backing, piece.at, piece.sectors)
      const peer = peerOf(site, host, found.resource)
      if (peer?.device.attached && mayServe(peer.device.attached.label))
        return readAt(site, peer.host, peer.device.attached.backing, piece.at, piece.sectors)
      return { kind: 'failed', why: 'Input/output error' }
    }
  }
}

/** The range takes the content; `kind: failed` when not all of it has been written and acknowledged. */
export function writeAt(site: Site, host: string, kname: string, at: number, sectors: number, content: Content): Done<Site> {
  let changed = site
  for (const piece of trace(site, host, kname, at, sectors)) {
    const part = cutOut(content, piece.offset, piece.offset + piece.sectors)
    const wrote = writePiece(changed, host, piece, part)
    if (wrote.kind === 'failed') return wrote
    changed = wrote.value
  }
  return { kind: 'done', value: changed }
}

export function stampAt(site: Site, host: string, kname: string, at: number, sectors: number, stamp: string): Done<Site> {
  return writeAt(site, host, kname, at, sectors, [{ at: 0, end: sectors, stamp }])
}

function writePiece(site: Site, host: string, piece: Piece, content: Content): Done<Site> {
  switch (piece.kind) {
    case 'medium': {
      const medium = site.media.get(piece.medium)
      if (!medium) return { kind: 'failed', why: 'No such device' }
      const whole = content.length === 1 && content[0]?.at === 0 && content[0].end === piece.sectors ? content[0].stamp : undefined
      const next =
        whole === undefined
          ? paste(medium.content, piece.at, piece.sectors, content)
          : overwrite(medium.content, piece.at, piece.at + piece.sectors, whole)
      return { kind: 'done', value: withMedium(site, { ...medium, content: next }) }
    }
    case 'zero':
      return { kind: 'done', value: site }
    case 'error':
      return { kind: 'failed', why: 'Input/output error' }
    case 'suspended':
      return { kind: 'failed', why: 'suspended' }
    case 'drbd':
      return writeMirrored(site, host, piece, content)
  }
}

function writeMirrored(site: Site, host: string, piece: Piece & { readonly kind: 'drbd' }, content: Content): Done<Site> {
  const found = deviceOfMinor(site, host, piece.kname)
  if (found?.resource.role !== 'Primary') return { kind: 'failed', why: 'Wrong medium type' }
  if (found.device.frozen) return { kind: 'failed', why: 'suspended' }
  const { attached } = found.device
  const range = { at: piece.at, end: piece.at + piece.sectors }
  let changed = site
  let copies = 0
  if (attached && mayServe(attached.label)) {
    const local = writeAt(changed, host, attached.backing, piece.at, piece.sectors, content)
    if (local.kind === 'failed') return local
    changed = local.value
    copies += 1
  }
  const peer = peerOf(site, host, found.resource)
  if (peer?.device.attached && isMirroring(found.resource)) {
    const far = writeAt(changed, peer.host, peer.device.attached.backing, piece.at, piece.sectors, content)
    if (far.kind === 'done') {
      changed = counted(far.value, host, found.resource.name, { sectors: piece.sectors })
      copies += 1
    }
  }
  if (copies === 0) return { kind: 'failed', why: 'Input/output error' }
  if (!attached || isMirroring(found.resource)) {
    // A whole bit that is written on both sides is in sync, a part of one is not.
    const bits = toBits(range)
    const isWhole = bits.at === range.at && bits.end === range.end
    return {
      kind: 'done',
      value:
        attached && isWhole && found.resource.connection?.sync === 'source' ? cleared(changed, host, found.device.minor, range) : changed,
    }
  }
  const { label } = attached
  return {
    kind: 'done',
    value: withAttached(changed, host, found.device.minor, { ...label, outOfSync: addRange(label.outOfSync, toBits(range)) }),
  }
}

/** No bit of this range is out of sync any more. */
function cleared(site: Site, host: string, minor: number, range: { readonly at: number; readonly end: number }): Site {
  const label = deviceOfMinor(site, host, `drbd${minor}`)?.device.attached?.label
  return label ? withAttached(site, host, minor, { ...label, outOfSync: withoutRange(label.outOfSync, range) }) : site
}
