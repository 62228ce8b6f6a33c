import { setTimeout as pause } from 'node:timers/promises'
import { guestMemory } from '../../../../manager/claims/needs.ts'
import { disksOf } from '../../../../manager/store/tables/guests.ts'
import { freeMemory, GIB, MIB } from '../../claims/hosts.ts'
import { onEach } from '../../store/dialects.ts'
import { createArgs, node, rigAt, VG } from './rig.ts'

const CREATES = 20
/** Of each guest: eighteen of them fit to the byte, but for Xen's overhead. */
const MEMORY = 832 * MIB
const uuidOf = (kind: number, number: number): string => `6b1f0000-0000-4000-8000-00000000${kind}${String(number).padStart(3, '0')}`

function orderOf(number: number, memoryBytes: number): unknown {
  const [name, uuid, disk] = [`web${number}`, uuidOf(0, number), uuidOf(1, number)]
  const vg = { name: 'data', uuid: VG }
  const mac = `00:16:3e:01:03:${String(number).padStart(2, '0')}`
  const { guest } = createArgs() as { guest: object }
  const devices = { disks: [{ disk, vg, generation: 1, vdev: 'xvda', access: 'read-write' }], nics: [{ mac, bridge: 'xenbr0' }] }
  return createArgs({
    guest: { ...guest, uuid, name, ...devices } as never,
    disks: [{ disk, vdev: 'xvda', vg, sizeBytes: GIB, access: 'read-write' }] as never,
    ...{ memoryBytes, spec: JSON.stringify({ name, memory: '832M' }) },
  })
}

onEach(
  'of twenty creates at once as many are made as the memory holds with Xen’s overhead, and the others leave nothing',
  async (t, place) => {
    const memoryBytes = guestMemory({ memoryBytes: MEMORY, vcpus: 1 })
    const [free, a] = [freeMemory(node('a')), node('a')]
    const room = Math.floor(free / memoryBytes)
    t.deepEqual([Math.floor(free / MEMORY), room], [18, 17])
    const rig = await rigAt(t, place, [a])
    const numbers = Array.from({ length: CREATES }, (_, at) => at + 1)
    const order = (number: number) => rig.automations.start({ recipe: 'create-guest', args: orderOf(number, memoryBytes), who: 'alice' })
    const ids = (await Promise.all(numbers.map(order))).map((one) => (one.kind === 'done' ? one.value.id : t.fail(one.reason) && ''))
    const seen = () => Promise.all(ids.map((id) => rig.automations.show(id)))
    while ((await seen()).some((one) => one?.state === 'running' || one?.state === 'queued')) await pause(20)
    const ended = await seen()
    t.is(ended.filter((one) => one?.state === 'done').length, room)
    const refused = ended.filter((one) => one?.state === 'failed')
    t.is(refused.length, CREATES - room)
    for (const one of refused) t.regex(one?.reason ?? '', /memory/)
    t.is((await disksOf(rig.store.db)).length, room)
    const held = await Promise.all(numbers.map((number) => rig.claims.of({ kind: 'guest', id: uuidOf(0, number) })))
    t.is(held.filter((claims) => claims.length > 0).length, room)
  },
)
