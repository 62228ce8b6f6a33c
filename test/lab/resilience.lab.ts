// What a rack lives through: an appliance that is killed, is away, or comes back with another image, while hosts run and boot.

import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { execa } from 'execa'
import { dataFolder } from './folders.ts'
import { bytesRead, servingPid, untilRead } from './serving.ts'
import { startFrom } from './snapshot/open.ts'
import { points } from './snapshot/points.ts'
import { seconds } from './table.ts'
import type { Testbed } from './testbed.ts'
import { readCommand, runHere, unpackRoot } from './unpacked.ts'

/** 45 MB in one folder. */
const MUCH = 'usr/bin'
const LOWER = '/run/hostless/root'
const READ_MS = 300_000
/** What the appliance must have read of root.tar before it is killed, and must read after it. */
const SOME_BYTES = 10_000_000

let bed: Testbed
/** Of all bytes in MUCH, by GNU tar and this machine. */
let expected: string

test.before(async () => {
  bed = (await startFrom(points.oneUp)).bed
  expected = await runHere(readCommand(await unpackRoot(bed.image.folder, join(bed.dataDir, 'unpacked'), MUCH), MUCH))
})

test.after.always(() => bed?.close())

/** Standard output of a program in dom0; throws when it fails. */
async function inside(...argv: readonly string[]): Promise<string> {
  const { stdout, stderr, exitCode } = await bed.node('node1').ssh(argv, { deadlineMs: READ_MS })
  if (exitCode !== 0) throw new Error(`${argv.join(' ')} in dom0: exit ${exitCode}: ${stderr}`)
  return stdout
}

