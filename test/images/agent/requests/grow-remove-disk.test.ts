// grow-disk and remove-disk, and the device between them, on a simulated host.
import test from 'ava'
import type { Fault } from '../../../../images/agent/simulator/faults.ts'
import { stampAt } from '../../../../images/agent/simulator/state/io.ts'
import { withRam } from '../../../../images/agent/simulator/state/site.ts'
import { deviceOf, lvOf, readDiskTags } from '../../../../manager/protocol/guest-disk.ts'
import { DISK, type DisksHost, hostWithVg, leaks, MIB, taskOn } from '../disks.ts'

const G = deviceOf(DISK)
const LV = `data/${lvOf(DISK)}`
const reasonOf = (answer: { readonly kind: string; readonly reason?: string }) => answer.reason ?? answer.kind

async function made(bytes?: number): Promise<DisksHost> {
  const host = await hostWithVg(bytes)
  await host.make()
  return host
}

const sectorsOf = ({ host }: DisksHost) =>
  host
    .state()
    .ram.dm.find(({ name }) => name === G)
    ?.active?.at(-1)?.sectors

/** Somebody who only has it open, as blkback has. */
function opened({ site, host }: DisksHost, how: 'open' | 'closed'): void {
  const device = host.state().ram.dm.find(({ name }) => name === G)
  site.change((now) => withRam(now, host.name, { loops: how === 'open' ? [{ number: 9, backing: `dm-${device?.minor}` }] : [] }))
}

test('a disk is opened once and again, closed once and again, and its LV is active only meanwhile', async (t) => {
  const host = await made()
  const active = () => host.host.state().ram.dm.map(({ name }) => name)
  t.deepEqual(active(), [])
  const open = await host.open()
  t.deepEqual(open, { kind: 'opened', device: `/dev/mapper/${G}`, sizeBytes: 16 * MIB })
  t.deepEqual(await host.open(), open)
  t.is(host.runs('dmsetup').filter(([, verb]) => verb === 'create').length, 1)
  t.deepEqual(await host.close(), { kind: 'closed', was: 'there' })
  t.deepEqual(active(), [])
  t.deepEqual(await host.close(), { kind: 'closed', was: 'not there' })
})

test('a device that something has open is neither opened again nor closed, and says that it may be let go of', async (t) => {
  const host = await made()
  await host.open()
  opened(host, 'open')
  t.like(await host.open(), { kind: 'refused', cause: 'open' })
  t.like(await host.close(), { kind: 'refused', cause: 'open' })
  t.regex(reasonOf(await host.remove()), /is in use: it is open 1 time/)
  t.is(readDiskTags(host.tags() ?? [])?.state, 'ready')
  opened(host, 'closed')
  t.like(await host.open(), { kind: 'opened' })
})

test('a device of this name over something else is made anew; an LV that is open elsewhere is not opened', async (t) => {
  const host = await made()
  await host.ok('lvcreate -y -n x -l 4 data')
  await host.ok(`dmsetup create ${G} --table '0 2048 linear /dev/data/x 0'`)
  t.like(await host.open(), { kind: 'opened', sizeBytes: 16 * MIB })
  t.is(sectorsOf(host), (16 * MIB) / 512)
  await host.close()
  await host.ok(`lvchange -ay -K ${LV}`)
  await host.ok(`dmsetup create raw --table '0 2048 linear /dev/${LV} 0'`)
  t.like(await host.open(), { kind: 'refused', cause: 'open' })
})

test('a disk grows under its guest, what was there stays, and what is new reads as zero', async (t) => {
  const host = await made()
  await host.open()
  opened(host, 'open')
  const before = host.content()
  t.deepEqual(await host.grow(23 * MIB), { kind: 'disk-grown', sizeBytes: 24 * MIB })
  t.is(sectorsOf(host), (24 * MIB) / 512)
  t.deepEqual(host.content(), before)
  t.deepEqual(leaks(host), [])
  t.false(host.tags()?.some((tag) => tag.startsWith('hostless.sound')))
  const count = host.commands.length
  t.deepEqual(await host.grow(23 * MIB), { kind: 'disk-grown', sizeBytes: 24 * MIB })
  t.false(host.commands.slice(count).some(([program]) => /^(lvextend|blkdiscard|lvchange)$/.test(program)))
})

test('what a guest has written in the new part is never zeroed again', async (t) => {
  const host = await made()
  await host.open()
  await host.grow(24 * MIB)
  const device = host.host.state().ram.dm.find(({ name }) => name === G)
  host.site.change((now) => {
    const wrote = stampAt(now, host.host.name, `dm-${device?.minor}`, (20 * MIB) / 512, 8, 'the guest')
    return wrote.kind === 'done' ? wrote.value : now
  })
  await host.grow(24 * MIB)
  await host.grow(28 * MIB)
  t.true(host.content()?.some(({ stamp }) => stamp === 'the guest'))
})

