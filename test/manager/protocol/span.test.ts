import test from 'ava'
import { readSpan } from '../../../manager/protocol/span.ts'

test('spans are read in milliseconds, and nothing else is one', (t) => {
  t.deepEqual(['500ms', '2s', ' 1.5m ', '1h', '30d', '0s'].map(readSpan), [500, 2000, 90_000, 3_600_000, 2_592_000_000, 0])
  t.deepEqual(
    ['', '2', 's', '-1s', '1w', '2s or so', '1e3s', '2 s'].filter((text) => readSpan(text) !== undefined),
    [],
  )
})
