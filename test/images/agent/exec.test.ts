import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import fc from 'fast-check'
import type { Lane } from '../../../images/agent/backend.ts'
import { followProgram, LIMITS, machineBackend, machineClock } from '../../../images/agent/exec.ts'

/** Within a minute; a zombie that nobody has waited for yet is gone. */
async function isGone(pid: number): Promise<boolean> {
  const deadline = Date.now() + 60_000
  for (;;) {
    const status = await machineBackend().read(`/proc/${pid}/stat`)
    if (status === undefined || status.includes(') Z')) return true
    if (Date.now() > deadline) return false
    await machineBackend().run(['true'])
  }
}

/** Stands still with the whole loop, as a slow machine does. */
function block(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)
}

const backend = machineBackend({ ...LIMITS, timeoutSeconds: 60, bytes: 10_000 })
/** For programs that last an hour: long enough on a busy machine for what they say first. */
const impatient = machineBackend({ ...LIMITS, timeoutSeconds: 2 })

test('a program’s output, complaints and exit code come back, its end of line with them', async (t) => {
  t.deepEqual(await backend.run(['sh', '-c', 'echo out; echo err >&2; exit 3']), {
    kind: 'ended',
    exitCode: 3,
    stdout: 'out\n',
    stderr: 'err\n',
  })
})

test('arguments are no shell’s', async (t) => {
  const hostile = '$(touch /tmp/x); `id` && "quoted" \\'
  t.like(await backend.run(['printf', '%s', hostile]), { kind: 'ended', stdout: hostile })
})

test('any text is one argument, and the same, in every lane', async (t) => {
  const word = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom("'", "''", '\n', "'\n'; echo x #", '\\', '-n', '', '~', '*', '!!'))
  const words = fc.array(
    word.map((one) => Buffer.from(one.replaceAll('\0', ''), 'utf8').toString('utf8')),
    { minLength: 1, maxLength: 20 },
  )
  for (const lane of ['read', 'change'] as const)
    await t.notThrowsAsync(
      fc.assert(
        fc.asyncProperty(words, async (all) => {
          const ran = await backend.run(['printf', '%s\\0', ...all], { lane })
          return ran.kind === 'ended' && ran.stdout === all.map((one) => `${one}\0`).join('')
        }),
        { numRuns: 30 },
      ),
    )
})

test('tools speak English and see nothing of the agent’s environment', async (t) => {
  process.env.HOSTLESS_SECRET = 'x'
  const ran = await backend.run(['env'])
  t.true(ran.kind === 'ended' && ran.stdout.includes('LC_ALL=C') && !ran.stdout.includes('HOSTLESS_SECRET'))
})

test('a program that is not there is missing', async (t) => {
  t.deepEqual(await backend.run(['hostless-no-such-program']), { kind: 'missing' })
})

test('a program that does not end is stopped, and what it said is kept', async (t) => {
  const ran = await impatient.run(['sh', '-c', 'echo begun; exec sleep 3600'])
  t.deepEqual(ran, { kind: 'stopped', stdout: 'begun\n', reason: 'stopped after 2 s' })
})

test('a program that says too much is stopped', async (t) => {
  const ran = await backend.run(['sh', '-c', 'while :; do echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done'])
  t.true(ran.kind === 'stopped' && ran.stdout.length <= 10_000 && ran.reason.includes('10000 bytes'))
})

test('what a stopped program has started ends with it', async (t) => {
  const ran = await impatient.run(['sh', '-c', 'sleep 3600 & echo $!; sleep 3600; true'])
  t.true(ran.kind === 'stopped' && (await isGone(Number(ran.stdout))))
})

test('a program is at its end when it ends, though a daemon of its keeps its output open', async (t) => {
  const ran = await machineBackend().run(['sh', '-c', 'setsid sleep 3600 & echo $!'])
  t.true(ran.kind === 'ended' && ran.exitCode === 0)
  if (ran.kind === 'ended') process.kill(Number(ran.stdout))
})

