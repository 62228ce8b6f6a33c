import test from 'ava'
import type { PoolChange } from '../../../manager/hosts/pool-change.ts'
import { ReturningTask } from '../../../manager/reconcile/returning.ts'
import { collectingLog } from '../../appliance/wire/collecting-log.ts'
import { TestClock } from '../../images/agent/clock.ts'
import { EMPTY } from '../site.ts'
import { testDriver } from './test-driver.ts'

const NIC = { name: 'eth0', mac: '52:54:00:77:00:01' }

/** Hosts a and b have come back by their certificates alone, and have told their NICs. */
function start(fails: (host: string) => boolean) {
  const clock = new TestClock()
  const macs = new Map<string, readonly string[]>([
    ['a', []],
    ['b', []],
    ['c', [NIC.mac]],
  ])
  const asked: string[] = []
  let tell: (change: PoolChange) => void = () => undefined
  const host = (id: string) => ({ id, name: id, macs: macs.get(id) ?? [] })
  let writing = ''
  const task = new ReturningTask({
    store: {
      write: async () => {
        if (fails(writing)) throw new Error('the disk is full')
        return 'known'
      },
    } as never,
    pool: {
      subscribe: (listener: (change: PoolChange) => void) => {
        tell = listener
        return () => undefined
      },
      host,
      hosts: () => [...macs.keys()].map(host),
      knownInventory: (id: string) => {
        writing = id
        return { ...EMPTY, nics: [NIC] }
      },
      enrolled: async (id: string) => {
        asked.push(id)
        macs.set(id, [NIC.mac])
      },
    } as never,
    nameOf: () => undefined,
    now: () => clock.wall(),
    log: collectingLog().log,
  })
  const { driver } = testDriver(clock)
  driver.start(task)
  return { clock, asked, task, macs, tell: (id: string) => tell({ kind: 'inventory', host: id, sections: ['nics'] }) }
}

test('hosts that came back by their certificates alone are known by their reports; one that cannot be keeps no other waiting, and has its turn again', async (t) => {
  let isFull = true
  const { clock, asked, task } = start((host) => isFull && host === 'a')
  await clock.advance(0)
  t.deepEqual(asked, ['b'])
  t.deepEqual(task.waitsFor(), ['a: its first report of NICs'])
  isFull = false
  await clock.advance(10_000)
  t.deepEqual(asked, ['b', 'a'])
  t.deepEqual(task.waitsFor(), [])
})

test('a report of a host that is known is no work, one of a host that is not is looked at at once', async (t) => {
  const { clock, asked, macs, tell } = start(() => false)
  await clock.advance(0)
  t.deepEqual(asked, ['a', 'b'])
  macs.set('a', [])
  tell('c')
  tell('a')
  await clock.advance(10)
  t.deepEqual(asked, ['a', 'b', 'a'])
})
