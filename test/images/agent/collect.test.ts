import test from 'ava'
import fc from 'fast-check'
import type { Backend } from '../../../images/agent/backend.ts'
import { type Collected, collect, EMPTY_INVENTORY, update } from '../../../images/agent/collect.ts'
import { inventory, SECTION_NAMES } from '../../../manager/protocol/inventory.ts'
import { DOM0, dom0 } from './dom0.ts'
import { textBackend } from './machines.ts'

test('a dom0 is read whole, without a problem, and what comes is an inventory', async (t) => {
  const collected = await collect(dom0)
  t.deepEqual(collected.problems, [])
  t.deepEqual(Object.keys(collected.sections).sort(), [...SECTION_NAMES].sort())
  const whole = update(EMPTY_INVENTORY, collected).inventory
  t.deepEqual(inventory.parse(whole), whole)
  t.false(JSON.stringify(whole).includes('VOwpoPUT'), 'the boot’s token stays in the host')
})

test('what several sections need is run once', async (t) => {
  const ran: string[] = []
  const counting: Backend = {
    ...dom0,
    run: (command) => {
      ran.push(command.join(' '))
      return dom0.run(command)
    },
  }
  await collect(counting)
  t.deepEqual(ran, [...new Set(ran)])
  ran.length = 0
  await collect(counting, ['lvs'])
  t.is(ran.length, 1)
})

test('a machine without any tool is an inventory too, with a problem for each thing that is missing', async (t) => {
  const collected = await collect(textBackend({}))
  const { inventory: whole, changed } = update(EMPTY_INVENTORY, collected)
  t.deepEqual(inventory.parse(whole), whole)
  t.true(changed)
  t.true(collected.problems.some(({ section, source }) => section === 'lvs' && source.startsWith('lvm fullreport')))
  t.false(
    collected.problems.some(({ section }) => section === 'iscsi' || section === 'drbd'),
    'hosts may be without these',
  )
})

test('a parser that fails costs its own section', async (t) => {
  const broken: Backend = { ...dom0, list: () => Promise.reject(new Error('no such luck')) }
  const collected = await collect(broken, ['sensors', 'lvs'])
  t.deepEqual(collected.sections.sensors, [])
  t.not(collected.sections.lvs?.length, 0)
  t.deepEqual(collected.problems, [{ section: 'sensors', source: 'sensors', reason: 'the agent failed to read it: no such luck' }])
})

test('a section that is too long is cut, and says so', async (t) => {
  const rows = Array.from({ length: 1500 }, (_, index) => ({ ifname: `x${index}`, addr_info: [{ local: '10.0.0.1', prefixlen: 24 }] }))
  const collected = await collect(textBackend({ commands: { 'ip -json addr': JSON.stringify(rows) } }), ['addresses'])
  t.is(collected.sections.addresses?.length, 1024)
  t.deepEqual(
    collected.problems.map(({ reason }) => reason),
    ['there are 1500; only the first 1024 are reported'],
  )
})

test('update finds the sections that differ, and only those', async (t) => {
  const before = update(EMPTY_INVENTORY, await collect(dom0)).inventory
  t.deepEqual(update(before, await collect(dom0)), { inventory: before, sections: {}, changed: false })
  const commands = { ...DOM0.commands, 'drbdsetup events2 --now --statistics': 'exists -\n' }
  const change = update(before, await collect(textBackend({ ...DOM0, commands }), ['drbd', 'lvs']))
  t.deepEqual(change.sections, { drbd: [] })
  t.deepEqual(change.inventory, { ...before, drbd: [] })
})

test('a problem that comes or goes is a change, even where the section stays', async (t) => {
  const before = update(EMPTY_INVENTORY, await collect(dom0)).inventory
  const after = update(
    before,
    await collect(textBackend({ ...DOM0, commands: { ...DOM0.commands, 'xl info -n': { kind: 'missing' } } }), ['numa']),
  )
  t.true(after.changed)
  t.is(after.inventory.problems.length, 1)
  t.true(update(after.inventory, await collect(dom0, ['numa'])).changed)
  t.deepEqual(update(after.inventory, await collect(dom0, ['numa'])).inventory.problems, [])
})

test('problems of sections that were not read stay, and no more are kept than a message takes', (t) => {
  const problem = (section: (typeof SECTION_NAMES)[number], reason: string) => ({ section, source: 'x', reason })
  const many: Collected = { sections: { lvs: [] }, problems: Array.from({ length: 600 }, (_, index) => problem('lvs', `r${index}`)) }
  const first = update({ ...EMPTY_INVENTORY, problems: [problem('dmi', 'old'), problem('lvs', 'old')] }, many)
  t.is(first.inventory.problems.length, 512)
  t.deepEqual(first.inventory.problems[0], problem('dmi', 'old'))
  t.false(first.inventory.problems.some(({ section, reason }) => section === 'lvs' && reason === 'old'))
})

test('whatever tools print, what is collected is an inventory', async (t) => {
  const commands = Object.keys(DOM0.commands)
  const files = Object.keys(DOM0.files)
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), { minLength: 1 }), fc.nat(), async (texts, seed) => {
      const pick = (index: number): string => texts[(index + seed) % texts.length] ?? ''
      const backend = textBackend({
        commands: Object.fromEntries(commands.map((command, index) => [command, pick(index)])),
        files: Object.fromEntries(files.map((path, index) => [path, pick(index)])),
      })
      const whole = update(EMPTY_INVENTORY, await collect(backend)).inventory
      t.deepEqual(inventory.parse(whole), whole)
    }),
    { numRuns: 60 },
  )
})