test('what a program said is read, though the loop is busy from before its end until after its daemon’s time', async (t) => {
  // One pass of the loop sees the other program's line, is held up by it while this one speaks and ends, reaps both, and is held up again.
  const held = new Promise<void>((resolve) => {
    followProgram(
      ['sh', '-c', 'echo line'],
      () => block(1000),
      () => {
        block(1000)
        resolve()
      },
    )
  })
  const ran = backend.run(['sh', '-c', 'sleep 0.6; echo last words'])
  block(300)
  t.like(await ran, { kind: 'ended', exitCode: 0, stdout: 'last words\n' })
  await held
})

test('a program that cannot be run is no missing one, and ends nothing', async (t) => {
  const denied = await backend.run(['/etc/passwd'])
  t.true(denied.kind === 'stopped' && /Permission denied/.test(denied.reason))
  const long = await backend.run(['true', 'x'.repeat(5_000_000)])
  t.true(long.kind === 'stopped' && /Argument list too long/.test(long.reason))
  for (const lane of ['read', 'change'] as const) {
    t.is((await backend.run(['/etc/passwd'], { lane })).kind, 'stopped')
    t.is((await backend.run(['true', 'x'.repeat(5_000_000)], { lane })).kind, 'stopped')
    t.is((await backend.run(['true', 'a\0b'], { lane })).kind, 'stopped')
    t.is((await backend.run(['hostless-no-such-program'], { lane })).kind, 'missing')
  }
  t.regex(await new Promise<string>((resolve) => void followProgram(['true', 'x'.repeat(5_000_000)], () => t.fail(), resolve)), /E2BIG/)
})

test('a program is a file, whatever a shell has of that name; and what one has left behind speaks into no other’s words', async (t) => {
  const version = await backend.run(['true', '--version'])
  t.true(version.kind === 'ended' && /coreutils/.test(version.stdout))
  const one = machineBackend({ ...LIMITS, programs: 1 })
  const folder = await mkdtemp(join(tmpdir(), 'hostless-exec-'))
  const left = `until [ -e ${folder}/go ]; do sleep 0.05; done; echo late; exec sleep 3600`
  const said = await one.run(['sh', '-c', `(${left}) & echo $!`])
  await writeFile(join(folder, 'go'), '')
  // It is ended for what it says when nothing was asked.
  t.true(said.kind === 'ended' && /^\d+\n$/.test(said.stdout) && (await isGone(Number(said.stdout))))
  t.like(await one.run(['printf', 'no end of line']), { kind: 'ended', stdout: 'no end of line' })
  await rm(folder, { recursive: true })
  t.like(await one.run(['head', '-c', '9000', '/dev/urandom']), { kind: 'ended', exitCode: 0 })
  t.like(await one.run(['cat']), { kind: 'ended', stdout: '' })
})

test('a program that a signal ends is stopped', async (t) => {
  t.is((await backend.run(['sh', '-c', 'kill -TERM $$'])).kind, 'stopped')
})

test('no more programs run at a time than may', async (t) => {
  const two = machineBackend({ ...LIMITS, programs: 2 })
  const folder = await mkdtemp(join(tmpdir(), 'hostless-exec-'))
  const script = `touch ${folder}/$$; ls ${folder} | wc -l; sleep 0.1; rm ${folder}/$$`
  const ran = await Promise.all(Array.from({ length: 6 }, () => two.run(['sh', '-c', script])))
  const together = ran.map((one) => (one.kind === 'ended' ? Number(one.stdout) : Number.NaN))
  t.is(Math.max(...together), 2)
  await rm(folder, { recursive: true })
})

test('programs of one lane that hang hold up none of another, and each has the time that its command says', async (t) => {
  const one = machineBackend({ ...LIMITS, programs: 1 })
  const control = new AbortController()
  const lanes: readonly Lane[] = ['read', 'change', 'long']
  const hung = lanes.map((lane) => one.run(['sleep', '3600'], { lane, seconds: 600, signal: control.signal }))
  const waiting = one.run(['true'], { lane: 'read', signal: control.signal })
  t.like(await one.run(['echo', 'destroyed'], { lane: 'urgent' }), { kind: 'ended', stdout: 'destroyed\n' })
  t.deepEqual(await one.run(['sleep', '3600'], { lane: 'urgent', seconds: 1 }), {
    kind: 'stopped',
    stdout: '',
    reason: 'stopped after 1 s',
  })
  control.abort()
  const unwanted = { kind: 'stopped', stdout: '', reason: 'stopped before its end' } as const
  t.deepEqual(await Promise.all([...hung, waiting]), Array(4).fill(unwanted))
})

