import test from 'ava'
import { reporting } from '../inventories.ts'
import { keys, matrixOf, why } from './pool.ts'

const NQN = 'nqn.2014-08.org.nvmexpress:uuid:5f1c'
const FAR = 'uuid.7f2c1e0a-0000-4000-8000-0000000000aa'
const namespaceAt = (id: string, fabric: object | undefined, wwid = FAR) =>
  reporting(id, {
    blockDevices: [
      {
        ...{ name: 'nvme0n1', device: '/dev/nvme0n1', wwid, model: 'Linux', transport: 'nvme' as const },
        ...(fabric ? { fabric: { transport: 'tcp', subsystem: NQN, controllers: [], ...fabric } } : {}),
      },
    ],
  })
const controllers = (...states: readonly string[]) => ({
  controllers: states.map((state, index) => ({ name: `nvme${index}`, state, address: `traddr=10.0.0.${index}` })),
})

test('an NVMe namespace over a network is a LUN of all hosts that reach it, one in the machine is its own', (t) => {
  const matrix = matrixOf(
    namespaceAt('a', controllers('live', 'connecting')),
    namespaceAt('b', { transport: 'rdma' }),
    namespaceAt('c', undefined),
    namespaceAt('d', controllers('connecting')),
    namespaceAt('e', {}, 'uuid.7f2c1e0a-0000-4000-8000-0000000000bb'),
  )
  const key = `lun:${FAR}`
  t.deepEqual(keys(matrix), [`${key} 2`, 'lun:uuid.7f2c1e0a-0000-4000-8000-0000000000bb 1'])
  t.is(why(matrix, key, 'a'), 'reached: 1 path by NVMe/tcp')
  t.is(why(matrix, key, 'b'), 'reached: 1 path by NVMe/rdma')
  t.regex(why(matrix, key, 'c'), new RegExp(`it has no namespace of NVMe subsystem ${NQN}: is it connected`))
  t.is(why(matrix, key, 'd'), 'its path has failed: no controller of nvme0n1 is live (nvme0 is connecting at traddr=10.0.0.0)')
  t.regex(why(matrix, key, 'e'), /shows it other namespaces/)
})
