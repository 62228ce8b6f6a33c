import test from 'ava'
import { Conclusions } from '../../../manager/alarms/conclusions.ts'
import { PathFaults } from '../../../manager/alarms/faults/paths.ts'
import { PathMemory } from '../../../manager/alarms/path-memory.ts'
import type { KnownMaps } from '../../../manager/store/tables/multipaths.ts'
import { naa, reporting } from '../connectivity/inventories.ts'
import { Watched } from './watched.ts'

type Path = { readonly state?: 'active' | 'failed' | 'unknown'; readonly check?: string }

const WELL: Path = { check: 'ready' }
const mapOf = (paths: readonly Path[], wwid = naa('1')) => ({
  name: 'mpatha',
  wwid,
  paths: paths.map((path, index) => ({ device: `sd${'abcdefgh'[index]}`, state: 'active' as const, group: 1, ...path })),
})
const having = (id: string, paths: number | readonly Path[], more: object = {}) =>
  reporting(id, { multipaths: [mapOf(typeof paths === 'number' ? Array.from({ length: paths }, () => WELL) : paths)], ...more })
const without = (id: string) => reporting(id, {})
const texts = (said: readonly { readonly text: string }[]) => said.map(({ text }) => text)

test('a map without any path is an alarm', (t) => {
  const [alarm, ...others] = new Watched(new PathFaults()).tell(having('a', 0))
  t.deepEqual([alarm?.kind, alarm?.about, others], ['path-failed', `lun ${naa('1')}`, []])
  t.regex(alarm?.text ?? '', /^mpatha \(naa\.61+\) on a has no path: what is on it stands still/)
})

const LOST: readonly Path[] = [
  { state: 'failed', check: 'faulty' },
  { check: 'faulty' },
  { check: 'shaky' },
  { check: 'undef' },
  { check: 'i/o timeout' },
  { state: 'unknown', check: 'undef' },
  { state: 'unknown', check: 'ready' },
  { state: 'failed' },
]

for (const path of LOST) {
  test(`a path that is ${JSON.stringify(path)} is lost`, (t) => {
    const said = texts(new Watched(new PathFaults()).tell(having('a', [WELL, path])))
    t.is(said.length, 1)
    t.regex(said[0] ?? '', /has lost a path \(sdb.*\): 1 of 2 is left/)
  })
}

for (const path of [WELL, { check: 'ghost' }, { check: 'i/o pending' }, { state: 'unknown', check: 'i/o pending' }, {}] satisfies Path[]) {
  test(`a path that is ${JSON.stringify(path)} is none that is lost`, (t) => {
    t.deepEqual(new Watched(new PathFaults()).tell(having('a', [WELL, path])), [])
  })
}

test('a map with fewer paths than it had is an alarm until they are back', (t) => {
  const watched = new Watched(new PathFaults())
  t.deepEqual(watched.tell(having('a', 4)), [])
  t.regex(texts(watched.tell(having('a', 2)))[0] ?? '', /on a has 2 paths, and it had 4\. See to .*; if that is meant, clear this alarm$/)
  t.is(watched.tell(having('a', 3)).length, 1)
  t.deepEqual(watched.tell(having('a', 4)), [])
})

test('the alarm of a map stays when the map vanishes from a reading, and one that was well vanishes without', (t) => {
  const watched = new Watched(new PathFaults())
  const said = watched.tell(having('a', [WELL, { state: 'failed' }]))
  t.deepEqual(watched.tell(without('a')), said)
  t.deepEqual(watched.tell(having('a', 2)), [])
  t.deepEqual(watched.tell(without('a')), [])
  t.is(watched.tell(having('a', 1)).length, 1)
})

test('a map with fewer paths than the same LUN has on a sibling is an alarm, also when the sibling goes', (t) => {
  const dmi = (product: string) => ({ dmi: { product } })
  const watched = new Watched(new PathFaults())
  watched.tell(having('a', 4, dmi('R640')), having('b', 2, dmi('R640')), having('c', 2, dmi('DL20')))
  const [alarm, ...others] = watched.tell()
  t.deepEqual([alarm?.host, others], ['b', []])
  t.regex(alarm?.text ?? '', /on b has 2 paths, and a has 4 to the same LUN/)
  t.is(watched.remove('a').length, 1)
  t.deepEqual(watched.tell(having('b', 4, dmi('R640'))), [])
})

