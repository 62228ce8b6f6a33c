import test from 'ava'
import { openImages } from '../../../../images/agent/content/images.ts'
import { openKernels } from '../../../../images/agent/kernels/kernels.ts'
import { UNWATCHED } from '../../../../images/agent/requests/task.ts'
import { uuid } from '../../../../manager/protocol/values.ts'
import { imageOf, MIB, managerWith } from '../disks.ts'
import { bytesOf, FILES, FOLDER, fileOf, INITRD, KERNEL, kernelHost, MOST_KERNEL_BYTES_ON_HOST, otherGuest } from './host.ts'

const WEB1 = uuid.parse('10000000-0000-4000-8000-000000000001')

test('what a guest boots by comes from the manager, is checked, and lies under the guest’s own name, for root alone', async (t) => {
  const machine = await kernelHost()
  t.deepEqual(await machine.world.kernels?.bring(WEB1, FILES, UNWATCHED), { kind: 'brought', was: 'not there' })
  t.deepEqual(machine.lies(), [`${WEB1}.initrd`, `${WEB1}.json`, `${WEB1}.kernel`, 'INITRD', 'KERNEL'])
  t.is(machine.file(`${FOLDER}/${WEB1}.kernel`), bytesOf(KERNEL))
  t.is(machine.file(`${FOLDER}/${WEB1}.initrd`), bytesOf(INITRD))
  t.is(machine.mode(`${FOLDER}/${WEB1}.kernel`), 0o600)
  const asked = machine.manager.streams.length
  t.deepEqual(await machine.world.kernels?.bring(WEB1, FILES, UNWATCHED), { kind: 'brought', was: 'there' })
  t.is(machine.manager.streams.length, asked)
})

test('one copy of a file, however many guests boot by it, also at the same time; it goes with the last of them', async (t) => {
  const machine = await kernelHost()
  const guests = [1, 2, 3].map(otherGuest)
  const brought = await Promise.all(guests.map((guest) => machine.world.kernels?.bring(guest, FILES, UNWATCHED)))
  t.true(brought.every((one) => one?.kind === 'brought'))
  t.is(machine.manager.streams.length, 2, 'kernel and initrd once')
  const files = () => machine.lies().filter((name) => !name.includes('-'))
  t.deepEqual(files(), ['INITRD', 'KERNEL'])
  t.is(await machine.world.kernels?.leave(otherGuest(1)), 'there')
  t.is(await machine.world.kernels?.leave(otherGuest(1)), 'not there')
  await machine.world.kernels?.bring(otherGuest(2), { kernel: FILES.kernel }, UNWATCHED)
  t.deepEqual(files(), ['INITRD', 'KERNEL'], 'the third has the initrd yet')
  t.false(machine.lies().includes(`${otherGuest(2)}.initrd`))
  await machine.world.kernels?.leave(otherGuest(3))
  t.deepEqual(files(), ['KERNEL'])
  await machine.world.kernels?.leave(otherGuest(2))
  t.deepEqual(machine.lies(), [])
})

test('a file that is another than was told, or that the manager does not have, is refused, and nothing of it stays', async (t) => {
  const none = imageOf([0], MIB, 5)
  const holes = imageOf([1], 2 * MIB, 7)
  const machine = await kernelHost(holes)
  const bring = async (kernel: { readonly id: string; readonly sizeBytes: number }) => {
    const brought = await machine.world.kernels?.bring(WEB1, { kernel }, UNWATCHED)
    t.deepEqual(machine.lies(), [])
    return brought?.kind === 'failed' ? brought.reason : ''
  }
  t.regex(await bring(fileOf(none)), /its kernel does not come: the manager has no image/)
  t.regex(await bring({ ...fileOf(KERNEL), sizeBytes: 7 }), /has 2096152 bytes, and not the 7 that were told/)
  t.regex(await bring(fileOf(holes)), /blocks of it are left out/)
  machine.manager.onBlock = (_, block) => Buffer.from(block).fill(0, 0, 4)
  t.regex(await bring(fileOf(KERNEL)), /its kernel does not come/)
})

