import test, { type ExecutionContext } from 'ava'
import type { Command } from '../../../../images/agent/backend.ts'
import { makeDisk } from '../../../../images/agent/requests/make-disk.ts'
import { stampOf } from '../../../../images/agent/simulator/devices.ts'
import type { Fault } from '../../../../images/agent/simulator/faults.ts'
import { BLOCK_BYTES } from '../../../../manager/protocol/disk-image.ts'
import { deviceOf, lvOf, readDiskTags } from '../../../../manager/protocol/guest-disk.ts'
import { DISK, type DisksHost, GUEST, hostWithVg, imageOf, leaks, MIB, OTHER, taskOn } from '../disks.ts'

const NO_IMAGES = { open: () => Promise.reject(new Error('no image was asked for')) }
const LV = `data/${lvOf(DISK)}`
const BLOCK_SECTORS = BLOCK_BYTES / 512

async function isWhole(t: ExecutionContext, host: DisksHost, image = host.image): Promise<void> {
  t.deepEqual(await host.open(), { kind: 'opened', device: `/dev/mapper/${deviceOf(DISK)}`, sizeBytes: 16 * MIB })
  const wanted = image.blocks.map((block, index) => {
    const at = (JSON.parse(Buffer.from(image.list).toString()).blocks[index].at as number) * BLOCK_SECTORS
    return { at, end: at + block.length / 512, stamp: stampOf(block) }
  })
  t.deepEqual(host.content(), wanted)
  t.deepEqual(leaks(host), [])
}

test('a disk of an image has its blocks, and zeros where another tenant wrote before', async (t) => {
  const host = await hostWithVg()
  t.deepEqual(await host.make(), { kind: 'disk-made', sizeBytes: 16 * MIB, was: 'not there' })
  t.deepEqual(readDiskTags(host.tags() ?? []), { disk: DISK, guest: GUEST, generation: 1, epoch: 1, state: 'ready' })
  t.is(host.collected.at(-1), 'vgs,lvs')
  await isWhole(t, host)
})

test('a disk that is there and ready stays as it is, whatever a guest has written on it', async (t) => {
  const host = await hostWithVg()
  await host.make()
  await host.open()
  const before = host.commands.length
  t.deepEqual(await host.make(), { kind: 'disk-made', sizeBytes: 16 * MIB, was: 'there' })
  t.deepEqual([...new Set(host.commands.slice(before).map(([program]) => program))], ['lvm'])
})

test('an empty disk reads as zero, and one of a thin pool is not zeroed by hand', async (t) => {
  const host = await hostWithVg()
  const { image: _, ...empty } = host.body()
  t.like(await makeDisk(host.world, NO_IMAGES, empty, taskOn(host)), { kind: 'disk-made' })
  await host.open()
  t.deepEqual(host.content(), [])
  await host.close()
  await host.remove()
  await host.ok('lvcreate -l 6 -T data/pool')
  const before = host.commands.length
  t.like(await host.make({ thinPool: 'pool' }), { kind: 'disk-made', sizeBytes: 16 * MIB })
  t.false(host.commands.slice(before).some(([program]) => program === 'blkdiscard' || program === 'dd'))
  await isWhole(t, host)
})

test('what is there and is not this disk of this guest is left alone, whatever its state is', async (t) => {
  const tags: { readonly [tags: string]: RegExp } = {
    '': /it has no tags\. It is left alone/,
    [`hostless.disk=${DISK} hostless.guest=${GUEST}`]: /not known to be a disk of ours/,
    [`hostless.disk=${DISK} hostless.guest=${OTHER} hostless.generation=1 hostless.epoch=1 hostless.state=making`]: /of the guest 9999/,
    [`hostless.disk=${OTHER} hostless.guest=${GUEST} hostless.generation=1 hostless.epoch=1 hostless.state=ready`]: /is the disk 9999/,
    [`hostless.disk=${DISK} hostless.guest=${GUEST} hostless.generation=2 hostless.epoch=1 hostless.state=ready`]: /has generation 2/,
    [`hostless.disk=${DISK} hostless.guest=${GUEST} hostless.generation=2 hostless.epoch=1 hostless.state=making`]: /has generation 2/,
  }
  for (const [tag, told] of Object.entries(tags)) {
    const host = await hostWithVg()
    const adds = tag.split(' ').flatMap((one) => (one === '' ? [] : [`--addtag ${one}`]))
    await host.ok(`lvcreate -y -n ${lvOf(DISK)} -l 4 ${adds.join(' ')} data`.replace(/ +/g, ' '))
    const before = host.tags()
    const answer = await host.make()
    t.regex(answer.kind === 'refused' ? answer.reason : '', told)
    t.deepEqual(host.tags(), before)
    t.deepEqual(host.runs('lvremove'), [])
    t.deepEqual(host.runs('blkdiscard'), [])
  }
})

