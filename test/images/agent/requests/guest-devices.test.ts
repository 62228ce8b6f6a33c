import test from 'ava'
import { attachDisk, detachDisk } from '../../../../images/agent/requests/attach-disk.ts'
import { attachNic, detachNic } from '../../../../images/agent/requests/attach-nic.ts'
import { renameGuest } from '../../../../images/agent/requests/rename-guest.ts'
import { resizeGuest } from '../../../../images/agent/requests/resize-guest.ts'
import { startGuest } from '../../../../images/agent/requests/start-guest.ts'
import { deviceOf, lvOf, writeDiskTags } from '../../../../manager/protocol/guest-disk.ts'
import type { GuestConfig } from '../../../../manager/protocol/requests/guest-config.ts'
import type { AnswerBody } from '../../../../manager/protocol/requests.ts'
import { mac, uuid } from '../../../../manager/protocol/values.ts'
import { asJob, type GuestHost, guestHost } from '../guests/host.ts'

const reasonOf = (answer: AnswerBody): string => (answer.kind === 'refused' ? answer.reason : '')
const MAC = mac.parse('00:16:3e:00:00:02')
const DISK = uuid.parse('20000000-0000-4000-8000-000000000003')

async function running(): Promise<GuestHost & { readonly disk: GuestConfig['disks'][number] }> {
  const machine = await guestHost()
  await startGuest(machine.world, machine.start, asJob(machine))
  const tags = writeDiskTags({ disk: DISK, guest: machine.guest.uuid, generation: 1, epoch: 1, state: 'ready' })
  await machine.host.backend.run(['lvcreate', '-y', '-L', '64m', '-n', lvOf(DISK), ...tags.flatMap((tag) => ['--addtag', tag]), 'data'])
  const [first] = machine.guest.disks
  if (!first) throw new Error('the guest has no disk')
  return { ...machine, disk: { disk: DISK, vg: first.vg, generation: 1, vdev: 'xvdc', access: 'read-write' } }
}

const isOpen = (machine: GuestHost): boolean => machine.host.state().ram.dm.some(({ name }) => name === deviceOf(DISK))
const vdevs = (machine: GuestHost): readonly string[] => machine.domains()[0]?.disks.map(({ vdev }) => vdev) ?? []
const keptOf = (machine: GuestHost): GuestConfig => machine.kept()?.guest as GuestConfig
const changing = (machine: GuestHost): readonly (string | undefined)[] =>
  machine.runs('xl').flatMap(([, verb]) => (/attach|detach|rename/.test(verb ?? '') ? [verb] : []))

test('a disk comes to a guest that runs and goes from it, each once, and the agent starts it with what it has', async (t) => {
  const machine = await running()
  const body = { kind: 'attach-disk', uuid: machine.guest.uuid, disk: machine.disk } as const
  t.deepEqual(await attachDisk(machine.world, body), { kind: 'disk-attached', was: 'not there' })
  t.deepEqual(await attachDisk(machine.world, body), { kind: 'disk-attached', was: 'there' })
  t.deepEqual(vdevs(machine), ['xvda', 'xvdb', 'xvdc'])
  t.deepEqual(
    keptOf(machine).disks.map(({ vdev }) => vdev),
    ['xvda', 'xvdb', 'xvdc'],
  )
  const away = { kind: 'detach-disk', uuid: machine.guest.uuid, disk: { disk: DISK, vg: machine.disk.vg } } as const
  t.deepEqual(await detachDisk(machine.world, away), { kind: 'disk-detached', was: 'there' })
  t.deepEqual(await detachDisk(machine.world, away), { kind: 'disk-detached', was: 'not there' })
  t.deepEqual([vdevs(machine), keptOf(machine).disks.length, isOpen(machine)], [['xvda', 'xvdb'], 2, false])
  t.deepEqual(changing(machine), ['block-attach', 'block-detach'])
  t.deepEqual(machine.faults(), [])
})

test('a disk that cannot come leaves nothing open; a place that is taken and an older copy are refused', async (t) => {
  const machine = await running()
  const body = { kind: 'attach-disk', uuid: machine.guest.uuid, disk: machine.disk } as const
  t.regex(reasonOf(await attachDisk(machine.world, { ...body, disk: { ...machine.disk, vdev: 'xvda' } })), /another disk at xvda already/)
  t.regex(reasonOf(await attachDisk(machine.world, { ...body, disk: { ...machine.disk, generation: 2 } })), /an older copy/)
  machine.host.faults.order('xl block-attach', { kind: 'fails' }, 1)
  t.is((await attachDisk(machine.world, body)).kind, 'refused')
  t.deepEqual([isOpen(machine), keptOf(machine).disks.length], [false, 2])
  t.is((await attachDisk(machine.world, body)).kind, 'disk-attached', 'asked again, it comes')
})

