import test, { type ExecutionContext } from 'ava'
import { destroyGuest } from '../../../../images/agent/requests/destroy-guest.ts'
import { startGuest } from '../../../../images/agent/requests/start-guest.ts'
import type { Fault } from '../../../../images/agent/simulator/faults.ts'
import { buildUnborn } from '../../../../images/agent/simulator/state/migration.ts'
import type { AnswerBody, RequestOf } from '../../../../manager/protocol/requests.ts'
import { mac, uuid } from '../../../../manager/protocol/values.ts'
import { asJob, type GuestHost, guestHost, killedAfter, lasting, lost } from '../guests/host.ts'
import { ended } from '../machines.ts'

const reasonOf = (answer: AnswerBody): string => (answer.kind === 'refused' ? answer.reason : '')
const BOTH = ['hostless-20000000-0000-4000-8000-000000000001', 'hostless-20000000-0000-4000-8000-000000000002']

function isClean(t: ExecutionContext, machine: GuestHost, what?: string): void {
  t.deepEqual([machine.domains(), machine.open(), machine.kept()], [[], [], undefined], what)
  t.deepEqual(machine.faults(), [], what)
}

function runs(t: ExecutionContext, machine: GuestHost, what?: string): void {
  t.deepEqual(
    machine.domains().map(({ uuid, name, state }) => [uuid, name, state]),
    [[machine.guest.uuid, 'web1', 'running']],
    what,
  )
  t.deepEqual(machine.open(), BOTH, what)
  t.like(machine.kept(), { state: 'started' }, what)
  t.deepEqual(machine.faults(), [], what)
}

test('a guest is made from what is asked, on the devices of its disks, and let loose once all of it is there', async (t) => {
  const machine = await guestHost()
  t.deepEqual(await startGuest(machine.world, machine.start, asJob(machine)), { kind: 'guest-started', domid: 1, was: 'not there' })
  runs(t, machine)
  t.like(machine.kept(), { restart: 'on-failure', crashes: [] })
  t.is(machine.mode(`/run/hostless/guests/${machine.guest.uuid}.json`), 0o600)
  const [domain] = machine.domains()
  t.like(domain, { type: 'pvh', onReboot: 'restart', onCrash: 'preserve', nics: [{ mac: '00:16:3e:00:00:01', bridge: 'xenbr0' }] })
  t.deepEqual(
    domain?.disks.map(({ target, writable, script }) => [target, writable, script]),
    BOTH.map((name, index) => [`/dev/mapper/${name}`, index === 0, 'block-hostless']),
  )
  t.true(machine.collected.some((names) => names.startsWith('guests,')))
})

test('a NIC that is to be held to its MAC is, or the guest does not start: an older image cannot', async (t) => {
  const machine = await guestHost()
  const guest = { ...machine.guest, nics: machine.guest.nics.map((nic) => ({ ...nic, filter: 'mac' as const })) }
  const refusal = await startGuest(machine.world, { ...machine.start, guest }, asJob(machine))
  t.regex(refusal.kind === 'refused' ? refusal.reason : '', /held to its MAC, and the image of this host has no .*vif-hostless/)
  t.deepEqual([machine.domains(), machine.kept()], [[], undefined])
  await machine.host.files.write('/etc/xen/scripts/vif-hostless', '#!/bin/sh\n', 0o755)
  t.is((await startGuest(machine.world, { ...machine.start, guest }, asJob(machine))).kind, 'guest-started')
  t.like(machine.domains()[0]?.nics[0], { script: 'vif-hostless' })
  t.like(machine.kept(), { guest: { nics: [{ filter: 'mac' }] } }, 'after a crash, too')
})

test('one that is there already stays as it is: running or paused, asked twice, with another policy', async (t) => {
  const machine = await guestHost()
  await startGuest(machine.world, machine.start, asJob(machine))
  for (const state of ['running', 'paused'] as const) {
    machine.become({ state })
    const again: RequestOf<'start-guest'> = { ...machine.start, guest: { ...machine.guest, memoryMiB: 64 }, restart: 'always' }
    t.deepEqual(await startGuest(machine.world, again, asJob(machine)), { kind: 'guest-started', domid: 1, was: 'there' })
    t.is(machine.domains()[0]?.state, state)
    t.like(machine.kept(), { state: 'started', restart: 'always', guest: { memoryMiB: 128 } })
  }
  t.is(machine.runs('xl').filter(([, verb]) => verb === 'create').length, 1)
})

