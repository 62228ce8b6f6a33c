import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { siteHooks } from '../../../../manager/automation/hooks/exec.ts'
import type { HookCall } from '../../../../manager/automation/ports.ts'
import { patience } from '../../../patience.ts'

async function folderOf(t: ExecutionContext, hooks: Readonly<Record<string, string>>, mode = 0o755): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'hl-hooks-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  for (const [name, script] of Object.entries(hooks)) await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`, { mode })
  return folder
}

const call = (when: HookCall['when'], name = 'start'): HookCall => ({
  ...{ kind: 'hook', when, name, automation: 'a1', recipe: 'deploy', step: '4.1.2' },
  input: { guest: 'web1' },
})

test('a hook hears what it is about in its arguments, its environment and on its stdin, and nothing else of the manager', async (t) => {
  const folder = await folderOf(t, { 'before-start': 'cd "$(dirname "$0")"; echo "$@" >said; env | sort >>said; cat >>said' })
  t.deepEqual(await siteHooks({ folder }).run(call('before')).ended, { kind: 'value', value: {} })
  const said = await readFile(join(folder, 'said'), 'utf8')
  t.regex(said, /^deploy start\n/)
  t.regex(said, /^HOSTLESS_AUTOMATION=a1$/m)
  t.regex(said, /^HOSTLESS_STEP=4\.1\.2$/m)
  t.regex(said, /\{"guest":"web1"\}\n$/)
  t.notRegex(said, /^(HOME|NODE|npm)/m)
})

test('before the fact a hook may veto, and its words are shown; after it they are a warning', async (t) => {
  const script = 'printf "not on a\\033[2J friday" >&2; exit 3'
  const hooks = siteHooks({ folder: await folderOf(t, { 'before-start': script, 'after-start': script }) })
  const reason = 'start said no (exit code 3): not on a\ufffd[2J friday'
  t.deepEqual(await hooks.run(call('before')).ended, { kind: 'failed', cause: 'vetoed', reason: `the hook before-${reason}` })
  t.deepEqual(await hooks.run(call('after')).ended, { kind: 'value', value: { warning: `the hook after-${reason}` } })
})

test('where the site has no such hook nothing is asked; one that cannot be run vetoes, and says why', async (t) => {
  t.deepEqual(await siteHooks({ folder: undefined }).run(call('before')).ended, { kind: 'value', value: {} })
  const hooks = siteHooks({ folder: await folderOf(t, { 'before-start': 'true' }, 0o644) })
  t.deepEqual(await hooks.run(call('before', 'stop')).ended, { kind: 'value', value: {} })
  t.regex(JSON.stringify(await hooks.run(call('before')).ended), /vetoed.*cannot be run: chmod \+x .*before-start/)
  t.regex(JSON.stringify(await hooks.run(call('before', '../start')).ended), /no name that a file may have/)
})

test('a hook that takes too long is ended with all that it has started', async (t) => {
  const folder = await folderOf(t, { 'before-start': 'sleep 600 & echo $! >"$(dirname "$0")/pid"; echo so far >&2; wait' })
  const ended = await siteHooks({ folder, limit: 1500 }).run(call('before')).ended
  t.deepEqual(ended, { kind: 'failed', cause: 'vetoed', reason: 'the hook before-start was ended after 1.5 s: so far' })
  await gone(t, Number(await readFile(join(folder, 'pid'), 'utf8')))
})

test('what a hook leaves behind is ended with it, and an aborted automation ends its hook', async (t) => {
  const leaving = await folderOf(t, { 'before-start': 'sleep 600 >&- 2>&- & echo $! >"$(dirname "$0")/pid"' })
  await siteHooks({ folder: leaving }).run(call('before')).ended
  await gone(t, Number(await readFile(join(leaving, 'pid'), 'utf8')))
  const running = siteHooks({ folder: await folderOf(t, { 'after-start': 'sleep 600' }) }).run(call('after'))
  running.kill()
  t.regex(JSON.stringify(await running.ended), /was ended, as its automation was/)
})

test('64 KiB are kept of what a hook says, and it may leave its stdin unread', async (t) => {
  const hooks = siteHooks({ folder: await folderOf(t, { 'before-start': 'head -c 1000000 /dev/zero | tr "\\0" x >&2; exit 1' }) })
  const ended = await hooks.run({ ...call('before'), input: 'y'.repeat(1 << 20) }).ended
  t.is(ended.kind === 'failed' && ended.reason.match(/x+$/)?.[0].length, 64 << 10)
})

async function gone(t: ExecutionContext, pid: number): Promise<void> {
  t.true(pid > 1)
  for (const until = Date.now() + patience(10_000); Date.now() < until; await delay(20)) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
    if (stat === undefined || / Z /.test(stat)) return
  }
  t.fail(`process ${pid} is still there`)
}