test('a VG that is full, another one of its name, or none is refused with what is so, and nothing is left', async (t) => {
  const full = await hostWithVg(24 * MIB)
  await full.ok('lvcreate -y -n x -l 3 data')
  const answer = await full.make()
  t.is(answer.kind === 'refused' && answer.reason, `the VG data has ${2 * 4 * MIB} bytes free, and ${16 * MIB} are needed`)
  t.is(full.tags(), undefined)
  t.deepEqual(full.runs('lvcreate').length, 1)
  const host = await hostWithVg()
  const other = await host.make({ vg: { name: 'data', uuid: 'Zx0ldv-aaaa-bbbb-cccc-dddd-eeee-ffffff' } })
  t.regex(other.kind === 'refused' ? other.reason : '', /the VG data of this host is another one/)
  const none = await host.make({ vg: { name: 'date', uuid: 'Zx0ldv-aaaa-bbbb-cccc-dddd-eeee-ffffff' } })
  t.regex(none.kind === 'refused' ? none.reason : '', /there is no VG date/)
})

test('a thin pool that is too full for the image, that does not zero, or is none is refused', async (t) => {
  const host = await hostWithVg()
  const none = await host.make({ thinPool: 'pool' })
  t.regex(none.kind === 'refused' ? none.reason : '', /there is no thin pool data\/pool/)
  await host.ok('lvcreate -l 4 -T data/pool')
  await host.ok('lvcreate -V 16m -T data/pool -n x')
  await host.ok('dd if=/dev/vda of=/dev/data/x bs=1M count=15')
  const full = await host.make({ thinPool: 'pool' })
  t.regex(full.kind === 'refused' ? full.reason : '', /has \d+ bytes free, and 2101248 are needed at once/)
  t.is(host.tags(), undefined)
})

test('an image that is larger than the disk, is another size than was told, or is not there makes no LV', async (t) => {
  const host = await hostWithVg()
  for (const [image, sizeBytes, told] of [
    [{ id: host.image.id, sizeBytes: 16 * MIB }, 12 * MIB, /the image has 16777216 bytes/],
    [{ id: host.image.id, sizeBytes: 8 * MIB }, 16 * MIB, /and not the 8388608 that were told/],
    [{ id: 'a'.repeat(64), sizeBytes: 8 * MIB }, 16 * MIB, /the manager has no image/],
  ] as const) {
    const answer = await host.make({ image, sizeBytes })
    t.regex(answer.kind === 'refused' ? answer.reason : '', told)
  }
  t.deepEqual(host.runs('lvcreate'), [])
})

test('what could not be read is not empty: no LV is made or removed while what LVM has is not known', async (t) => {
  const host = await hostWithVg()
  host.host.faults.order('lvm', { kind: 'fails', code: 5 })
  const answer = await host.make()
  t.regex(answer.kind === 'refused' ? answer.reason : '', /what is in the VG data is not known/)
  t.deepEqual([...host.runs('lvcreate'), ...host.runs('lvremove')], [])
})

test('a disk whose blkdiscard fails is zeroed by dd; one that is open elsewhere is not made ready', async (t) => {
  const host = await hostWithVg()
  host.host.faults.order('blkdiscard', { kind: 'fails', stderr: 'BLKZEROOUT ioctl failed: Operation not supported' })
  t.like(await host.make(), { kind: 'disk-made' })
  t.is(host.runs('dd').length, 1)
  await isWhole(t, host)
})

test('cancelled in the midst: refused, and nothing is left', async (t) => {
  const host = await hostWithVg()
  const control = new AbortController()
  host.manager.onBlock = (index, block) => {
    if (index === 2) control.abort()
    return block
  }
  t.like(await host.make({}, taskOn(host, control.signal)), { kind: 'refused' })
  t.is(host.tags(), undefined)
})