for (const state of ['crashed', 'shutdown'] as const) {
  test(`what is left of a guest that has ended (${state}) goes first`, async (t) => {
    const machine = await guestHost()
    await startGuest(machine.world, machine.start, asJob(machine))
    machine.become({ state })
    t.deepEqual(await startGuest(machine.world, machine.start, asJob(machine)), { kind: 'guest-started', domid: 2, was: 'not there' })
    runs(t, machine)
  })
}

test('a domain of it that never got its name is none: it goes first', async (t) => {
  const machine = await guestHost()
  const { host, guest, site } = machine
  site.change((now) => buildUnborn(now, host.name, { uuid: guest.uuid, type: 'pvh' }))
  t.is(machine.domains().length, 1)
  t.like(await startGuest(machine.world, machine.start, asJob(machine)), { kind: 'guest-started', was: 'not there' })
  runs(t, machine)
})

test('one that is being saved or moved is left alone', async (t) => {
  const machine = await guestHost()
  await startGuest(machine.world, machine.start, asJob(machine))
  machine.become({ state: 'suspended' })
  t.regex(reasonOf(await startGuest(machine.world, machine.start, asJob(machine))), /domain 1 is suspended/)
  t.is(machine.domains()[0]?.state, 'suspended')
})

const REFUSED: { readonly [what: string]: readonly [prepare: (machine: GuestHost) => unknown, told: RegExp] } = {
  'a disk that is not ready': [(machine) => machine.tag({ state: 'making' }), /is not ready/],
  'a disk of another guest': [
    (machine) => machine.tag({ guest: uuid.parse('10000000-0000-4000-8000-00000000000f') }),
    /is a disk of the guest 10000000-0000-4000-8000-00000000000f/,
  ],
  'an older copy of a disk': [(machine) => machine.tag({ generation: 2 }), /is an older copy/],
  'too little memory': [
    (machine) => machine.host.faults.order('xl info -n', { kind: 'says', ran: ended(XL_INFO) }),
    /needs 132 MiB .* and 100 MiB are free/,
  ],
  'free memory that is not known': [
    (machine) => machine.host.faults.order('xl info -n', { kind: 'fails' }),
    /how much memory is free is not known/,
  ],
  'domains that are not known': [
    (machine) => machine.host.faults.order('xl list -v', { kind: 'hangs' }),
    /which domains there are is not known: xl list -v: stopped/,
  ],
}
const XL_INFO = 'xen_version            : 4.20.0\ntotal_memory           : 4096\nfree_memory            : 100\n'

for (const [what, [prepare, told]] of Object.entries(REFUSED)) {
  test(`${what}: refused, nothing is changed, and it starts once that is over`, async (t) => {
    const machine = await guestHost()
    await prepare(machine)
    const answer = await startGuest(machine.world, machine.start, asJob(machine))
    t.regex(reasonOf(answer), told)
    machine.host.faults.clear()
    isClean(t, machine)
    t.false(machine.runs('xl').some(([, verb]) => verb === 'create'))
  })
}

test('a bridge that is not there is told of by its name, and so is another guest of the same name', async (t) => {
  const machine = await guestHost()
  const nics = ['xenbr0', 'lan7'].map((bridge, index) => ({ mac: mac.parse(`00:16:3e:00:00:0${index}`), bridge }))
  const lacking = await startGuest(machine.world, { ...machine.start, guest: { ...machine.guest, nics } }, asJob(machine))
  t.is(reasonOf(lacking), 'this host has no bridge lan7')
  isClean(t, machine)
  await startGuest(machine.world, machine.start, asJob(machine))
  const other = uuid.parse('10000000-0000-4000-8000-000000000002')
  const twin = await startGuest(machine.world, { ...machine.start, guest: { ...machine.guest, uuid: other } }, asJob(machine))
  t.regex(reasonOf(twin), /^domain 1 has the name web1 already, and is another guest, 10000000-0000-4000-8000-000000000001/)
  runs(t, machine)
})

test('what xl says of a failure is told in one line, and all that was begun is undone', async (t) => {
  const machine = await guestHost()
  machine.host.faults.order('xl create', { kind: 'fails', code: 3, stderr: 'libxl: error: a\nlibxl: error: a\nxc: no memory\n' })
  const answer = await startGuest(machine.world, machine.start, asJob(machine))
  t.is(reasonOf(answer), 'xl ended with exit code 3: libxl: error: a; xc: no memory')
  isClean(t, machine)
})

test('a program that nobody saw the end of has failed, and is undone', async (t) => {
  const machine = await guestHost()
  const answer = await startGuest(machine.world, machine.start, asJob(machine, lost()))
  t.regex(reasonOf(answer), /nobody was there to see how/)
  isClean(t, machine)
})

