import test from 'ava'
import { hardwareView } from '../../../../manager/doors/web/views/hardware.ts'
import { idOf, inventoryOf } from './fake-hosts.ts'
import { fakePool } from './fake-pool.ts'

const pool = fakePool(3)

async function viewOf(among: readonly number[], cores: { readonly sockets: number; readonly cores: number; readonly threads: number }) {
  const [host, inventory] = [pool.host(idOf(0)), await inventoryOf(0)]
  if (!host) throw new Error('the made-up pool has no host')
  const hosts = among.map((index) => ({ id: idOf(index), name: `node${index}` }))
  const cpu = { levels: [], groups: [{ number: 1, vendor: 'AuthenticAMD', hosts }], unknown: [] }
  return hardwareView(host, { ...inventory, cpus: { ...inventory.cpus, ...cores } }, cpu, undefined)
}

test('a machine with one of each says so in the singular', async (t) => {
  const { machine, others } = await viewOf([0, 1], { sockets: 1, cores: 1, threads: 1 })
  t.is(machine.find(({ name }) => name === 'Cores')?.value, '1 socket, 1 core, 1 thread')
  t.is(others, '1 other host')
})

test('a machine with several, and one that is alone in its CPU group', async (t) => {
  const { machine, others } = await viewOf([0], { sockets: 2, cores: 64, threads: 128 })
  t.is(machine.find(({ name }) => name === 'Cores')?.value, '2 sockets, 64 cores, 128 threads')
  t.is(others, 'no other host')
})
