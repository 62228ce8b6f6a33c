import test from 'ava'
import { hostNames } from '../../appliance/config.ts'
import { answerJoin, answerXenConfig, type BootDesk, macOf, strangerToAttempt } from '../../appliance/runner.ts'
import { newAttemptId } from '../../appliance/store/attempts.ts'
import { AttemptRunner } from '../../appliance/timeline/runner.ts'
import { newTracker } from '../../appliance/timeline/tracker.ts'
import { parseImageName } from '../../appliance/wire/generation.ts'
import { plannedHost } from '../../manager/protocol/appliance.ts'
import { desk, ip, lend, mac, NEW, NODE01, NOW, OLD, quiet, STRANGER, script, sure, YAML } from './desk.ts'

test('a known host gets a script with its name, its address and the published generation', async (t) => {
  const { made } = desk(OLD)
  lend(made, NODE01, '10.77.0.21')
  const text = await script(made, NODE01, '10.77.0.21')
  t.regex(text, /hl\.name=node01/)
  t.regex(text, /hl\.net=525400770001,10\.77\.0\.21\/24/)
  t.regex(text, new RegExp(`hl\\.root=nfs:2049:/dom0/${OLD}`))
})

test('one boot stays with one generation while another is published; the next boot takes the new one', async (t) => {
  const { made, images, clock } = desk(OLD)
  lend(made, NODE01, '10.77.0.21')
  await script(made, NODE01, '10.77.0.21')
  images.published = NEW
  clock.now += 20_000
  const again = await script(made, NODE01, '10.77.0.21')
  t.regex(again, new RegExp(OLD))
  t.notRegex(again, new RegExp(NEW))
  const attempt = sure(made.attempts.views()[0])
  const report = { kind: 'report', stage: 'up', status: 'done', detail: {} } as const
  t.is(
    made.attempts.report(attempt.id, ip('10.77.0.21'), report, () => ip('10.77.0.21')),
    undefined,
  )
  clock.now += 20_000
  t.regex(await script(made, NODE01, '10.77.0.21'), new RegExp(NEW))
})

test('an address that a host has booted with is never lent to another', async (t) => {
  const { made } = desk(OLD)
  lend(made, NODE01, '10.77.0.21')
  await script(made, NODE01, '10.77.0.21')
  t.is(made.leases.byMac(NODE01)?.kind, 'permanent')
})

test('each rendering carries a fresh token, and xen.cfg one of its own', async (t) => {
  const { made } = desk(OLD)
  lend(made, NODE01, '10.77.0.21')
  const token = (text: string | undefined) => /hl\.boot=[a-z2-7]{16}\.([A-Za-z0-9_-]{43})/.exec(text ?? '')?.[1]
  const texts = [await script(made, NODE01, '10.77.0.21'), await script(made, NODE01, '10.77.0.21')]
  const config = await answerXenConfig(made, sure(made.attempts.views()[0]).id, '10.77.0.21')
  const tokens = [...texts, config].map(token)
  t.true(tokens.every(Boolean))
  t.is(new Set(tokens).size, 3)
})

test('who asks from the address of another host gets neither script nor xen.cfg, and begins no attempt', async (t) => {
  const { made } = desk(OLD)
  lend(made, NODE01, '10.77.0.21')
  t.regex(await script(made, NODE01, '10.77.0.66'), /^REFUSED .*10\.77\.0\.21.*10\.77\.0\.66/)
  t.deepEqual(made.attempts.views(), [])
  await script(made, NODE01, '10.77.0.21')
  t.is(await answerXenConfig(made, sure(made.attempts.views()[0]).id, '10.77.0.66'), undefined)
})

