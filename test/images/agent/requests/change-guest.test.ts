import test from 'ava'
import { pauseGuest } from '../../../../images/agent/requests/pause-guest.ts'
import { rebootGuest } from '../../../../images/agent/requests/reboot-guest.ts'
import { resizeGuest } from '../../../../images/agent/requests/resize-guest.ts'
import { startGuest } from '../../../../images/agent/requests/start-guest.ts'
import type { AnswerBody } from '../../../../manager/protocol/requests.ts'
import { asJob, type GuestHost, guestHost } from '../guests/host.ts'

const reasonOf = (answer: AnswerBody): string => (answer.kind === 'refused' ? answer.reason : '')

async function running(): Promise<GuestHost> {
  const machine = await guestHost()
  const guest = { ...machine.guest, maxMemoryMiB: 256, maxVcpus: 4 }
  await startGuest(machine.world, { ...machine.start, guest }, asJob(machine))
  return machine
}

test('a guest reboots once as the domain that is meant; one with another number has done so', async (t) => {
  const machine = await running()
  const { uuid } = machine.guest
  t.deepEqual(await rebootGuest(machine.world, { kind: 'reboot-guest', uuid, domid: 1 }), { kind: 'guest-rebooted', was: 'this domain' })
  machine.site.pass(10_000)
  t.deepEqual(
    machine.domains().map(({ domid, state }) => [domid, state]),
    [[2, 'running']],
  )
  t.deepEqual(await rebootGuest(machine.world, { kind: 'reboot-guest', uuid, domid: 1 }), { kind: 'guest-rebooted', was: 'another domain' })
  t.is(machine.runs('xl').filter(([, verb]) => verb === 'reboot').length, 1)
  machine.become({ state: 'crashed' })
  t.regex(reasonOf(await rebootGuest(machine.world, { kind: 'reboot-guest', uuid, domid: 2 })), /domain 2 is crashed/)
})

test('a guest is paused and let run again, each once', async (t) => {
  const machine = await running()
  const { uuid } = machine.guest
  for (const state of ['paused', 'paused', 'running', 'running'] as const) {
    t.deepEqual(await pauseGuest(machine.world, { kind: 'pause-guest', uuid, state }), { kind: 'guest-paused', state })
    t.is(machine.domains()[0]?.state, state)
  }
  t.is(machine.runs('xl').filter(([, verb]) => verb === 'pause' || verb === 'unpause').length, 3)
  machine.become({ state: 'crashed' })
  t.regex(reasonOf(await pauseGuest(machine.world, { kind: 'pause-guest', uuid, state: 'running' })), /domain 1 is crashed/)
})

test('memory and vCPUs are set within the most that it was started with, and told as Xen has them then', async (t) => {
  const machine = await running()
  const { uuid } = machine.guest
  const resize = (change: object) => resizeGuest(machine.world, { kind: 'resize-guest', uuid, ...change })
  t.deepEqual(await resize({ memoryMiB: 192, vcpus: 3 }), { kind: 'guest-resized', memoryMiB: 192, vcpus: 3 })
  t.deepEqual(await resize({ vcpus: 2 }), { kind: 'guest-resized', memoryMiB: 192, vcpus: 2 })
  const commands = machine.runs('xl').length
  t.deepEqual(await resize({ memoryMiB: 192, vcpus: 2 }), { kind: 'guest-resized', memoryMiB: 192, vcpus: 2 })
  t.false(
    machine
      .runs('xl')
      .slice(commands)
      .some(([, verb]) => verb?.endsWith('-set')),
  )
  t.is(reasonOf(await resize({ memoryMiB: 257 })), '257 MiB are more than the most it was started with, 256 MiB')
  t.is(reasonOf(await resize({ vcpus: 5 })), '5 vCPUs are more than the most it was started with, 4')
  machine.host.faults.order('xl list -v', { kind: 'fails' })
  t.regex(reasonOf(await resize({ vcpus: 1 })), /which guests there are is not known/)
})

test('what has no domain here is neither rebooted, paused nor resized', async (t) => {
  const machine = await guestHost()
  const { uuid } = machine.guest
  const answers = [
    await rebootGuest(machine.world, { kind: 'reboot-guest', uuid, domid: 1 }),
    await pauseGuest(machine.world, { kind: 'pause-guest', uuid, state: 'paused' }),
    await resizeGuest(machine.world, { kind: 'resize-guest', uuid, vcpus: 1 }),
  ]
  for (const answer of answers) t.is(reasonOf(answer), 'it does not run on this host: it has no domain here')
})