test('a disk of a full VG, with a snapshot, not ready, or not there does not grow', async (t) => {
  const full = await made(24 * MIB)
  t.regex(reasonOf(await full.grow(32 * MIB)), /the VG data has 4194304 bytes free, and 16777216 are needed/)
  t.deepEqual([full.runs('lvextend'), full.tags()?.length], [[], 5])
  await full.ok(`lvcreate -s -n snap -l 1 ${LV}`)
  t.regex(reasonOf(await full.grow(20 * MIB)), /has snapshots, and cannot grow with them: data\/snap/)
  t.regex(reasonOf(await full.remove()), /has snapshots: data\/snap/)
  const none = await hostWithVg()
  t.regex(reasonOf(await none.grow(32 * MIB)), /there is no LV/)
  await none.ok(`lvcreate -y -n ${lvOf(DISK)} -l 4 data`)
  t.regex(reasonOf(await none.grow(32 * MIB)), /is not known to be this disk: it has no tags/)
  t.regex(reasonOf(await none.remove()), /is not known to be this disk: it has no tags/)
})

test('a disk is removed with its device, its space discarded before, and once', async (t) => {
  const host = await made()
  await host.open()
  t.deepEqual(await host.remove(), { kind: 'disk-removed', was: 'there' })
  t.deepEqual([host.tags(), host.host.state().ram.dm], [undefined, []])
  t.is(host.runs('blkdiscard').filter((command) => !command.includes('-z')).length, 1)
  t.deepEqual(await host.remove(), { kind: 'disk-removed', was: 'not there' })
})

test('an agent that dies while a disk is discarded leaves none that is said to be ready; the next ends it', async (t) => {
  const host = await made()
  host.host.faults.order('lvremove', { kind: 'fails' }, 1)
  t.like(await host.remove(), { kind: 'refused' })
  t.is(readDiskTags(host.tags() ?? [])?.state, 'making')
  t.like(await host.open(), { kind: 'refused', cause: 'unable' })
  t.deepEqual(await host.remove(), { kind: 'disk-removed', was: 'there' })
})

const FAULTS: readonly Fault[] = [{ kind: 'fails', code: 5, stderr: 'no' }, { kind: 'answer-lost' }]

for (const where of ['open', 'closed'] as const)
  test(`any one command of grow-disk that fails or loses its answer: no other tenant is read, and asked again it is done (${where})`, async (t) => {
    t.timeout(600_000)
    const prepared = async () => {
      const host = await made()
      if (where === 'open') await host.open()
      return host
    }
    const plain = await prepared()
    const first = plain.commands.length
    await plain.grow(24 * MIB)
    const all = plain.commands.length - first
    for (const fault of FAULTS)
      for (let at = 0; at < all; at += 1) {
        const host = await prepared()
        const before = host.content()
        let count = -1
        host.host.faults.order(
          () => {
            count += 1
            return count === at
          },
          fault,
          1,
        )
        const answer = await host.grow(24 * MIB)
        host.host.faults.clear()
        const what = `${fault.kind} at ${plain.commands[first + at]?.join(' ')}: ${JSON.stringify(answer)}`
        t.like(await host.open(), { kind: 'opened' }, what)
        t.deepEqual(leaks(host), [], what)
        t.deepEqual(await host.grow(24 * MIB), { kind: 'disk-grown', sizeBytes: 24 * MIB }, what)
        t.like(await host.open(), { kind: 'opened', sizeBytes: 24 * MIB }, what)
        t.deepEqual(leaks(host), [], what)
        if (where === 'open') t.deepEqual(host.content(), before, what)
      }
  })

test('any one command of remove-disk that fails or loses its answer: refused or done, and asked again it is done', async (t) => {
  t.timeout(600_000)
  const plain = await made()
  await plain.open()
  const first = plain.commands.length
  await plain.remove()
  const all = plain.commands.length - first
  for (const fault of FAULTS)
    for (let at = 0; at < all; at += 1) {
      const host = await made()
      await host.open()
      let count = -1
      host.host.faults.order(
        () => {
          count += 1
          return count === at
        },
        fault,
        1,
      )
      const answer = await host.remove(taskOn(host))
      host.host.faults.clear()
      const what = `${fault.kind} at ${plain.commands[first + at]?.join(' ')}: ${JSON.stringify(answer)}`
      t.like(await host.remove(), { kind: 'disk-removed' }, what)
      t.deepEqual([host.tags(), host.host.state().ram.dm], [undefined, []], what)
    }
})
