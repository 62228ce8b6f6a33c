// Consoles of a simulated host: what an agent says of them to its manager, and how often.
import { setImmediate as turn } from 'node:timers/promises'
import test from 'ava'
import { Consoles } from '../../../../images/agent/consoles/consoles.ts'
import { logPath, ownerPath, ownLog } from '../../../../images/agent/consoles/owner.ts'
import { renameGuest } from '../../../../images/agent/requests/rename-guest.ts'
import { startGuest } from '../../../../images/agent/requests/start-guest.ts'
import { type ConsoleTold, MOST_CHANNELS } from '../../../../manager/protocol/consoles.ts'
import type { AgentMessage } from '../../../../manager/protocol/messages.ts'
import { asJob, guestHost } from '../guests/host.ts'

async function console() {
  const machine = await guestHost()
  const started = await startGuest(machine.world, machine.start, asJob(machine))
  if (started.kind !== 'guest-started') throw new Error(JSON.stringify(started))
  const { host, site, guest } = machine
  const consoles = new Consoles({ ...host.consoles, backend: host.backend, clock: host.clock })
  const told: (ConsoleTold & { readonly at: number })[] = []
  let backlog = 0
  const over = {
    send: (message: AgentMessage) => {
      if (message.kind === 'console-said' || message.kind === 'console-ended') told.push({ ...message, at: host.clock.steady() })
    },
    backlog: () => backlog,
  }
  const log = (text: string) => host.files.write(logPath(guest.name), text, 0o600)
  const who = { uuid: guest.uuid, name: guest.name }
  return {
    ...machine,
    consoles,
    told,
    log,
    stall: (bytes: number) => {
      backlog = bytes
    },
    open: (channel: string, back = 1000, name = who.name) =>
      consoles.hear({ kind: 'console-open', channel, epoch: 1, guest: { ...who, name }, back }, over),
    type: (channel: string, text: string) =>
      consoles.hear({ kind: 'console-type', channel, octets: Buffer.from(text).toString('base64') }, over),
    close: (channel: string) => consoles.hear({ kind: 'console-close', channel }, over),
    said: (channel: string) =>
      told
        .flatMap((one) => (one.kind === 'console-said' && one.channel === channel ? [Buffer.from(one.octets, 'base64').toString()] : []))
        .join(''),
    ends: () => told.flatMap((one) => (one.kind === 'console-ended' ? [one.reason] : [])),
    /** So long on its clock, and what is begun meanwhile. */
    async pass(milliseconds: number) {
      for (let gone = 0; gone < milliseconds; gone += 20) {
        site.pass(20)
        for (let turns = 0; turns < 12; turns += 1) await turn()
      }
    },
  }
}

test('the kept log comes first, then what the guest says, and what is typed is taken and answered', async (t) => {
  const one = await console()
  await one.log('0123456789 login: ')
  one.open('a', 7)
  await one.pass(200)
  t.is(one.said('a'), 'login: ')
  t.like(one.told[0], { live: true, typed: 0 })
  one.type('a', 'root\r')
  await one.pass(200)
  t.is(one.said('a'), 'login: root\r')
  t.like(one.told.at(-1), { typed: 5 })
  one.close('a')
  await one.log('0123456789 login: root\r# ')
  await one.pass(500)
  t.is(one.said('a'), 'login: root\r', 'who has left hears no more')
})

test('several look at one guest, each from where it came', async (t) => {
  const one = await console()
  await one.log('abc')
  one.open('a')
  await one.pass(200)
  one.open('b', 1)
  await one.log('abcd')
  await one.pass(400)
  t.deepEqual([one.said('a'), one.said('b')], ['abcd', 'd'])
})

test('it ends with its guest, after all that the guest has said, and says so', async (t) => {
  const one = await console()
  await one.log('going down')
  one.open('a')
  await one.pass(3000)
  await one.host.backend.run(['xl', 'destroy', String(one.domains()[0]?.domid)])
  await one.log('going down\npower off')
  await one.pass(8000)
  t.is(one.said('a'), 'going down\npower off')
  t.deepEqual(one.ends(), ['web1 has ended'])
})

