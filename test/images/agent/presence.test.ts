import test from 'ava'
import type { Command } from '../../../images/agent/backend.ts'
import { presenceCommands } from '../../../images/agent/presence.ts'
import { observe } from '../../../images/agent/runner.ts'
import { makeMachine, simulatedHost } from '../../../images/agent/simulator.ts'
import { bridge } from '../../../manager/protocol/network.ts'
import { uuid } from '../../../manager/protocol/values.ts'
import { collectingLog } from '../../appliance/wire/collecting-log.ts'
import { TestClock } from './clock.ts'

const bridgeOf = (name: string, link: 'up' | 'down', ports: readonly ('up' | 'down')[]) =>
  bridge.parse({
    ...{ name, link, mac: '52:54:00:77:00:01', mtu: 1500, stp: false, vlanFiltering: false },
    ports: ports.map((of, index) => ({ name: `eth${index}`, link: of, vlans: [] })),
  })

test('a host shows itself over each bridge that leads somewhere, and over no other', (t) => {
  const bridges = [
    bridgeOf('xenbr0', 'up', ['down', 'up']),
    bridgeOf('unplugged', 'up', ['down']),
    bridgeOf('off', 'down', ['up']),
    bridgeOf('internal', 'up', []),
  ]
  t.deepEqual(presenceCommands(bridges), [['busybox', 'arping', '-q', '-D', '-c', '1', '-w', '1', '-I', 'xenbr0', '192.0.0.8']])
})

test('it does so at its start and before any bridge forgets it, and no more after it is stopped', async (t) => {
  const clock = new TestClock()
  const host = simulatedHost(makeMachine('presence', 3), clock)
  const shown: number[] = []
  const backend = {
    ...host.backend,
    run: (command: Command) => {
      if (command[1] === 'arping') shown.push(clock.now)
      return host.backend.run(command)
    },
  }
  const run = uuid.parse('6a1437ba-1c67-49ec-a46f-ed26f0248e7b')
  const observation = await observe({ ...host, backend }, { run, sampleSeconds: 10, log: collectingLog().log, send: () => undefined })
  await clock.advance(600_000)
  const moments = [...new Set(shown)]
  t.is(moments[0], 0)
  for (const [at, moment] of moments.entries()) t.true(moment - (moments[at - 1] ?? 0) <= 150_000, String(moment))
  t.true(moments.length >= 5)
  await observation.stop()
  const count = shown.length
  await clock.advance(600_000)
  t.is(shown.length, count)
})