test('what a person has acknowledged is what a map shall have: it is an alarm again only with fewer', (t) => {
  const source = new PathFaults()
  const watched = new Watched(source)
  watched.tell(having('a', 4), having('b', 2))
  source.cleared('path-failed', `lun ${naa('1')}`)
  t.deepEqual(watched.tell(), [])
  t.is(watched.tell(having('b', 1)).length, 1)
  t.deepEqual(watched.tell(having('b', 2)), [])
  watched.tell(having('b', [WELL, { state: 'failed' }]))
  t.is(watched.tell(without('b')).length, 1)
  source.cleared('path-failed', `lun ${naa('1')}`)
  t.deepEqual(watched.tell(), [])
})

/** What a manager knows when it starts: the alarms that held, and what maps had. */
function restarted(before: Conclusions): Conclusions {
  const written = new Map(before.changes().map((change) => [change.key, change.kind === 'holds' ? change.condition.text : '']))
  return new Conclusions(written, before.paths.unsaved())
}

const ends = (conclusions: Conclusions): readonly string[] =>
  conclusions.changes().flatMap(({ kind, key }) => (kind === 'ends' ? [key] : []))

test('a restart of the manager ends no alarm of a map, and forgets not what it had', (t) => {
  const before = new Conclusions(new Map())
  before.complete()
  before.update(having('a', 4))
  before.update(having('a', 2))
  const after = restarted(before)
  after.update(without('a'))
  after.complete()
  t.deepEqual(ends(after), [])
  after.update(having('a', 3))
  t.deepEqual(ends(after), [])
  after.update(having('a', 4))
  t.deepEqual(ends(after), [`path-failed lun ${naa('1')}`])
})

test('what a person acknowledges of a map that is gone ends', (t) => {
  const [OLD, KEY] = [`path-failed a ${naa('1')}`, `path-failed lun ${naa('1')}`]
  const conclusions = new Conclusions(new Map([[OLD, 'it had 2']]))
  conclusions.update(without('a'))
  conclusions.complete()
  const changes = conclusions.changes()
  t.deepEqual(
    changes.map((change) => [change.kind, change.key, change.kind === 'holds' && change.condition.text]),
    [
      ['ends', OLD, false],
      ['holds', KEY, 'it had 2'],
    ],
    'an alarm of an older manager goes on by its cause',
  )
  conclusions.taken(changes)
  conclusions.cleared(KEY)
  t.deepEqual(ends(conclusions), [KEY])
})

test('where many maps are one alarm, a restart holds it until each is seen well', (t) => {
  const maps = Array.from({ length: 20 }, (_, index) => `t10.DISK_${index}`)
  const all = (paths: readonly Path[]) => reporting('a', { multipaths: maps.map((wwid) => mapOf(paths, wwid)) })
  const before = new Conclusions(new Map())
  before.complete()
  before.update(all([{ state: 'failed' }]))
  const after = restarted(before)
  after.update(without('a'))
  after.complete()
  t.deepEqual(ends(after), [])
  after.update(all([WELL]))
  t.deepEqual(ends(after), ['path-failed a'])
})

test('what a host makes up is remembered within a bound, and what is on disk is told until it is written', (t) => {
  const memory = new PathMemory(new Map(), [])
  for (let round = 0; round < 3; round += 1) {
    memory.tell(reporting('a', { multipaths: Array.from({ length: 3000 }, (_, index) => mapOf([WELL], `t10.DISK_${round}_${index}`)) }))
  }
  const unsaved: ReadonlyMap<string, KnownMaps> = memory.unsaved()
  t.is(unsaved.get('a')?.size, 4096)
  memory.tell(having('a', 3))
  memory.saved(unsaved)
  t.is(memory.unsaved().get('a')?.get(naa('1'))?.most, 3)
  memory.saved(memory.unsaved())
  t.is(memory.unsaved().size, 0)
})
