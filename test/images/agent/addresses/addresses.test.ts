import test from 'ava'
import type { Host } from '../../../../images/agent/backend.ts'
import { observe } from '../../../../images/agent/runner.ts'
import { makeMachine, simulatedHost } from '../../../../images/agent/simulator.ts'
import { decodeAgentMessage, encodeMessage } from '../../../../manager/protocol/codec.ts'
import type { AgentMessage } from '../../../../manager/protocol/messages.ts'
import { uuid } from '../../../../manager/protocol/values.ts'
import { collectingLog } from '../../../appliance/wire/collecting-log.ts'
import { TestClock } from '../clock.ts'
import { arp } from './frames.ts'

const machine = makeMachine('addresses', 3)

/** A host whose listener says what the test has it say. */
async function watched() {
  const clock = new TestClock()
  const simulated = simulatedHost(machine, clock)
  let say: (line: string) => void = () => undefined
  let end: (reason: string) => void = () => undefined
  const host: Host = {
    ...simulated,
    follow: (command, onLine, onEnd) => {
      if (command[0] !== 'perl') return simulated.follow(command, onLine, onEnd)
      say = onLine
      end = onEnd
      return () => undefined
    },
  }
  const sent: AgentMessage[] = []
  const { log } = collectingLog()
  const options = {
    run: uuid.parse('6a1437ba-1c67-49ec-a46f-ed26f0248e7b'),
    sampleSeconds: 10,
    log,
    send: (message: AgentMessage) => void sent.push(message),
  }
  const observation = await observe(host, options)
  const now = () => {
    const all = observation.full()
    if (all.kind !== 'inventory') throw new Error(all.kind)
    return all.inventory
  }
  const told = () =>
    sent.flatMap((message) => (message.kind === 'delta' && message.sections.guestAddresses ? [message.sections.guestAddresses] : []))
  return { clock, simulated, observation, now, told, sent, say: (line: string) => say(line), end: () => end('ended by SIGKILL') }
}

test("what a guest's vif says, and what its tools tell, is reported within a second; what was not listened to is not said to be none", async (t) => {
  const { clock, simulated, observation, now, told, sent, say } = await watched()
  const [guest] = now().guests
  const [nic] = guest?.nics ?? []
  if (!guest || nic?.vif === undefined || nic.mac === undefined) return t.fail()
  t.deepEqual(now().guestAddresses, { ways: ['xenstore'], nics: [] })
  await clock.advance(3000)
  say('listening')
  say(`${nic.vif} ${arp({ mac: nic.mac, sender: nic.mac, address: '10.9.0.5' }).toString('hex')}`)
  say(`${nic.vif} ${arp({ mac: '00:16:3e:ff:ff:ff', sender: '00:16:3e:ff:ff:ff', address: '10.9.0.6' }).toString('hex')}`)
  await clock.advance(1000)
  t.like(told().at(-1), { ways: ['xenstore', 'vif'] })
  t.deepEqual(
    told()
      .at(-1)
      ?.nics.map(({ uuid: of, mac, addresses }) => [of, mac, addresses.map(({ address, how }) => `${address} ${how}`)]),
    [[guest.uuid, nic.mac, ['10.9.0.5 seen']]],
  )
  const count = told().length
  say(`${nic.vif} ${arp({ mac: nic.mac, sender: nic.mac, address: '10.9.0.5' }).toString('hex')}`)
  await clock.advance(20_000)
  t.is(told().length, count, 'the same again is no news')
  const path = `/local/domain/${guest.domid}/attr/vif/${nic.devid}/ipv4/0`
  await simulated.backend.run(['xenstore-write', path, '10.9.0.5', path.replace('ipv4', 'ipv6'), '2001:DB8::5'])
  await clock.advance(130_000)
  t.deepEqual(
    now().guestAddresses.nics.flatMap(({ addresses }) => addresses.map(({ address, how }) => `${address} ${how}`)),
    ['10.9.0.5 both', '2001:db8::5 told'],
  )
  simulated.become({ ...machine, guests: machine.guests.filter(({ uuid: of }) => of !== guest.uuid) })
  await clock.advance(5000)
  t.deepEqual(now().guestAddresses.nics, [], 'its domain has ended')
  for (const message of sent) {
    const encoded = encodeMessage(message)
    t.true(encoded.kind === 'bytes' && decodeAgentMessage(encoded.bytes).kind === 'message', message.kind)
  }
  await observation.stop()
})

test('a listener that has ended is no way until it listens again: no address by it is not none', async (t) => {
  const { clock, observation, now, say, end } = await watched()
  say('listening')
  await clock.advance(1000)
  t.deepEqual(now().guestAddresses.ways, ['xenstore', 'vif'])
  end()
  await clock.advance(500)
  t.deepEqual(now().guestAddresses.ways, ['xenstore'])
  await clock.advance(5000)
  t.deepEqual(now().guestAddresses.ways, ['xenstore'], 'it was begun anew, and has not said that it listens')
  say('listening')
  await clock.advance(1000)
  t.deepEqual(now().guestAddresses.ways, ['xenstore', 'vif'])
  await observation.stop()
})