test('of a guest that does not run it is the end of its log, and nothing is typed', async (t) => {
  const one = await console()
  await one.host.backend.run(['xl', 'destroy', String(one.domains()[0]?.domid)])
  await one.log('crashed')
  one.open('a')
  one.type('a', 'x')
  await one.pass(1000)
  t.is(one.said('a'), 'crashed')
  t.deepEqual(one.ends(), ['web1 does not run: this was the end of its log'])
})

test('a guest that reboots is the same console: its domain is another, and nothing ends', async (t) => {
  const one = await console()
  await one.log('')
  one.open('a')
  await one.pass(300)
  one.become({ domid: 77 })
  await one.pass(6000)
  one.type('a', 'hello')
  await one.pass(300)
  t.deepEqual([one.said('a'), one.ends()], ['hello', []])
})

test('however many there are and whatever they say, it speaks once in 60 ms, and each has its turn', async (t) => {
  const one = await console()
  await one.log('x'.repeat(400_000))
  for (const channel of ['a', 'b', 'c']) one.open(channel, 400_000)
  await one.pass(1200)
  const times = one.told.map(({ at }) => at)
  t.true(times.length >= 12, `${times.length}`)
  t.true(times.every((at, index) => index === 0 || at - (times[index - 1] ?? 0) >= 60))
  const counts = ['a', 'b', 'c'].map((channel) => one.told.filter((each) => each.channel === channel).length)
  t.true(Math.max(...counts) - Math.min(...counts) <= 1, counts.join())
})

test('a manager that does not take what was said is told no more until it does, and nothing is lost', async (t) => {
  const one = await console()
  await one.log('')
  one.open('a')
  await one.pass(200)
  const before = one.told.length
  one.stall(1 << 20)
  await one.log('much')
  await one.pass(2000)
  t.is(one.told.length, before)
  one.stall(0)
  await one.pass(200)
  t.is(one.said('a'), 'much')
})

test('more consoles than a host has are refused, and the end of the connection ends all', async (t) => {
  const one = await console()
  await one.log('x')
  for (let index = 0; index <= MOST_CHANNELS; index += 1) one.open(`c${index}`)
  t.deepEqual(one.ends(), [`${MOST_CHANNELS} consoles of this host are open already`])
  one.consoles.end()
  const before = one.told.length
  await one.pass(1000)
  t.is(one.told.length, before)
})

test('what stands in xenstore and is no pseudo-terminal is not written to', async (t) => {
  const one = await console()
  await one.log('')
  const domid = one.domains()[0]?.domid
  await one.host.backend.run(['xenstore-write', `/local/domain/${domid}/console/tty`, '/dev/sda'])
  one.open('a')
  one.type('a', 'x')
  await one.pass(1000)
  t.is(one.said('a'), '')
  t.deepEqual(one.ends(), [])
})

test('what another guest of its name has said is gone before it starts, and is shown to nobody who looks at it', async (t) => {
  const one = await console()
  t.is(one.file(ownerPath('web1')), one.guest.uuid)
  await one.log('mine')
  await one.host.files.write(ownerPath('web1'), '10000000-0000-4000-8000-00000000000f', 0o600)
  one.open('a')
  await one.pass(500)
  t.is(one.said('a'), '')
  t.deepEqual(one.ends(), ['what is kept here was said by another guest that was called web1'])

  await ownLog({ backend: one.host.backend, files: one.host.files }, one.guest)
  t.is(one.file(logPath('web1')), undefined)
  await one.log('mine')
  await ownLog({ backend: one.host.backend, files: one.host.files }, one.guest)
  t.is(one.file(logPath('web1')), 'mine', 'a guest that starts again goes on in its own')
})

test('a guest that is renamed while it runs is looked at under its new name, with what it has said, and never with what another has', async (t) => {
  const one = await console()
  await one.log('login: ')
  await one.host.files.write(logPath('db1'), 'the secrets of another', 0o600)
  await one.host.files.write(ownerPath('db1'), '10000000-0000-4000-8000-00000000000f', 0o600)
  await renameGuest(one.world, { kind: 'rename-guest', uuid: one.guest.uuid, name: 'db1' })
  one.open('a', 1000, 'db1')
  await one.pass(3000)
  one.type('a', 'root\r')
  await one.pass(200)
  t.is(one.said('a'), 'login: root\r')
  t.deepEqual(one.ends(), [])
})