test('a guest that does not let go of a disk keeps it, and so does one that is paused', async (t) => {
  const machine = await running()
  await attachDisk(machine.world, { kind: 'attach-disk', uuid: machine.guest.uuid, disk: machine.disk })
  const away = { kind: 'detach-disk', uuid: machine.guest.uuid, disk: { disk: DISK, vg: machine.disk.vg } } as const
  machine.host.faults.order('xl block-detach', { kind: 'fails' })
  t.regex(reasonOf(await detachDisk(machine.world, away)), /does not let go of xvdc, which it may have mounted/)
  machine.become({ state: 'paused' })
  t.regex(reasonOf(await detachDisk(machine.world, away)), /it is paused/)
  t.deepEqual([vdevs(machine).length, keptOf(machine).disks.length, isOpen(machine)], [3, 3, true])
})

test('a NIC comes and goes by its MAC, and only to a bridge that is there', async (t) => {
  const machine = await running()
  const nic = { mac: MAC, bridge: 'xenbr0', rateKBps: 100 }
  const body = { kind: 'attach-nic', uuid: machine.guest.uuid, nic } as const
  t.regex(reasonOf(await attachNic(machine.world, { ...body, nic: { ...nic, bridge: 'br9' } })), /no bridge br9/)
  t.regex(reasonOf(await attachNic(machine.world, { ...body, nic: { ...nic, bridge: 'x,script=y' } })), /cannot be given to xl/)
  t.deepEqual(await attachNic(machine.world, body), { kind: 'nic-attached', was: 'not there' })
  t.deepEqual(await attachNic(machine.world, body), { kind: 'nic-attached', was: 'there' })
  t.deepEqual(keptOf(machine).nics.at(-1), nic)
  const away = { kind: 'detach-nic', uuid: machine.guest.uuid, mac: MAC } as const
  t.deepEqual(await detachNic(machine.world, away), { kind: 'nic-detached', was: 'there' })
  t.deepEqual(await detachNic(machine.world, away), { kind: 'nic-detached', was: 'not there' })
  t.deepEqual([machine.domains()[0]?.nics.length, keptOf(machine).nics.length], [1, 1])
})

test('a NIC that comes while the guest runs is held to its MAC, or does not come', async (t) => {
  const machine = await running()
  const body = { kind: 'attach-nic', uuid: machine.guest.uuid, nic: { mac: MAC, bridge: 'xenbr0', filter: 'mac' } } as const
  t.regex(reasonOf(await attachNic(machine.world, body)), /has no .*vif-hostless/)
  await machine.host.files.write('/etc/xen/scripts/vif-hostless', '#!/bin/sh\n', 0o755)
  t.is((await attachNic(machine.world, body)).kind, 'nic-attached')
  t.like(machine.domains()[0]?.nics.at(-1), { mac: MAC, script: 'vif-hostless' })
})

test('a guest is renamed in Xen and for its next start, unless another one is called so', async (t) => {
  const machine = await running()
  const { uuid: id } = machine.guest
  t.deepEqual(await renameGuest(machine.world, { kind: 'rename-guest', uuid: id, name: 'web2' }), { kind: 'guest-renamed', was: 'web1' })
  t.deepEqual(await renameGuest(machine.world, { kind: 'rename-guest', uuid: id, name: 'web2' }), { kind: 'guest-renamed', was: 'web2' })
  t.deepEqual([machine.domains()[0]?.name, keptOf(machine).name, changing(machine)], ['web2', 'web2', ['rename']])
  const other = { ...machine.guest, uuid: uuid.parse('10000000-0000-4000-8000-000000000002'), name: 'db1', disks: [], nics: [] }
  await startGuest(machine.world, { ...machine.start, guest: other }, asJob(machine))
  t.regex(reasonOf(await renameGuest(machine.world, { kind: 'rename-guest', uuid: id, name: 'db1' })), /is called db1 already/)
})

test('a size that was set live is what the agent starts the guest with', async (t) => {
  const machine = await guestHost()
  const guest = { ...machine.guest, maxMemoryMiB: 256, maxVcpus: 4 }
  await startGuest(machine.world, { ...machine.start, guest }, asJob(machine))
  await resizeGuest(machine.world, { kind: 'resize-guest', uuid: guest.uuid, memoryMiB: 192, vcpus: 3 })
  t.like(keptOf(machine), { memoryMiB: 192, maxMemoryMiB: 256, vcpus: 3, maxVcpus: 4 })
})

test('of a guest that does not run here nothing is changed', async (t) => {
  const machine = await guestHost()
  const [id, disk] = [machine.guest.uuid, machine.guest.disks[0]]
  if (!disk) return t.fail()
  const answers = [
    await attachDisk(machine.world, { kind: 'attach-disk', uuid: id, disk }),
    await detachDisk(machine.world, { kind: 'detach-disk', uuid: id, disk }),
    await attachNic(machine.world, { kind: 'attach-nic', uuid: id, nic: { mac: MAC, bridge: 'xenbr0' } }),
    await detachNic(machine.world, { kind: 'detach-nic', uuid: id, mac: MAC }),
    await renameGuest(machine.world, { kind: 'rename-guest', uuid: id, name: 'web2' }),
  ]
  for (const answer of answers) t.is(reasonOf(answer), 'it does not run on this host: it has no domain here')
  t.deepEqual(changing(machine), [])
})