test('a root over NFS is not promised to an address of a foreign subnet: the console says what to do', async (t) => {
  const proxied = (subnets: string) =>
    YAML.replace(/^dhcp:.*$/m, `dhcp: { mode: proxy, subnets: [${subnets}] }`).replaceAll(/, address: [\d.]+ }/g, ' }')
  const { made } = desk(OLD, proxied(''))
  t.regex(await script(made, NODE01, '10.9.0.5'), /echo .*10\.9\.0\.5 is in none of them.*dhcp\.subnets/)
  t.like(made.attempts.views()[0]?.stages.at(-1), { stage: 'script', status: 'failed' })
  t.regex(await script(made, NODE01, '10.77.0.40'), /hl\.root=nfs/)

  const served = desk(OLD, proxied('{ subnet: 10.9.0.0/24, router: 10.9.0.1 }')).made
  t.regex(await script(served, NODE01, '10.9.0.5'), /hl\.root=nfs/)
  const inMemory = desk(OLD, `${proxied('')}boot: { root: ram }\n`).made
  t.regex(await script(inMemory, NODE01, '10.9.0.5'), /hl\.root=ram/)
})

test('with nothing published the console says what to run, and the attempt tells it too', async (t) => {
  const { made } = desk(undefined)
  lend(made, NODE01, '10.77.0.21')
  t.regex(await script(made, NODE01, '10.77.0.21'), /echo .*hostless image build dom0/)
  t.regex(JSON.stringify(made.attempts.views()), /hostless image build dom0/)
})

test('an unknown machine boots the default image under a name made of its MAC', async (t) => {
  const { made } = desk(OLD)
  lend(made, STRANGER, '10.77.0.100')
  t.regex(await script(made, STRANGER, '10.77.0.100'), /hl\.name=host-525400770099/)
  t.is(macOf(made, '10.77.0.100'), STRANGER)
})

test('a host boots as the manager says: under its name, its image and root mode, or not at all', async (t) => {
  const { made } = desk(OLD)
  lend(made, STRANGER, '10.77.0.100')
  const planned = (changed: object): BootDesk => {
    const host = plannedHost.parse({ macs: [STRANGER], name: 'web7', standing: 'known', ...changed })
    return { ...made, planned: (mac) => (mac === STRANGER ? host : undefined) }
  }
  t.regex(await script(planned({ image: 'dom0-next' }), STRANGER, '10.77.0.100'), new RegExp(`hl\\.root=nfs:2049:/dom0-next/${OLD}`))
  t.regex(await script(planned({}), STRANGER, '10.77.0.100'), /hl\.name=web7/)
  const refused = await script(planned({ standing: 'rejected' }), STRANGER, '10.77.0.100')
  t.regex(refused, /an admin has rejected web7/)
  t.notRegex(refused, /hl\.boot/)
})

test('a token is queued for the manager with the address that its host has, and what its firmware said it is', async (t) => {
  const { made, tokens } = desk(OLD)
  const uuid = '4c4c4544-0000-2010-8020-80c04f202020'
  const asked = { kind: 'dhcp', message: 'DISCOVER', by: 'firmware', answer: 'ack', architecture: 'BIOS PXE', uuid } as const
  made.attempts.observe(NODE01, { ...asked, address: ip('10.77.0.21') })
  lend(made, NODE01, '10.77.0.21')
  await script(made, NODE01, '10.77.0.21')
  await script(made, STRANGER, '10.77.0.180')
  t.like(tokens.oldest(9), [
    { mac: NODE01, address: '10.77.0.21', uuid, issued: NOW },
    { mac: STRANGER, address: '10.77.0.180' },
  ])
  const [first] = tokens.oldest(1)
  t.is(strangerToAttempt(made, first?.attempt ?? '', '10.77.0.21'), undefined)
  t.regex(strangerToAttempt(made, first?.attempt ?? '', '10.77.0.66') ?? '', /10\.77\.0\.66/)
  t.regex(strangerToAttempt(made, 'a'.repeat(16), '10.77.0.21') ?? '', /no such boot attempt/)
})

