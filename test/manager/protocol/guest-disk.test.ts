import test from 'ava'
import fc from 'fast-check'
import { deviceOf, lvOf, poolTag, readDiskTags, vgName, writeDiskTags } from '../../../manager/protocol/guest-disk.ts'
import { uuid } from '../../../manager/protocol/values.ts'

const disk = uuid.parse('00000000-0000-4000-8000-00000000000d')
const guest = uuid.parse('00000000-0000-4000-8000-00000000000e')

test('what the tags of a disk say is read again, whatever other tags stand beside them', (t) => {
  fc.assert(
    fc.property(
      fc.nat(),
      fc.nat(),
      fc.constantFrom('making' as const, 'ready' as const),
      fc.array(fc.string()),
      (generation, epoch, state, others) => {
        const tags = { disk, guest, generation, epoch, state }
        const written = writeDiskTags(tags)
        for (const tag of written) t.regex(tag, /^[A-Za-z0-9_+.\-/=!:&#]{1,128}$/)
        t.deepEqual(readDiskTags([...others.filter((other) => !other.startsWith('hostless.')), ...written]), tags)
      },
    ),
  )
})

test('a disk whose tags lack something, or say something else, is none of ours and not ready', (t) => {
  const written = writeDiskTags({ disk, guest, generation: 1, epoch: 2, state: 'ready' })
  for (const [at] of written.entries()) t.is(readDiskTags(written.filter((_, index) => index !== at)), undefined)
  t.is(readDiskTags(written.map((tag) => tag.replace('generation=1', 'generation=1x'))), undefined)
  t.is(readDiskTags(written.map((tag) => tag.replace('state=ready', 'state=done'))), undefined)
})

test('names of devices fit: lvm and device-mapper take 127 characters, of an LV with each dash doubled', (t) => {
  const longest = vgName.parse('v'.repeat(63))
  t.true(`${longest}-${lvOf(disk).replaceAll('-', '--')}`.length <= 127)
  t.true(deviceOf(disk).length <= 127)
  t.false(vgName.safeParse('-data').success)
  t.false(vgName.safeParse('..').success)
  t.true(poolTag(longest).length <= 128)
})