/** Reads MUCH in dom0 while `kill` happens; the bytes are right, it is the same mount, and nothing failed. */
async function readOver(t: ExecutionContext, kill: (serving: number) => Promise<void>): Promise<void> {
  const mount = async () => (await inside('cat', '/proc/self/mountinfo')).split('\n').find((line) => line.includes(` ${LOWER} `))
  const before = await mount()
  t.regex(before ?? '', / nfs 10\.77\.0\.1:\/dom0\//)
  const serving = await servingPid(bed.appliance)
  let done = false
  const reading = inside(...readCommand('/', MUCH)).finally(() => {
    done = true
  })
  await untilRead(serving, SOME_BYTES)
  const killedAt = Date.now()
  await kill(serving)
  t.false(done, 'it still reads')
  const next = await servingPid(bed.appliance)
  t.not(next, serving)
  await untilRead(next, SOME_BYTES)
  t.log(`reads again ${seconds((Date.now() - killedAt) / 1000)} after the kill`)
  t.is(`${await reading}\n`, expected)
  t.is(await mount(), before, 'mounted once')
  t.is(await inside('dmesg', '--level=emerg,alert,crit,err'), '')
  t.notRegex(await inside('dmesg'), /I\/O error|Stale file handle/i)
}

test.serial('dom0 reads on over kill -9 of the appliance, which `up` starts again', async (t) => {
  const supervisor = bed.appliance.pid
  await readOver(t, async (serving) => {
    process.kill(serving, 'SIGKILL')
    while ((await bytesRead(serving)) > 0) await pause(10)
  })
  t.is(bed.appliance.pid, supervisor)
})

test.serial('dom0 reads on over kill -9 of `up` with its appliance, once they are started again', async (t) => {
  await readOver(t, async () => {
    await bed.appliance.kill9()
    t.is(bed.appliance.pid, undefined)
    await bed.appliance.restart()
  })
})

test.serial('a boot that finds no appliance says which step failed and why, tries for ever, and goes on by itself', async (t) => {
  const node = bed.node('node1')
  await node.power('reset')
  const begun = await bed.waitStage('node1', 'kernel', 'done')
  await bed.appliance.stop()
  const text = await node.waitForConsole(/FAILED: mounting nfs root .* from 10\.77\.0\.1: .*Trying again in 2 s\./, READ_MS)
  t.log(
    text
      .split('\n')
      .filter((line) => line.includes('FAILED'))
      .join('\n'),
  )
  t.regex(text, /Connection refused.*Trying again in 1 s/)

  // It comes back with NFS elsewhere: the host can say what is wrong now, and does.
  await bed.configure((config) => ({ ...config, nfs: { port: 2050 } }))
  const failed = await bed.waitStage('node1', 'root', 'failed')
  t.is(failed.id, begun.id)
  t.is(failed.state, 'failed')
  t.regex(failed.diagnosis ?? '', /The root could not be mounted: mounting nfs root 2049:.* Connection refused from 10\.77\.0\.1 port 2049/)
  t.log(failed.diagnosis)
  const listed = await bed.hostless('boot', 'list')
  t.regex(listed.stdout, /node1 .*failed .*The root could not be mounted/)

  await bed.configure((config) => ({ ...config, nfs: { port: 2049 } }))
  const up = await bed.waitUp('node1')
  t.is(up.id, begun.id, 'the same boot')
  t.regex(up.stages.find(({ stage }) => stage === 'root')?.detail ?? '', /failed .* before: mounting nfs root .* Connection refused/)
  t.log((await bed.hostless('boot', 'show', 'node1')).stdout)
})

test.serial(
  'a boot runs one generation to its end, whatever is published meanwhile and whoever restarts; the next boot takes the new one',
  async (t) => {
    const [old, marker] = [bed.image, 'etc/second-generation']
    const second = await importSecond(marker)
    const node = bed.node('node1')
    await node.power('reset')
    await bed.waitStage('node1', 'script', 'done')
    await bed.appliance.kill9()
    t.is((await bed.hostless('image', 'publish', 'dom0', second)).exitCode, 0)
    await bed.appliance.restart()
    const first = await bed.waitUp('node1')
    t.is(first.generation, old.generation)
    const asked = first.stages.find(({ stage }) => stage === 'script')?.detail ?? ''
    t.log(asked) // whether it asks for its script again depends on how much it had fetched when the appliance died
    t.regex(await inside('cat', '/proc/mounts'), new RegExp(`:/dom0/${old.generation} ${LOWER} `))
    t.is(await inside('sh', '-c', `ls /${marker} 2>&1 || true`), `ls: cannot access '/${marker}': No such file or directory`)

    const kept = await bed.hostless('image', 'remove', 'dom0', old.generation)
    t.is(kept.exitCode, 1)
    t.regex(kept.stderr, /is the root of node1: reboot it into another generation first, or use --force/)

    const next = await bed.reset('node1')
    t.is(next.attempt?.generation, second)
    t.is(await inside('cat', `/${marker}`), 'second')
    t.is((await bed.hostless('image', 'remove', 'dom0', old.generation)).exitCode, 0, 'nobody runs it any more')
  },
)

/** The same image with one small file more, imported and not published. Gives its generation. */
async function importSecond(file: string): Promise<string> {
  const work = join(bed.dataDir, 'second')
  await mkdir(join(work, file, '..'), { recursive: true })
  await writeFile(join(work, file), 'second\n')
  const tar = join(bed.dataDir, 'second.tar')
  const part = (name: string) => join(bed.image.folder, name)
  await execa('cp', [part('root.tar'), tar])
  await execa('chmod', ['u+w', tar])
  await execa('tar', ['--append', '--file', tar, '--owner=0', '--group=0', '--numeric-owner', '--directory', work, `./${file}`])
  const files = [
    '--root',
    tar,
    '--xen',
    part('xen'),
    '--xen-efi',
    part('xen.efi'),
    '--kernel',
    part('vmlinuz'),
    '--initrd',
    part('initrd.img'),
  ]
  // A borrowed image comes without the key that signed it: whoever imports beside it needs that one.
  await execa('cp', ['--preserve=mode', join(dataFolder('trixie'), 'keys/image.key'), join(bed.dataDir, 'keys/image.key')])
  const { stdout, stderr } = await bed.hostless('image', 'import', 'dom0', ...files)
  const generation = /^Imported dom0@([0-9a-f]{16})\./.exec(stdout)?.[1]
  if (!generation) throw new Error(`not imported: ${stdout}${stderr}`)
  return generation
}
