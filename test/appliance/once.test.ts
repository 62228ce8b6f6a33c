// Something else than the pool, once: by the boot desk, over all that may come between the order and the boot after.
import { join } from 'node:path'
import test from 'ava'
import { answerXenConfig, type BootDesk } from '../../appliance/runner.ts'
import { SharedFiles } from '../../appliance/store/shared-files.ts'
import { openBootFile, toolsHere } from '../../appliance/tftp-tree.ts'
import { ONCE_TIME } from '../../appliance/timeline/attempt.ts'
import type { Mac } from '../../appliance/wire/addresses.ts'
import { plannedHost } from '../../manager/protocol/appliance.ts'
import { dataDirFor } from '../manager/site.ts'
import { desk, lend, mac, NODE01, NOW, OLD, STRANGER, script, YAML } from './desk.ts'

const ORDER = 'o'.repeat(16)
const HOST = '10.77.0.21'

/** The desk, with a plan that has an order for this MAC, or has it no more. */
function ordered(made: BootDesk, changed: object = {}, of: Mac = NODE01, order: object | 'none' = {}): BootDesk {
  const once = order !== 'none' && { id: ORDER, what: 'memtest', until: NOW + 3600_000, ...order }
  const host = plannedHost.parse({ macs: [of], name: 'node01', standing: 'known', ...(once ? { once } : {}), ...changed })
  return { ...made, planned: (asked) => (asked === of ? host : undefined) }
}

/** Firmware that begins anew. */
function reset({ attempts }: BootDesk, of: Mac = NODE01): void {
  attempts.observe(of, { kind: 'dhcp', message: 'DISCOVER', by: 'firmware', architecture: 'BIOS PXE', answer: 'offer' })
}

const whatOf = (text: string) =>
  /memtest\.bin/.test(text)
    ? 'memtest'
    : /sanboot/.test(text)
      ? 'local'
      : /^shell/m.test(text)
        ? 'shell'
        : /hl\.boot=/.test(text)
          ? 'pool'
          : text

test('the next boot is of what was ordered, and the one after it is of the pool again', async (t) => {
  for (const what of ['memtest', 'local', 'shell']) {
    const { made, clock } = desk(OLD)
    lend(made, NODE01, HOST)
    const from = ordered(made, {}, NODE01, { what })
    t.is(whatOf(await script(from, NODE01, HOST)), what)
    t.like(made.attempts.views()[0], { state: 'once', once: what })
    t.deepEqual(made.followed.untold(9), [{ id: ORDER, attempt: made.attempts.views()[0]?.id, mac: NODE01, what, at: NOW }])
    clock.now += 5000
    reset(from)
    t.is(whatOf(await script(from, NODE01, HOST)), 'pool', 'though the plan still has it')
    t.deepEqual(
      made.attempts.views().map(({ state }) => state),
      ['booting', 'once'],
    )
  }
})

test('within one attempt the same is answered again, also when the manager has dropped the order; a minute later it is the pool', async (t) => {
  const { made, clock } = desk(OLD)
  lend(made, NODE01, HOST)
  t.is(whatOf(await script(ordered(made), NODE01, HOST)), 'memtest')
  clock.now += 20_000
  t.is(whatOf(await script(ordered(made, {}, NODE01, 'none'), NODE01, HOST)), 'memtest')
  t.is(made.attempts.views().length, 1)
  t.is(made.followed.untold(9).length, 1)
  clock.now = NOW + ONCE_TIME + 1
  t.is(whatOf(await script(ordered(made), NODE01, HOST)), 'pool')
  t.is(made.attempts.views().length, 2)
})

test('another order is followed by the next boot, however soon it comes', async (t) => {
  const { made, clock } = desk(OLD)
  lend(made, NODE01, HOST)
  await script(ordered(made), NODE01, HOST)
  clock.now += 1000
  const next = ordered(made, {}, NODE01, { id: 'p'.repeat(16), what: 'local' })
  t.is(whatOf(await script(next, NODE01, HOST)), 'memtest', 'the attempt stays with its own')
  reset(next)
  t.is(whatOf(await script(next, NODE01, HOST)), 'local')
  t.is(made.followed.untold(9).length, 2)
})

test('an attempt that has been given the pool stays with it; the order is for the boot after', async (t) => {
  const { made, clock } = desk(OLD)
  lend(made, NODE01, HOST)
  await script(made, NODE01, HOST)
  clock.now += 10_000
  t.is(whatOf(await script(ordered(made), NODE01, HOST)), 'pool')
  reset(made)
  t.is(whatOf(await script(ordered(made), NODE01, HOST)), 'memtest')
})

test('an order that is over, and one of a kind that this hostless does not know, are not followed; the host boots the pool', async (t) => {
  const { made, clock } = desk(OLD)
  lend(made, NODE01, HOST)
  t.is(whatOf(await script(ordered(made, {}, NODE01, { what: 'firmware' }), NODE01, HOST)), 'pool')
  reset(made)
  clock.now = NOW + 3600_000
  t.is(whatOf(await script(ordered(made), NODE01, HOST)), 'pool')
  t.deepEqual(made.followed.untold(9), [])
})

