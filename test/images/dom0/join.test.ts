// The real script of dom0, with the busybox that is in it, beside an appliance of this test's.
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createTcp } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { execa } from 'execa'
import { readBoot } from '../../../images/agent/boot.ts'

const SCRIPT = 'images/dom0/root/usr/lib/hostless/join'
const TOKEN = 'x'.repeat(43)

/** `answers`: in order, the last one again and again. */
async function appliance(t: ExecutionContext, answers: readonly (string | number)[]) {
  const asked: string[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString()
    })
    request.on('end', () => {
      const answer = answers[Math.min(asked.length, answers.length - 1)]
      asked.push(`${request.method} ${request.url} ${JSON.stringify(body)}`)
      if (typeof answer === 'number') response.writeHead(answer).end('no')
      else response.end(answer)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => void server.close())
  return { asked, place: `127.0.0.1:${(server.address() as AddressInfo).port}` }
}

async function boot(t: ExecutionContext, servers: string, attempt = '') {
  const folder = await mkdtemp(join(tmpdir(), 'hostless-join-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const file = join(folder, 'boot')
  const told = `attempt='${attempt}'\ntoken='${attempt && TOKEN}'\nserver='${servers}'\nroot='stick:dom0:0123456789abcdef:hash'\n`
  await writeFile(file, `${told}name='node07'\nmac='525400770001'\nip='10.77.0.27/24'\nauthority='${'ab'.repeat(32)}'\n`)
  const env = { HOSTLESS_RUN: folder, HOSTLESS_PAUSE: '0.05' }
  return { file, run: () => execa('sh', [SCRIPT], { env, reject: false, timeout: 30_000 }) }
}

test('a host from a stick asks each appliance until one gives it an attempt, and leaves what the agent reads', async (t) => {
  const closed = createTcp()
  await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve))
  const nobody = `127.0.0.1:${(closed.address() as AddressInfo).port}`
  await new Promise((resolve) => closed.close(resolve))
  const { asked, place } = await appliance(t, [503, 'refused=an admin has rejected node07\n', `attempt=abcdefgh22345672\ntoken=${TOKEN}\n`])
  const { file, run } = await boot(t, `${nobody}+${place}`)
  const { stdout, exitCode } = await run()
  t.is(exitCode, 0, stdout)
  t.is(asked.length, 3)
  t.is(asked[0], 'POST /join/525400770001 "image=dom0\\ngeneration=0123456789abcdef"')
  t.regex(stdout, /not known to the appliance \S+ yet: .*503/)
  t.regex(stdout, /not known to the appliance \S+ yet: an admin has rejected node07/)
  t.regex(stdout, /knows this boot as attempt abcdefgh22345672 of node07$/)
  const read = readBoot(await readFile(file, 'utf8'))
  const wanted = {
    attempt: 'abcdefgh22345672',
    token: TOKEN,
    server: place,
    name: 'node07',
    mac: '52:54:00:77:00:01',
    authority: 'ab'.repeat(32),
  }
  t.deepEqual(read, { kind: 'boot', boot: wanted })
  t.is((await stat(file)).mode & 0o777, 0o600, 'the token is for nobody else')
})

test('nothing of a hostile answer reaches the shell, or the file of the boot', async (t) => {
  const hostile = `attempt=aaaaaaaaaaaaaaaa'; touch /tmp/owned; '\ntoken=$(reboot)\nrefused=no\u001b[2J\n`
  const { place } = await appliance(t, [
    hostile,
    `attempt=abcdefgh22345672\ntoken=${TOKEN}'\n`,
    `attempt=abcdefgh22345672\ntoken=${TOKEN}\n`,
  ])
  const { file, run } = await boot(t, place)
  const { stdout } = await run()
  t.notRegex(stdout, /owned|reboot|\p{Cc}(?<!\n)/u)
  t.is(readBoot(await readFile(file, 'utf8')).kind, 'boot')
})

test('a boot that has an attempt asks nobody', async (t) => {
  const { asked, place } = await appliance(t, [500])
  const { run } = await boot(t, place, 'abcdefgh22345672')
  t.is((await run()).exitCode, 0)
  t.deepEqual(asked, [])
})