test('dom0’s memory is not filled: neither by many kernels nor where little is left', async (t) => {
  const machine = await kernelHost()
  const half = MOST_KERNEL_BYTES_ON_HOST / 2
  await machine.host.files.write(
    `${FOLDER}/${otherGuest(2)}.json`,
    JSON.stringify({ kernel: { id: 'a'.repeat(64), sizeBytes: half } }),
    0o600,
  )
  await machine.host.files.write(
    `${FOLDER}/${otherGuest(3)}.json`,
    JSON.stringify({ kernel: { id: 'b'.repeat(64), sizeBytes: half - MIB } }),
    0o600,
  )
  const reasonOf = async () => {
    const brought = await machine.world.kernels?.bring(WEB1, FILES, UNWATCHED)
    return brought?.kind === 'failed' ? brought.reason : ''
  }
  t.regex(await reasonOf(), /would take 260 MiB of dom0's memory on this host, and may take 256 MiB/)
  await machine.world.kernels?.leave(otherGuest(2))
  await machine.host.files.write('/proc/meminfo', 'MemTotal:  100000 kB\nMemAvailable:     40000 kB\n', 0o444)
  t.regex(await reasonOf(), /needs 69 MiB of dom0's memory with what stays free, and 40 MiB are available/)
  t.deepEqual(machine.manager.streams, [])
})

test('an agent that was killed while a kernel came leaves none that is taken for whole, and a damaged note lets nothing go', async (t) => {
  const machine = await kernelHost()
  await machine.host.files.write(`${FOLDER}/${WEB1}.json`, JSON.stringify(FILES), 0o600)
  await machine.host.files.write(`${FOLDER}/${KERNEL.id}.part`, 'half', 0o600)
  await machine.host.files.write(`${FOLDER}/${otherGuest(2)}.json`, '{', 0o600)
  await machine.host.files.write(`${FOLDER}/${'c'.repeat(64)}`, 'of whom?', 0o600)
  t.deepEqual(await machine.world.kernels?.bring(WEB1, FILES, UNWATCHED), { kind: 'brought', was: 'not there' })
  t.is(machine.file(`${FOLDER}/${WEB1}.kernel`), bytesOf(KERNEL))
  t.true(machine.lies().includes('c'.repeat(64)))
  await machine.world.kernels?.leave(otherGuest(2))
  t.deepEqual(machine.lies(), [`${WEB1}.initrd`, `${WEB1}.json`, `${WEB1}.kernel`, 'INITRD', 'KERNEL'])
})

test('who is stopped while he waits for what another fetches, or while the manager is away, has nothing', async (t) => {
  const machine = await kernelHost()
  const stop = new AbortController()
  machine.manager.onBlock = (_, block) => {
    stop.abort()
    return block
  }
  const [first, second] = await Promise.all([
    machine.world.kernels?.bring(WEB1, FILES, { ...UNWATCHED, signal: stop.signal }),
    machine.world.kernels?.bring(otherGuest(2), FILES, UNWATCHED),
  ])
  t.is(first?.kind, 'failed')
  t.is(second?.kind, 'brought', 'it fetches by itself what the first one was stopped at')
  t.deepEqual(
    machine.lies().filter((name) => name.startsWith(WEB1)),
    [],
  )
  const { backend, files, devices, clock } = machine.host
  const away = openKernels(
    { backend, files },
    openImages({ source: { ...managerWith(), fetch: () => Promise.reject(new Error('away')) }, devices, clock }),
  )
  const gone = await away.bring(WEB1, { kernel: fileOf(imageOf([0], MIB, 9)) }, { ...UNWATCHED, signal: AbortSignal.abort() })
  t.is(gone.kind, 'failed')
})
