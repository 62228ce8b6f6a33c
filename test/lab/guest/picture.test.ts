// The picture of a guest's course over its move.
import test from 'ava'
import { longestGap, missingIn, movePicture, ticksOf } from './picture.ts'

const NODE1 = 'guest: up\ntick 1 at 10.00\ntick 2 at 12.00\ntick 3 at 14.00\n'
const NODE2 = 'tick 4 at 18.50\ntick 5 at 20.00\n'
const SAID = [
  { host: 'node1', text: NODE1 },
  { host: 'node2', text: NODE2 },
]

test('a row a host, a column a span, and the longest silence', (t) => {
  t.deepEqual(movePicture({ said: SAID, columns: 5 }).split('\n'), [
    'node1 ▄▄▄··',
    'node2 ····█',
    '      a column is 2 s of the guest’s own clock, as high as it wrote blocks, each read back and found right',
    '      longest time between two blocks 4.5 s; blocks 1 to 5, 0 missing, 0 wrong',
  ])
})

test('the way back is drawn as it was, though the host that it came to is named first', (t) => {
  const back = [
    { host: 'node1', text: NODE2 },
    { host: 'node2', text: NODE1 },
  ]
  t.deepEqual(movePicture({ said: back, columns: 5 }).split('\n').slice(0, 2), ['node1 ····█', 'node2 ▄▄▄··'])
  t.regex(movePicture({ said: back, columns: 5 }), /longest time between two blocks 4\.5 s; blocks 1 to 5, 0 missing/)
})

test('what is missing or wrong is counted', (t) => {
  const said = [{ host: 'node1', text: `${NODE1}tick 9 at 16.00\nMISMATCH slot 3: wanted block 4, found block 5\n` }]
  t.is(missingIn(ticksOf({ said })), 5)
  t.regex(movePicture({ said, columns: 10 }), /blocks 1 to 9, 5 missing, 1 wrong/)
})

test('a guest that has said nothing has an empty picture', (t) => {
  const said = [{ host: 'node1', text: '' }]
  t.is(longestGap(ticksOf({ said })), 0)
  t.regex(movePicture({ said, columns: 4 }), /^node1 ····$/m)
})
