import test from 'ava'
import { dataFolder, runName, staleRuns } from './folders.ts'
import { fingerprint } from './image.ts'
import { namespaceBatch, namespaceName } from './namespace.ts'
import { planNodes } from './plan.ts'

test('runName sorts by time and names its process', (t) => {
  t.is(runName(new Date('2026-11-20T10:45:12.345Z'), 4711, '1a2b'), '20261120-104512-4711-1a2b')
})

test('staleRuns leaves room for the new run, keeps those of living labs and what is not a run', (t) => {
  const names = Array.from({ length: 8 }, (_, index) => `20261120-10451${index}-${100 + index}-ab`)
  t.deepEqual(
    staleRuns(['notes', ...names].reverse(), (pid) => pid === 101),
    [names[0], names[2], names[3]],
  )
  t.deepEqual(
    staleRuns(names.slice(0, 4), () => false),
    [],
  )
})

test('dataFolder keeps the suites apart', (t) => {
  t.regex(dataFolder('trixie'), /\.lab\/data$/)
  t.regex(dataFolder('bookworm'), /\.lab\/data-bookworm$/)
})

test('fingerprint changes with any path or byte, not with the order', (t) => {
  const [a, b] = [
    { path: 'a', content: 'one' },
    { path: 'b', content: 'two' },
  ]
  t.is(fingerprint([a, b]), fingerprint([b, a]))
  const prints = [
    [a, b],
    [a],
    [a, { ...b, content: 'twp' }],
    [{ ...a, path: 'c' }, b],
    [
      { path: 'a', content: 'on' },
      { path: 'eb', content: 'two' },
    ],
  ]
  t.is(new Set(prints.map((files) => fingerprint(files))).size, prints.length)
})

test('namespaceBatch puts every tap on the bridge and gives every BMC its address', (t) => {
  const nodes = planNodes([{ nics: 2 }, {}], 'bios', { runtime: '/run/x', run: '/lab' })
  const lines = namespaceBatch(nodes).split('\n')
  for (const tap of ['node1', 'node1.1', 'node2']) {
    t.true(lines.includes(`tuntap add dev ${tap} mode tap`))
    t.true(lines.includes(`link set dev ${tap} master rack0 up`))
  }
  t.true(lines.includes('address add 10.78.0.2/32 dev lo'))
  t.false(
    lines.some((line) => line.includes('default')),
    'no way out',
  )
})

test('namespaceName names the process, and a second rack of it differently', (t) => {
  const names = [namespaceName(4711), namespaceName(4711)]
  t.not(names[0], names[1])
  t.true(names.every((name) => /^hl-lab-4711-\d+$/.test(name)))
})
