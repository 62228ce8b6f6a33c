// The scripts of dom0 that guests need, as dom0 runs them; xenstore's programs write down what they are told.
import { spawn } from 'node:child_process'
import { appendFile, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { execa } from 'execa'
import { dataDirFor, until } from '../../manager/site.ts'

const ROOT = new URL('../../../images/dom0/root/', import.meta.url).pathname.replace('/.compiled/', '/')
const BLOCK = join(ROOT, 'etc/xen/scripts/block-hostless')
const BACKEND = '/local/domain/0/backend/vbd/3/51712'

async function block(t: ExecutionContext, verb: string, params: string) {
  const folder = await dataDirFor(t)
  const told = join(folder, 'told')
  const program = (name: string, text: string) => writeFile(join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 })
  await program('xenstore-read', `[ "$1" = ${BACKEND}/params ] && [ -n "${params}" ] && echo '${params}'`)
  await program('xenstore-write', `for word; do echo "$word"; done >>${told}`)
  const env = { PATH: `${folder}:${process.env.PATH}`, XENBUS_PATH: BACKEND }
  const { exitCode } = await execa('sh', [BLOCK, verb], { env, reject: false })
  return { exitCode, told: (await readFile(told, 'utf8').catch(() => '')).split('\n').slice(0, -1) }
}

test('the block script tells blkback the numbers of the device, as hexadecimal, and that it is there', async (t) => {
  const disks = await readdir('/dev')
  const devices = await Promise.all(
    disks.map(async (name) => ({ path: join('/dev', name), entry: await stat(join('/dev', name)).catch(() => undefined) })),
  )
  const device = devices.find(({ entry }) => entry?.isBlockDevice())
  if (!device?.entry) {
    t.pass('this machine shows no block device')
    return
  }
  const [major, minor] = [Math.floor(device.entry.rdev / 256) & 0xfff, device.entry.rdev & 0xff]
  t.deepEqual(await block(t, 'add', device.path), {
    exitCode: 0,
    told: [
      ...[`${BACKEND}/physical-device`, `${major.toString(16)}:${minor.toString(16)}`],
      ...[`${BACKEND}/physical-device-path`, device.path, `${BACKEND}/hotplug-status`, 'connected'],
    ],
  })
})

test('the block script says why there is no device, and does nothing when one goes', async (t) => {
  const refused = (why: string) => ({ exitCode: 1, told: [`${BACKEND}/hotplug-error`, why, `${BACKEND}/hotplug-status`, 'error'] })
  t.deepEqual(await block(t, 'add', '/dev/null'), refused('/dev/null is no block device'))
  t.deepEqual(await block(t, 'add', '/dev/mapper/hostless-none'), refused('/dev/mapper/hostless-none is no block device'))
  t.deepEqual(await block(t, 'add', ''), refused('xenstore does not say which device it is'))
  t.deepEqual(await block(t, 'remove', '/dev/null'), { exitCode: 0, told: [] })
})

test('keep-consoles keeps the end of a long log, in the file that xenconsoled has open, and leaves a short one', async (t) => {
  const folder = join(await dataDirFor(t), 'console')
  await mkdir(folder)
  const [long, short] = [join(folder, 'guest-a.log'), join(folder, "guest-b c'$(id).log")]
  await writeFile(long, `begin${'x'.repeat(600_000)}end`)
  await writeFile(short, 'all of it')
  const { ino } = await stat(long)
  const child = spawn('sh', [join(ROOT, 'usr/lib/hostless/keep-consoles')], {
    env: { ...process.env, HOSTLESS_CONSOLES: folder, HOSTLESS_PAUSE: '0.1' },
    stdio: 'ignore',
  })
  t.teardown(() => child.kill('SIGKILL'))
  await until('the end alone', async () => (await stat(long)).size === 262_144, 60_000)
  t.true((await readFile(long, 'utf8')).endsWith('xend'))
  t.is((await stat(long)).ino, ino)
  await appendFile(long, 'more')
  t.true((await readFile(long, 'utf8')).endsWith('xendmore'))
  t.is(await readFile(short, 'utf8'), 'all of it')
})
