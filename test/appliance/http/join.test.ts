import test from 'ava'
import { LONGEST_JOIN, parseJoin } from '../../../appliance/http/join.ts'
import { bootServer } from './peers.ts'

const BODY = 'image=dom0\ngeneration=0123456789abcdef'
const TOKEN = 'x'.repeat(43)

test('POST /join/<mac> tells attempt and token in lines for a shell, to nobody’s cache', async (t) => {
  const asked: unknown[] = []
  const join = (...args: readonly unknown[]) => {
    asked.push(args)
    return { kind: 'joined', attempt: 'abcdefgh22345672', token: TOKEN } as const
  }
  const { url } = await bootServer(t, {}, { join })
  const response = await fetch(`${url}/join/525400770001`, { method: 'POST', body: BODY })
  t.is(response.status, 200)
  t.is(response.headers.get('cache-control'), 'no-store')
  t.is(await response.text(), `attempt=abcdefgh22345672\ntoken=${TOKEN}\n`)
  t.deepEqual(asked, [['52:54:00:77:00:01', { image: 'dom0', generation: '0123456789abcdef' }, '127.0.0.1']])
})

test('a refusal is one line of printable text, whatever is in it', async (t) => {
  const { url } = await bootServer(
    t,
    {},
    { join: () => ({ kind: 'refusal', reason: `no\nattempt=aaaaaaaaaaaaaaaa\n\u001b[2J${'x'.repeat(900)}` }) },
  )
  const response = await fetch(`${url}/join/525400770001`, { method: 'POST', body: BODY })
  t.is(response.status, 200)
  t.regex(await response.text(), /^refused=no attempt=aaaaaaaaaaaaaaaa \[2Jx+\n$/)
})

test('what is no MAC, no POST, no image with a generation, or too long is refused and asks nobody', async (t) => {
  const { url } = await bootServer(t, {}, { join: () => Promise.reject(new Error('asked')) })
  const post = (path: string, body: string) => fetch(`${url}/join/${path}`, { method: 'POST', body })
  t.is((await post('52540077000', BODY)).status, 400)
  t.is((await fetch(`${url}/join/525400770001`)).status, 405)
  t.is((await post('525400770001', '')).status, 400)
  t.is((await post('525400770001', 'image=../x\ngeneration=0123456789abcdef')).status, 400)
  t.is((await post('525400770001', 'x'.repeat(LONGEST_JOIN + 1))).status, 413)
  for (const text of ['image=dom0', `${BODY}\nimage=x`, 'generation=0123456789abcdef\nimage=dom0', 'image=dom0\ngeneration=zz'])
    t.is(parseJoin(Buffer.from(text)), undefined, text)
})
