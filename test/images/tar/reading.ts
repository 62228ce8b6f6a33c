// A tar read to its end, or refused.
import { readTar, type TarEntry, TarError, type TarSource } from '../../../images/tar.ts'
import { memorySource } from '../fake-image.ts'

export async function entriesOf(source: TarSource): Promise<TarEntry[]> {
  const entries: TarEntry[] = []
  for await (const entry of readTar(source)) entries.push(entry)
  return entries
}

export const read = (bytes: Buffer): Promise<TarEntry[]> => entriesOf(memorySource(bytes))

export async function fails(bytes: Buffer): Promise<TarError> {
  try {
    await read(bytes)
  } catch (error) {
    if (error instanceof TarError) return error
    throw error
  }
  throw new Error('the tar was accepted')
}
