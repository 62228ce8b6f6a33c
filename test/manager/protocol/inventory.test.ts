import test from 'ava'
import { inventory, problem, SECTION_NAMES, sections } from '../../../manager/protocol/inventory.ts'
import { blockDevice } from '../../../manager/protocol/storage.ts'
import { emptyInventory } from './messages.ts'

/** Append-only: whoever removes or renames one of these breaks hosts that run an older or a newer agent. */
const SECTIONS_OF_VERSION_1 = [
  ...['dmi', 'cpus', 'cpuPolicy', 'numa', 'memory', 'sensors', 'xen', 'kernel'],
  ...['nics', 'bonds', 'vlans', 'bridges', 'addresses', 'heard'],
  ...['blockDevices', 'multipaths', 'partitions', 'fileSystems', 'pvs', 'vgs', 'lvs', 'iscsi', 'fcHbas', 'nfsMounts', 'diskHealth'],
  ...['guests', 'drbd'],
]

test('the sections of version 1 are all there', (t) => {
  t.deepEqual(
    SECTIONS_OF_VERSION_1.filter((name) => !SECTION_NAMES.some((known) => known === name)),
    [],
  )
})

test('an inventory of nothing is an inventory', (t) => {
  t.deepEqual(inventory.parse(emptyInventory), emptyInventory)
})

test('what an older agent does not tell of is not told to be nothing', (t) => {
  const { guestAddresses: _, ...older } = emptyInventory
  t.deepEqual(inventory.parse(older).guestAddresses, { ways: [], nics: [] })
})

test('every list in an inventory has a cap', (t) => {
  for (const name of SECTION_NAMES) {
    const value = emptyInventory[name]
    if (!Array.isArray(value)) continue
    const parsed = sections[name].safeParse(Array.from({ length: 5000 }, () => ({})))
    t.true(
      parsed.error?.issues.some(({ code, path }) => code === 'too_big' && path.length === 0),
      name,
    )
  }
})

test('members that are not known are dropped, at every level', (t) => {
  const disk = { name: 'sda', device: '/dev/sda', sizeBytes: 1, readOnly: false, removable: false, transport: 'sas', byPath: [], byId: [] }
  const target = { kind: 'fc', port: '50060160c46036e9', lun: 1 }
  t.deepEqual(blockDevice.parse({ ...disk, target: { ...target, later: 1 }, later: { deep: true }, ['__proto__']: 1 }), {
    ...blockDevice.parse(disk),
    target: blockDevice.parse({ ...disk, target }).target,
  } as ReturnType<typeof blockDevice.parse>)
})

test('an inventory with one hostile name is refused', (t) => {
  const nic = { name: 'eth0\u001b[2J', mac: '52:54:00:77:00:01', link: 'up', neighbours: [] }
  t.false(inventory.safeParse({ ...emptyInventory, nics: [nic] }).success)
  t.true(inventory.safeParse({ ...emptyInventory, nics: [{ ...nic, name: 'eth0' }] }).success)
})

test('a problem names a section that there is', (t) => {
  t.true(problem.safeParse({ section: 'lvs', source: 'lvs -a', reason: 'exit code 5' }).success)
  t.false(problem.safeParse({ section: 'coffee', source: 'lvs -a', reason: 'exit code 5' }).success)
})
