// A console at a terminal: what is typed goes to the guest until Ctrl-], and the terminal is as it was.
import { PassThrough } from 'node:stream'
import test from 'ava'
import { attachConsole } from '../../../../../manager/cli/engine/console/attach.ts'
import { typedIn } from '../../../../../manager/cli/engine/console/keys.ts'
import { consoleSite } from '../../../doors/console-site.ts'
import { until } from '../../../site.ts'

function terminal() {
  const modes: boolean[] = []
  const [input, output] = [new PassThrough(), new PassThrough()]
  let shown = ''
  output.on('data', (data: Buffer) => {
    shown += data.toString()
  })
  const streams = {
    input: Object.assign(input, { isTTY: true, setRawMode: (mode: boolean) => modes.push(mode) }),
    output: Object.assign(output, { isTTY: true }),
  }
  return { streams, modes, shown: () => shown, type: (text: string) => input.write(text) }
}

test('Ctrl-] ends what is typed, wherever it stands', (t) => {
  t.deepEqual(typedIn(Buffer.from('ls\r')), { octets: Buffer.from('ls\r'), isDetached: false })
  t.deepEqual(typedIn(Buffer.from('ls\u001drm')), { octets: Buffer.from('ls'), isDetached: true })
})

test('the guest is seen and typed to, Ctrl-] detaches, and the terminal is as it was', async (t) => {
  const site = await consoleSite(t)
  await site.say('login: ')
  const settings = { url: new URL(`https://127.0.0.1:${site.address.port}`), authority: site.address.authority, token: site.tokens.otto }
  const { streams, modes, shown, type } = terminal()
  const said: string[] = []
  const attached = attachConsole({ settings, console: await site.open('otto'), streams, say: (text) => void said.push(text) })
  await until('the log', () => shown() === 'login: ')
  t.deepEqual(modes, [true])
  type('root\r')
  await until('the answer', () => shown() === 'login: root\r')
  type('\u001d')
  await attached
  t.deepEqual(modes, [true, false])
  t.regex(said.join(''), /console of web1; Ctrl-\] detaches[\s\S]*detached/)
})

test('who may only look types nothing, and a refused ticket is an error', async (t) => {
  const site = await consoleSite(t)
  await site.say('login: ')
  const settings = { url: new URL(`https://127.0.0.1:${site.address.port}`), authority: site.address.authority, token: site.tokens.vera }
  const { streams, modes, shown, type } = terminal()
  const said: string[] = []
  const opened = await site.open('vera')
  const attached = attachConsole({ settings, console: opened, streams, say: (text) => void said.push(text) })
  await until('the log', () => shown() === 'login: ')
  type('x')
  type('\u001d')
  await attached
  t.false(shown().includes('x'))
  t.deepEqual(modes, [true, false])
  t.regex(said.join(''), /to look at/)
  await t.throwsAsync(attachConsole({ settings, console: opened, streams, say: () => undefined }), {
    message: /refused the console: HTTP 403/,
  })
})