test('what was served survives a restart: the attempt goes on with its generation', async (t) => {
  const { made, images } = desk(OLD)
  lend(made, NODE01, '10.77.0.21')
  await script(made, NODE01, '10.77.0.21')
  images.published = NEW
  const attempts = new AttemptRunner({
    tracker: newTracker(hostNames(made.config), made.store.load()),
    save: (writes) => made.store.save(writes),
    now: () => NOW + 5000,
    newId: newAttemptId,
    log: quiet,
  })
  const restarted: BootDesk = { ...made, attempts }
  t.regex(await script(restarted, NODE01, '10.77.0.21'), new RegExp(OLD))
  t.is(restarted.attempts.views().length, 1)
})

test('a bonded host boots by each of its NICs: one name, one image, one address, one permanent lease', async (t) => {
  const { made, clock } = desk(OLD)
  const [first, second] = [mac('52:54:00:77:00:02'), mac('52:54:00:77:00:03')]
  lend(made, first, '10.77.0.102')
  t.regex(await script(made, first, '10.77.0.102'), /hl\.net=525400770002,10\.77\.0\.102\/24/)
  clock.now += 3600_000
  const text = await script(made, second, '10.77.0.102')
  t.regex(text, /hl\.name=node02/)
  t.regex(text, /hl\.net=525400770003,10\.77\.0\.102\/24/)
  t.deepEqual(
    made.leases.list().map(({ kind }) => kind),
    ['permanent'],
  )
  t.deepEqual(
    made.attempts.views().map(({ host, mac: nic }) => [host, nic]),
    [
      ['node02', second],
      ['node02', first],
    ],
  )
})

test('a bonded host that an admin has rejected by one of its NICs gets no script by the other', async (t) => {
  const { made } = desk(OLD)
  const [first, second] = [mac('52:54:00:77:00:02'), mac('52:54:00:77:00:03')]
  const rejected = plannedHost.parse({ macs: [first], name: 'node02', standing: 'rejected' })
  t.regex(await script({ ...made, planned: (nic) => (nic === first ? rejected : undefined) }, second, '10.77.0.50'), /rejected node02/)
})

const STICK = { image: sure(parseImageName('dom0')), generation: OLD }

test('a host that runs from a stick is given attempt and token as its boot script would have been: at its own address alone', (t) => {
  const { made, tokens } = desk(undefined)
  lend(made, NODE01, '10.77.0.21')
  t.regex(JSON.stringify(answerJoin(made, NODE01, '10.77.0.66', STICK)), /"refusal".*10\.77\.0\.21.*10\.77\.0\.66/)
  t.deepEqual(made.attempts.views(), [], 'a stranger begins nothing')
  const answer = answerJoin(made, NODE01, '10.77.0.21', STICK)
  if (answer.kind === 'refusal') return t.fail(answer.reason)
  t.like(made.attempts.views(), [{ id: answer.attempt, host: 'node01', image: 'dom0', generation: OLD, address: '10.77.0.21' }])
  t.like(tokens.oldest(9), [{ attempt: answer.attempt, mac: NODE01, address: '10.77.0.21', issued: NOW }])
  t.is(made.leases.byMac(NODE01)?.kind, 'permanent')
  const again = answerJoin(made, NODE01, '10.77.0.21', STICK)
  t.true(again.kind === 'joined' && again.attempt === answer.attempt && again.token !== answer.token)
})

test('a host from a stick that an admin has rejected, or that is in maintenance, is told why and gets no token', (t) => {
  const { made, tokens } = desk(OLD, `${YAML}  - { name: node03, mac: 52:54:00:77:00:09, maintenance: true }\n`)
  const host = plannedHost.parse({ macs: [STRANGER], name: 'web7', standing: 'rejected' })
  const rejected = answerJoin({ ...made, planned: (asked) => (asked === STRANGER ? host : undefined) }, STRANGER, '10.77.0.100', STICK)
  t.regex(JSON.stringify(rejected), /"refusal".*an admin has rejected web7/)
  t.regex(JSON.stringify(answerJoin(made, mac('52:54:00:77:00:09'), '10.77.0.101', STICK)), /"refusal".*node03 is in maintenance/)
  t.deepEqual(tokens.oldest(9), [])
})