test('what was followed is on disk before the script leaves: after a crash just then no other boot follows it', async (t) => {
  const file = join(await dataDirFor(t), 'appliance.db')
  const { made, database } = desk(OLD, YAML, file)
  lend(made, NODE01, HOST)
  let seen: unknown
  // The store as it is when the timeline hears that a script leaves, read beside it.
  const attempts = new Proxy(made.attempts, {
    get: (runner, name) => {
      if (name !== 'observe')
        return Reflect.get(runner, name, runner) instanceof Function ? Reflect.get(runner, name, runner).bind(runner) : undefined
      return () => {
        const beside = desk(OLD, YAML, file)
        seen = beside.made.followed.untold(9)
        beside.database.close()
        throw new Error('killed')
      }
    },
  })
  await t.throwsAsync(script({ ...ordered(made), attempts }, NODE01, HOST), { message: 'killed' })
  const [first] = made.followed.untold(9)
  t.truthy(first)
  t.deepEqual(seen, [first])
  database.close()

  const restarted = desk(OLD, YAML, file)
  t.is(whatOf(await script(ordered(restarted.made), NODE01, HOST)), 'memtest', 'iPXE asks again: the same attempt')
  reset(restarted.made)
  t.is(whatOf(await script(ordered(restarted.made), NODE01, HOST)), 'pool')
  t.deepEqual(restarted.made.followed.untold(9), [first])
  restarted.database.close()
})

test('two NICs that ask at once follow one order once', async (t) => {
  const { made } = desk(OLD)
  const [first, second] = [mac('52:54:00:77:00:02'), mac('52:54:00:77:00:03')]
  const host = plannedHost.parse({
    macs: [first, second],
    name: 'node02',
    standing: 'known',
    once: { id: ORDER, what: 'memtest', until: NOW + 1000 },
  })
  const from: BootDesk = { ...made, planned: () => host }
  const answers = await Promise.all([script(from, first, '10.77.0.50'), script(from, second, '10.77.0.51')])
  t.deepEqual(answers.map(whatOf).sort(), ['memtest', 'pool'])
})

test('a host in maintenance boots it, one that is rejected and a stranger at its address do not', async (t) => {
  const { made } = desk(OLD, YAML.replace('address: 10.77.0.21 }', 'address: 10.77.0.21, maintenance: true }'))
  lend(made, NODE01, HOST)
  t.regex(await script(ordered(made, {}, NODE01, 'none'), NODE01, HOST), /is in maintenance/)
  t.regex(await script(ordered(made, { standing: 'rejected' }), NODE01, HOST), /an admin has rejected node01/)
  t.regex(await script(ordered(made), NODE01, '10.77.0.66'), /^REFUSED /)
  t.deepEqual(made.followed.untold(9), [])
  t.is(whatOf(await script(ordered(made), NODE01, HOST)), 'memtest')
})

test('a machine that waits for approval boots it, and no image needs to be published', async (t) => {
  const { made, tokens } = desk(undefined)
  lend(made, STRANGER, '10.77.0.100')
  const from = ordered(made, { standing: 'pending', name: 'host9' }, STRANGER)
  t.is(whatOf(await script(from, STRANGER, '10.77.0.100')), 'memtest')
  t.deepEqual(tokens.oldest(9), [], 'it lets no agent in')
  t.is(made.leases.byMac(STRANGER)?.kind, 'bound', 'its address is no dom0’s')
  t.is(await answerXenConfig(from, made.attempts.views()[0]?.id ?? '', '10.77.0.100'), undefined)
})

test('without memtest86+ on the appliance the console and the attempt say what to do, and the order is not used up', async (t) => {
  const { made, clock } = desk(OLD)
  lend(made, NODE01, HOST)
  const bare: BootDesk = { ...ordered(made), hasMemtest: async () => false }
  const said = await script(bare, NODE01, HOST)
  t.regex(said, /echo .*10\.77\.0\.1 has no \/boot\/memtest86\+x64\.bin or .*apt-get install memtest86\+ there/)
  const [view] = made.attempts.views()
  t.like(view, { state: 'failed' })
  t.regex(view?.diagnosis ?? '', /apt-get install memtest86\+.*hostless host boot node01 --once none/)
  clock.now += 10_000
  t.is(whatOf(await script(ordered(made), NODE01, HOST)), 'memtest', 'it was installed meanwhile')
  t.like(made.attempts.views(), [{ state: 'once' }])
  t.is(made.attempts.views().length, 1)
  reset(made)
  t.is(whatOf(await script(bare, NODE01, HOST)), 'pool', 'the order is used up, whatever the plan has and this machine has not')
})

test('memtest86+ is served by TFTP beside the loaders, or says what to install', async (t) => {
  const { made } = desk(OLD)
  const has = (await toolsHere()).includes('memtest')
  for (const name of ['memtest.bin', 'memtest.efi']) {
    const opened = await openBootFile(made, name, HOST, new SharedFiles())
    if (opened.kind === 'file') await opened.close()
    t.is(opened.kind === 'file', has, name)
    if (opened.kind === 'refusal') t.regex(opened.reason, /^\/boot\/memtest86\+x64\.(bin|efi) is not there: apt-get install memtest86\+$/)
  }
})
