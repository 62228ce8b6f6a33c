import test from 'ava'
import { type Problem, problem } from '../../../manager/protocol/inventory.ts'
import { sayUnread, uncountedOf, unreadOf } from '../../../manager/protocol/unread.ts'

const of = (section: Problem['section'], lacks?: Problem['lacks']): Problem => ({
  section,
  source: `read ${section}`,
  reason: 'it hung',
  ...(lacks === undefined ? {} : { lacks }),
})

test('a section is unread when items, or parts of them, may be missing; a detail does not count', (t) => {
  const problems = [of('guests', 'parts'), of('lvs', 'detail'), of('pvs', 'items'), of('nics')]
  t.deepEqual(unreadOf({ problems }, ['guests', 'lvs', 'pvs']), [of('guests', 'parts'), of('pvs', 'items')])
  t.deepEqual(uncountedOf({ problems }, ['guests', 'lvs', 'pvs']), [of('pvs', 'items')])
  t.deepEqual(unreadOf({ problems }, ['lvs', 'vgs']), [])
})

test('a problem that does not say what it costs, as from an older agent, or in a word of a later one, is taken for the worst', (t) => {
  t.is(uncountedOf({ problems: [of('nics')] }, ['nics']).length, 1)
  t.is(problem.parse({ ...of('nics'), lacks: 'everything' }).lacks, 'items')
  t.false('lacks' in problem.parse(of('nics')))
})

test('what could not be read is said with the source and the reason, once a section and not at endless length', (t) => {
  t.is(sayUnread([]), undefined)
  t.is(sayUnread([of('guests')]), 'guests (read guests: it hung)')
  t.is(
    sayUnread([of('guests'), of('guests'), of('lvs'), of('pvs'), of('vgs'), of('nics')]),
    'guests (read guests: it hung), lvs (read lvs: it hung), pvs (read pvs: it hung) and 2 more sections',
  )
})