test('files and folders that are not there, or cannot be read, are simply not there', async (t) => {
  t.is(await backend.read('/no/such/file'), undefined)
  t.is(await backend.read('/proc'), undefined)
  t.deepEqual(await backend.readFile('/no/such/file'), { kind: 'missing' })
  t.deepEqual(await backend.readFile('/proc/cpuinfo/file'), { kind: 'missing' })
  t.like(await backend.readFile('/proc'), { kind: 'unreadable' })
  t.deepEqual(await backend.list('/no/such/folder'), [])
  t.deepEqual(await backend.list('/proc/cpuinfo'), [])
})

test('a folder that is there and cannot be read is not an empty one', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'hostless-exec-'))
  t.teardown(() => rm(folder, { recursive: true }))
  await symlink('round', join(folder, 'round'))
  await t.throwsAsync(backend.list(join(folder, 'round')), { code: 'ELOOP' })
})

test('files without a size are read whole, up to the limit', async (t) => {
  t.regex((await machineBackend().read('/proc/meminfo')) ?? '', /^MemTotal: [\s\S]+\n$/)
  const folder = await mkdtemp(join(tmpdir(), 'hostless-exec-'))
  await writeFile(join(folder, 'full'), 'x'.repeat(10_000))
  t.is((await backend.read(join(folder, 'full')))?.length, 10_000)
  await rm(join(folder, 'full'))
  await writeFile(join(folder, 'b'), 'x')
  await writeFile(join(folder, 'a'), 'x')
  t.deepEqual(await backend.list(folder), ['a', 'b'])
  await rm(folder, { recursive: true })
})

test('a file that is longer than may be is not taken for whole, and says so', async (t) => {
  t.is(await backend.read('/dev/zero'), undefined)
  t.deepEqual(await backend.readFile('/dev/zero'), { kind: 'cut', text: '\0'.repeat(10_000), reason: 'it has more than 10000 bytes' })
})

test('a followed program’s lines come whole, the last one’s end with the reason', async (t) => {
  const lines: string[] = []
  const reason = await new Promise<string>((resolve) => {
    followProgram(['sh', '-c', 'printf "one\\ntw"; sleep 0.05; printf "o\\nthree\\n"; exit 4'], (line) => lines.push(line), resolve)
  })
  t.deepEqual(lines, ['one', 'two', 'three'])
  t.regex(reason, /exit code 4/)
})

test('a followed program that is not there ends at once', async (t) => {
  const reason = await new Promise<string>((resolve) => {
    followProgram(['hostless-no-such-program'], () => t.fail(), resolve)
  })
  t.regex(reason, /ENOENT/)
})

test('an endless line does not fill the memory', async (t) => {
  const lines: string[] = []
  await new Promise<string>((resolve) => {
    followProgram(['sh', '-c', 'head -c 3000000 /dev/zero | tr "\\0" a; echo; echo end'], (line) => lines.push(line), resolve)
  })
  t.deepEqual(
    lines.map(({ length }) => length),
    [4096, 3],
  )
})

test('after it is stopped, a followed program says nothing and is gone', async (t) => {
  let stop = (): void => undefined
  const pid = await new Promise<number>((resolve) => {
    stop = followProgram(
      ['sh', '-c', 'echo $$; while :; do echo x; sleep 0.01; done'],
      (line) => resolve(Number(line)),
      () => t.fail('ended'),
    )
  })
  stop()
  t.true(await isGone(pid))
})

test('the machine’s clock goes on, and a timer that is taken back does not ring', async (t) => {
  const before = machineClock.steady()
  machineClock.after(1, () => t.fail())()
  await new Promise<void>((resolve) => machineClock.after(20, resolve))
  t.true(machineClock.steady() - before >= 19)
  t.true(machineClock.wall() > 1_700_000_000_000)
})
