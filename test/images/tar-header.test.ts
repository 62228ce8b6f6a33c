import test from 'ava'
import fc from 'fast-check'
import { readTar, type TarEntry } from '../../images/tar.ts'
import { headerOf, paddingOf } from '../../images/tar-header.ts'
import { memorySource } from './fake-image.ts'

const bytes = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength, min: 1 }).map((array) => Buffer.from(array))
/** No directory by its name alone. */
const path = bytes(1, 400).filter((one) => one.at(-1) !== 0x2f)

test('what is written as a header is read again as the same entry, however long its names and large its numbers', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      path,
      path,
      fc.constantFrom('regular', 'directory', 'symlink', 'hardlink', 'fifo', 'block', 'character'),
      fc.record({
        mode: fc.nat(0o7777),
        uid: fc.nat(2 ** 31 - 1),
        gid: fc.nat(2 ** 31 - 1),
        mtimeSeconds: fc.nat(2 ** 31 - 1),
        deviceMajor: fc.nat(4095),
        deviceMinor: fc.nat(262_143),
      }),
      bytes(0, 1500),
      bytes(0, 300),
      async (name, target, kind, numbers, content, value) => {
        const size = kind === 'regular' ? content.length : 0
        const isDevice = kind === 'block' || kind === 'character'
        const entry: TarEntry = {
          ...numbers,
          kind,
          path: name,
          linkTarget: kind === 'symlink' || kind === 'hardlink' ? target : Buffer.alloc(0),
          size,
          deviceMajor: isDevice ? numbers.deviceMajor : 0,
          deviceMinor: isDevice ? numbers.deviceMinor : 0,
          mtimeNanoseconds: 0,
          xattrs: new Map([['user.a', value]]),
          start: 0,
          dataOffset: 0,
          end: 0,
        }
        const tar = Buffer.concat([headerOf(entry), content.subarray(0, size), Buffer.alloc(paddingOf(size)), Buffer.alloc(1024)])
        const read = []
        for await (const one of readTar(memorySource(tar))) read.push(one)
        t.is(read.length, 1)
        t.deepEqual({ ...read[0], start: 0, dataOffset: 0, end: 0 }, entry)
      },
    ),
    { numRuns: 300 },
  )
})
