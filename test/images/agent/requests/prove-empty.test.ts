import test from 'ava'
import { makeVg } from '../../../../images/agent/requests/make-vg.ts'
import { proveEmpty } from '../../../../images/agent/requests/prove-empty.ts'
import { addDisk, type DriveSpec } from '../../../../images/agent/simulator/state/furnish.ts'
import type { DiskRef } from '../../../../manager/protocol/requests/vgs.ts'
import { MIB } from '../disks.ts'
import { type Watched, watchedHost } from '../simulated.ts'

const BYTES = 64 * MIB
const ref = (name: string, more: Partial<DiskRef> = {}): DiskRef => ({
  ...{ name, serial: `S-${name}`, sizeBytes: BYTES, contents: 'none' },
  ...more,
})
const EXT4 = { kind: 'file-system', type: 'ext4', uuid: '07a892c2-d5d2-48dc-a0ea-31d5e875065e', files: new Map() } as const

function host(specs: { readonly [disk: string]: Partial<DriveSpec> } = { vdb: {}, vdc: {} }): Watched {
  return watchedHost((site, name) =>
    Object.entries(specs).reduce(
      (all, [disk, spec]) => addDisk(all, name, disk, 'virtio', { bytes: BYTES, serial: `S-${disk}`, ...spec }),
      site,
    ),
  )
}

const prove = async ({ world }: Watched, ...disks: readonly DiskRef[]) => {
  const answer = await proveEmpty(world, { kind: 'prove-empty', disks })
  return answer.kind === 'refused' ? answer.reason : answer.kind
}

test('disks with nothing on them are empty, and are looked at again each time', async (t) => {
  const machine = host()
  t.is(await prove(machine, ref('vdb'), ref('vdc')), 'disks-empty')
  await makeVg(machine.world, { kind: 'make-vg', name: 'data', disks: [ref('vdc')] })
  t.regex(await prove(machine, ref('vdb'), ref('vdc')), /vdc is not empty on this host: .*\/dev\/vdc is a PV of the VG data/)
})

test('a signature is never wiped, whatever a person has typed, and another disk is none that was meant', async (t) => {
  const machine = host({ vdb: { labels: [[0, EXT4]] }, vdc: {} })
  t.regex(await prove(machine, ref('vdb', { contents: 'typed' })), /vdb is not empty on this host: .*ext4/)
  t.regex(await prove(machine, ref('vdc', { serial: 'S-vdd' })), /vdc is another disk now/)
  t.deepEqual([...machine.runs('wipefs').filter((line) => line.includes('--all')), ...machine.runs('pvcreate')], [])
})

test('what could not be read is not empty', async (t) => {
  for (const program of ['lsblk', 'lvm fullreport', 'xl list']) {
    const machine = host()
    machine.host.faults.order((command) => command.join(' ').includes(program), { kind: 'fails' })
    t.not(await prove(machine, ref('vdb')), 'disks-empty', program)
  }
})
