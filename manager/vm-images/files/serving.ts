// An image's list or content, opened for a host: what does not match what was kept is not begun with.
import type { FileHandle } from 'node:fs/promises'
import { readExactly } from '../../../images/store/files.ts'
import type { DiskImages, ImagePart, OpenedPart } from '../../agents/disk-images.ts'
import { contentOffset } from '../block-list.ts'
import type { ImageFolder } from './folder.ts'

/** Bytes that a stream holds in memory. */
const PIECE = 256 << 10

export function servedImages(folder: ImageFolder): DiskImages {
  return { open: (id, part) => openPart(folder, id, part) }
}

async function openPart(folder: ImageFolder, id: string, part: ImagePart): Promise<OpenedPart> {
  const facts = await folder.facts(id)
  if (!facts) return { kind: 'refused', status: 404, reason: `this manager has no image ${id}` }
  if (part.kind === 'content' && part.from > facts.blocks) {
    return { kind: 'refused', status: 416, reason: `image ${id} has ${facts.blocks} blocks, not ${part.from}` }
  }
  const { handle, size } = await folder.openFile(id, part.kind === 'list' ? 'blocks.json' : 'content')
  const start = part.kind === 'list' ? 0 : contentOffset(facts.keptBytes, part.from)
  const close = () => handle.close()
  if (part.kind === 'content' && size !== facts.keptBytes) {
    await close()
    return { kind: 'refused', status: 500, reason: `image ${id} is damaged: its content has ${size} bytes, not ${facts.keptBytes}` }
  }
  return { kind: 'opened', bytes: size - start, pieces: pieces(handle, start, size), close }
}

/** Rejects when the file has become shorter: the host then has less than it was promised. */
async function* pieces(handle: FileHandle, start: number, end: number): AsyncGenerator<Buffer> {
  for (let at = start; at < end; at += PIECE) yield await readExactly(handle, at, Math.min(PIECE, end - at))
}