test('one that is not wanted any more is undone, though it was made', async (t) => {
  const machine = await guestHost()
  const control = new AbortController()
  const run: ReturnType<typeof lasting> = async (step, command, allowed) => {
    const ran = await lasting(machine)(step, command, allowed)
    control.abort()
    return ran
  }
  t.is((await startGuest(machine.world, machine.start, { ...asJob(machine, run), signal: control.signal })).kind, 'refused')
  isClean(t, machine)
})

const FAULTS: readonly Fault[] = [{ kind: 'fails' }, { kind: 'answer-lost' }, { kind: 'hangs' }]

test('each command fails, hangs or loses its answer in turn: asked again it starts, or was refused with nothing left', async (t) => {
  t.timeout(300_000)
  const whole = await guestHost()
  const before = whole.commands.length
  await startGuest(whole.world, whole.start, asJob(whole))
  const count = whole.commands.length - before
  t.true(count > 10)
  for (const fault of FAULTS)
    for (let at = 0; at < count; at += 1) {
      const machine = await guestHost()
      let seen = 0
      let hit = ''
      machine.host.faults.order(
        (command) => {
          seen += 1
          if (seen === at + 1) hit = command.join(' ')
          return seen === at + 1
        },
        fault,
        1,
      )
      const first = await startGuest(machine.world, machine.start, asJob(machine))
      const what = `${fault.kind} at ${at}: ${hit}: ${reasonOf(first)}`
      t.deepEqual(machine.faults(), [], what)
      t.true(machine.domains().length <= 1, what)
      if (first.kind === 'guest-started') runs(t, machine, what)
      const again = await startGuest(machine.world, machine.start, asJob(machine))
      t.is(again.kind, 'guest-started', `${what}; ${reasonOf(again)}`)
      runs(t, machine, what)
    }
})

test('an agent is killed wherever it is: the next one takes up the same job, and there is one domain, whole and running', async (t) => {
  t.timeout(300_000)
  const whole = await guestHost()
  const counted = killedAfter(whole.world, Number.POSITIVE_INFINITY)
  await startGuest(counted.world, whole.start, asJob(whole))
  for (let limit = 0; limit < counted.asked(); limit += 1) {
    const machine = await guestHost()
    const run = lasting(machine)
    const killed = killedAfter(machine.world, limit)
    void startGuest(killed.world, machine.start, asJob(machine, run))
    await killed.dead
    t.true(machine.domains().length <= 1, `killed after ${limit}`)
    const answer = await startGuest(machine.world, machine.start, asJob(machine, run))
    t.is(answer.kind, 'guest-started', `killed after ${limit}: ${reasonOf(answer)}`)
    runs(t, machine, `killed after ${limit}`)
    t.is(machine.runs('xl').filter(([, verb]) => verb === 'create').length, 1, `killed after ${limit}`)
  }
})

test('a start that was killed and is asked for by another job ends in one domain, or in none and a reason', async (t) => {
  t.timeout(300_000)
  const whole = await guestHost()
  const counted = killedAfter(whole.world, Number.POSITIVE_INFINITY)
  await startGuest(counted.world, whole.start, asJob(whole))
  for (let limit = 0; limit < counted.asked(); limit += 1) {
    const machine = await guestHost()
    const killed = killedAfter(machine.world, limit)
    void startGuest(killed.world, machine.start, asJob(machine))
    await killed.dead
    const answer = await startGuest(machine.world, machine.start, asJob(machine))
    if (answer.kind === 'guest-started') runs(t, machine, `killed after ${limit}`)
    else isClean(t, machine, `killed after ${limit}: ${reasonOf(answer)}`)
    const again = await startGuest(machine.world, machine.start, asJob(machine))
    t.is(again.kind, 'guest-started', `killed after ${limit}: ${reasonOf(again)}`)
    runs(t, machine, `killed after ${limit}`)
  }
})

test('a destroy after a start that was killed wherever it was leaves nothing', async (t) => {
  t.timeout(300_000)
  const whole = await guestHost()
  const counted = killedAfter(whole.world, Number.POSITIVE_INFINITY)
  await startGuest(counted.world, whole.start, asJob(whole))
  for (let limit = 0; limit < counted.asked(); limit += 3) {
    const machine = await guestHost()
    const killed = killedAfter(machine.world, limit)
    void startGuest(killed.world, machine.start, asJob(machine))
    await killed.dead
    t.is((await destroyGuest(machine.world, { kind: 'destroy-guest', uuid: machine.guest.uuid })).kind, 'guest-destroyed')
    t.deepEqual([machine.domains(), machine.kept()], [[], undefined], `killed after ${limit}`)
  }
})