const FAULTS: readonly Fault[] = [{ kind: 'fails', code: 5, stderr: 'no' }, { kind: 'answer-lost' }]

for (const thin of ['thick', 'thin'] as const) {
  test(`any one command that fails or loses its answer: refused or done, and asked again it is done (${thin})`, async (t) => {
    t.timeout(600_000)
    const pool = thin === 'thin' ? { thinPool: 'pool' } : {}
    const prepared = async () => {
      const host = await hostWithVg()
      if (thin === 'thin') await host.ok('lvcreate -l 6 -T data/pool')
      return host
    }
    const plain = await prepared()
    const first = plain.commands.length
    await plain.make(pool)
    const all = plain.commands.length - first
    t.true(all > 6)
    for (let at = 0; at < all; at += 1)
      for (const fault of FAULTS) {
        const host = await prepared()
        let count = -1
        const which: { command?: Command } = {}
        host.host.faults.order(
          (command) => {
            count += 1
            if (count !== at) return false
            which.command = command
            return true
          },
          fault,
          1,
        )
        const answer = await host.make(pool)
        const what = `${fault.kind} at ${which.command?.join(' ')}: ${JSON.stringify(answer)}`
        host.host.faults.clear()
        if (answer.kind === 'refused') {
          t.not((await host.open()).kind, 'opened', what)
          t.not(readDiskTags(host.tags() ?? [])?.state, 'ready', what)
        }
        t.like(await host.make(pool), { kind: 'disk-made' }, what)
        await isWhole(t, host)
      }
  })
}

test('an agent that dies at any command: the next one, asked the same, ends it, and no other tenant is read', async (t) => {
  t.timeout(120_000)
  const plain = await hostWithVg()
  const first = plain.commands.length
  await plain.make()
  const all = plain.commands.length - first
  for (let at = 0; at < all; at += 1) {
    const host = await hostWithVg()
    const task = taskOn(host)
    let count = -1
    let last: string | undefined
    const dead = new Promise<'dead'>((resolve) => {
      host.host.faults.order(
        (command) => {
          count += 1
          if (count !== at) return false
          ;[last] = command
          resolve('dead')
          return true
        },
        { kind: 'says', ran: never() },
      )
    })
    t.is(await Promise.race([dead, host.make({}, task)]), 'dead')
    host.host.faults.clear()
    host.restart()
    if ((await host.open()).kind === 'opened') await isWhole(t, host)
    // A program of the job is gone with its agent here: it is begun anew.
    const next = last === 'blkdiscard' || last === 'dd' ? taskOn(host) : task
    t.like(await host.make({}, next), { kind: 'disk-made' }, `died at ${at}`)
    await isWhole(t, host)
  }
})

test('a program of the job before belongs to the LV before: a new one of the same name is zeroed anew', async (t) => {
  const host = await hostWithVg()
  const task = taskOn(host)
  host.manager.onBlock = () => {
    throw new Error('gone')
  }
  const control = new AbortController()
  const cut = host.make({}, { ...task, signal: control.signal })
  while (host.manager.streams.length === 0) await new Promise((resolve) => setImmediate(resolve))
  control.abort()
  t.like(await cut, { kind: 'refused' })
  host.manager.onBlock = (_, block) => block
  host.restart()
  // An agent that died before it could tell that it had removed the LV.
  t.like(await host.make({}, task), { kind: 'disk-made' })
  t.is(host.runs('blkdiscard').length, 2)
  await isWhole(t, host)
})

test('what was begun of another image is begun anew', async (t) => {
  const host = await hostWithVg(64 * MIB, imageOf([0, 3, 4], 4 * MIB + 4096))
  const made = `hostless.disk=${DISK} hostless.guest=${GUEST} hostless.generation=1 hostless.epoch=1 hostless.state=making`
  await host.ok(
    `lvcreate -y -W n -Z n -n ${lvOf(DISK)} -l 4 ${made
      .split(' ')
      .map((tag) => `--addtag ${tag}`)
      .join(' ')} data`,
  )
  t.like(await host.open(), { kind: 'refused', cause: 'unable' })
  t.like(await host.make(), { kind: 'disk-made', was: 'not there' })
  await isWhole(t, host)
  t.deepEqual(host.runs('lvremove'), [])
  t.true(host.commands.some((command) => command.includes(LV)))
})

/** What nobody hears. */
function never(): never {
  return new Promise(() => undefined) as never
}
