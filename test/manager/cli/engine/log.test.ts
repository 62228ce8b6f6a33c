import test from 'ava'
import { openLog } from '../../../../manager/cli/engine/log.ts'

test('an error that is logged says what it was', (t) => {
  const lines: string[] = []
  const log = openLog('info', { write: (line) => void lines.push(line) })
  log.error({ error: Object.assign(new Error('no space is left'), { code: 'ENOSPC' }), path: '/x' }, 'request failed')
  log.warn({ error: 'it was cut off' }, 'connection failed')
  const [first, second] = lines.map((line) => JSON.parse(line))
  t.like(first, { msg: 'request failed', path: '/x', error: { message: 'no space is left', code: 'ENOSPC' } })
  t.like(second, { error: 'it was cut off' })
})
