// Sticks for tests: an image whose initramfs says that it knows sticks, and what Debian's tools find on what was made.
import { writeFile } from 'node:fs/promises'
import { Writable } from 'node:stream'
import { execa } from 'execa'
import { type CpioEntry, encodeCpio } from '../../../images/dom0/cpio.ts'

/** As our recipe makes it, packed or not. */
export async function stickInitramfs(packed: 'zstd' | 'plain', files: readonly string[] = ['init', 'bin/stick']): Promise<Buffer> {
  const archive = encodeCpio(files.map((path): CpioEntry => ({ kind: 'file', path, mode: 0o755, data: Buffer.from('#!/bin/sh\n') })))
  if (packed === 'plain') return archive
  const { stdout } = await execa('zstd', ['-q', '-c'], { input: archive, encoding: 'buffer' })
  return Buffer.from(stdout)
}

export class Kept extends Writable {
  readonly #chunks: Buffer[] = []
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#chunks.push(chunk)
    done()
  }
  get bytes(): Buffer {
    return Buffer.concat(this.#chunks)
  }
}

/** The file's content on the ISO; rejects when it is not there. */
export async function fileOnIso(iso: string, path: string, folder: string): Promise<Buffer> {
  const to = `${folder}/extracted-${path.replaceAll('/', '_')}`
  await execa('xorriso', ['-osirrox', 'on', '-indev', `stdio:${iso}`, '-extract', path, to])
  const { stdout } = await execa('cat', [to], { encoding: 'buffer', stripFinalNewline: false })
  return Buffer.from(stdout)
}

/** The EFI system partition by the GPT: its type, and a file of its own with its content. */
export async function efiPartition(iso: string, bytes: Buffer, folder: string): Promise<{ readonly type: string; readonly image: string }> {
  const { stdout } = await execa('sgdisk', ['-i', '2', iso])
  const number = (name: string) => Number(new RegExp(`^${name}: (\\d+)`, 'm').exec(stdout)?.[1])
  const image = `${folder}/esp.img`
  await writeFile(image, bytes.subarray(number('First sector') * 512, (number('Last sector') + 1) * 512))
  return { type: /^Partition GUID code: \S+ \((.*)\)/m.exec(stdout)?.[1] ?? '', image }
}
