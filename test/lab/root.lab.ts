// dom0's root: it is the image, byte for byte; writes go to RAM; and with `root: ram` it needs no server.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { waitForText } from './console.ts'
import { PROJECT } from './folders.ts'
import { compareListings, hashCommand, type Listing, listCommand, parseHashes, parseListing } from './listing.ts'
import { startInNamespace } from './namespace.ts'
import { RACK_ADDRESS } from './plan.ts'
import { startFrom } from './snapshot/open.ts'
import { points } from './snapshot/points.ts'
import type { Testbed } from './testbed.ts'
import { runHere, unpackRoot } from './unpacked.ts'

const LOWER = '/run/hostless/root'
const READ_MS = 300_000
/** Twelve thousand files, 630 MB: ten times what it takes on an idle machine. */
const WHOLE_MS = 1_200_000
/** Other file systems on top of it. */
const MOUNTED = /^\.\/(dev|proc|run|sys|var\/log\/xen\/console)(\/|$)/
/** Name and host key of this host, what Xen's toolstack keeps of domain 0, and the folders that these are in. */
const WRITTEN = new RegExp(
  `^(${[
    '\\.(/etc|/etc/ssh|/var/lib/xen|/var/log/xen)?',
    '\\./etc/(hostname|hosts|ssh/ssh_host_ed25519_key(\\.pub)?)',
    '\\./var/lib/xen/userdata-d\\.0\\.\\S+',
    '\\./var/log/xen/xenstored(-access)?\\.log',
  ].join('|')})$`,
)

let bed: Testbed
/** By GNU tar, on this machine. */
let unpacked: string
let lower: Listing

test.before(async () => {
  bed = (await startFrom(points.oneUp)).bed
  unpacked = await unpackRoot(bed.image.folder, join(bed.dataDir, 'unpacked'))
})

test.after.always(() => bed?.close())

/** Standard output of a program in dom0; throws when it fails. */
function inside(...argv: readonly string[]): Promise<string> {
  return insideWithin(READ_MS, argv)
}

async function insideWithin(deadlineMs: number, argv: readonly string[]): Promise<string> {
  const { stdout, stderr, exitCode } = await bed.node('node1').ssh(argv, { deadlineMs })
  if (exitCode !== 0) throw new Error(`${argv.join(' ')} in dom0: exit ${exitCode}: ${stderr}`)
  return stdout
}

test.serial('the NFS root has every entry of root.tar with all its attributes, and every byte', async (t) => {
  t.timeout(2 * WHOLE_MS)
  const expected = parseListing(await runHere(listCommand(unpacked)))
  lower = parseListing(await insideWithin(WHOLE_MS, listCommand(LOWER)))
  t.deepEqual([...compareListings(expected, lower)], [])
  const kinds = new Map<string, number>()
  for (const { type } of lower.values()) kinds.set(type, (kinds.get(type) ?? 0) + 1)
  for (const kind of ['f', 'd', 'l', 'c']) t.true((kinds.get(kind) ?? 0) > 0, `there is something of type ${kind} to compare`)
  t.true(
    [...lower.values()].some(({ names }) => names !== ''),
    'there are hard links to compare',
  )
  t.log(`${lower.size} entries: ${[...kinds].map(([kind, count]) => `${count} ${kind}`).join(', ')}`)

  const hashes = parseHashes(await insideWithin(WHOLE_MS, hashCommand(LOWER)))
  t.is(hashes.size, kinds.get('f') ?? 0)
  t.deepEqual(hashes, parseHashes(await runHere(hashCommand(unpacked))))
})

test.serial('dom0’s / is that root, but for what this boot has written', async (t) => {
  const merged = parseListing(await insideWithin(WHOLE_MS, listCommand('/')))
  const differences = [...compareListings(lower, merged)].filter(([path]) => !MOUNTED.test(path))
  const written = differences.filter(([path]) => WRITTEN.test(path))
  t.log(`written by this boot:\n${written.map(([path, what]) => `${path}: ${what}`).join('\n')}`)
  t.deepEqual(
    differences.filter((one) => !written.includes(one)),
    [],
  )
  t.true(
    written.some(([path]) => path === './etc/hostname'),
    'what is written is seen',
  )
})

test.serial('processes that are not root’s read what its modes let them', async (t) => {
  const nobody = ['chroot', '--userspec=65534:65534', '/']
  t.is(await inside(...nobody, 'cat', '/etc/os-release'), (await readFile(join(unpacked, 'usr/lib/os-release'), 'utf8')).trimEnd())
  const refused = await bed.node('node1').ssh([...nobody, 'cat', '/etc/shadow'])
  t.regex(refused.stderr, /Permission denied/)
})

test.serial('writes are seen in dom0 and are in RAM alone: the image stays as it is, and a reset takes them away', async (t) => {
  const tar = join(bed.image.folder, 'root.tar')
  const before = await runHere(['sha256sum', tar])
  const original = await inside('cat', '/etc/os-release')
  t.is(original, (await readFile(join(unpacked, 'usr/lib/os-release'), 'utf8')).trimEnd())

  await inside('sh', '-c', 'echo new >/etc/new && echo changed >>/etc/os-release && rm /etc/issue && mkdir /srv/folder && sync')
  t.is(
    await inside('sh', '-c', 'cat /etc/new; tail -n 1 /etc/os-release; ls -d /srv/folder; ls /etc/issue 2>&1 || true'),
    ['new', 'changed', '/srv/folder', "ls: cannot access '/etc/issue': No such file or directory"].join('\n'),
  )
  const refused = await bed.node('node1').ssh(['touch', `${LOWER}/etc/new`])
  t.regex(refused.stderr, /Read-only file system/)
  await inside('sh', '-c', 'dd if=/dev/zero of=/var/big bs=1M count=64 status=none && sync')
  t.true(
    Number(await inside('sh', '-c', 'df -m /run/hostless/writes | tail -n 1 | tr -s " " | cut -d" " -f3')) >= 64,
    'in the RAM of the overlay',
  )
  t.is(await runHere(['sha256sum', tar]), before)

  const boot = await bed.reset('node1')
  t.is(boot.attempt?.generation, bed.image.generation)
  t.is(await inside('cat', '/etc/os-release'), original)
  t.is(await inside('sh', '-c', 'ls -d /etc/new /srv/folder /var/big 2>/dev/null; ls /etc/issue'), '/etc/issue')
  t.is((await bed.hostless('image', 'verify', 'dom0')).exitCode, 0)
})

test.serial('dom0 has the memory that the config gives it', async (t) => {
  t.regex(await inside('xl', 'list'), /^Domain-0 +0 +640 /m)
  const mebibytes = Number(/^MemTotal: +(\d+) kB/m.exec(await inside('cat', '/proc/meminfo'))?.[1]) / 1024
  t.true(mebibytes > 480 && mebibytes <= 640, `dom0 sees ${mebibytes} MiB`)
  t.true(Number(await inside('xl', 'info', 'free_memory')) > 1000, 'the rest of the 2 GiB is left to guests')
})

test.serial('with root: ram a damaged squashfs is refused with its reason, and the right one is fetched after it', async (t) => {
  t.timeout(900_000)
  const boot = { image: 'dom0', root: 'ram', enrol: 'auto', dom0Memory: 1024 }
  await bed.configure((config) => ({ ...config, boot }))
  await bed.node('node1').power('reset')
  await bed.waitStage('node1', 'kernel', 'done')
  await bed.appliance.stop()
  const said = join(bed.rack.folder, 'impostor.log')
  const squashfs = join(bed.image.folder, 'root.squashfs')
  const url = `/g/${bed.image.generation}/root.squashfs`
  const program = [process.execPath, '--import', 'tsx', 'test/lab/impostor.ts', RACK_ADDRESS, '8067', url, squashfs]
  const impostor = startInNamespace(bed.rack.namespace, program, said, PROJECT)
  await waitForText(() => readFile(said, 'utf8'), 'held', READ_MS, 'the impostor')
  await bed.appliance.restart()
  impostor.kill('SIGTERM')

  const attempt = await bed.waitStage('node1', 'root', 'failed')
  const reason = /SHA-256 of root\.squashfs is \S+=, the command line wants \S+=/
  t.regex(attempt.stages.at(-1)?.detail ?? '', reason)
  t.regex(attempt.diagnosis ?? '', reason)
  await bed.node('node1').waitForConsole(reason, 10_000)
  const up = await bed.waitUp('node1')
  t.is(up.id, attempt.id, 'the same boot went on')
})

test.serial('with root: ram dom0 goes on reading when the appliance is gone for good', async (t) => {
  t.regex(await inside('cat', '/proc/self/mounts'), new RegExp(`^/dev/loop0 ${LOWER} squashfs ro`, 'm'))
  t.regex(await inside('xl', 'list'), /^Domain-0 +0 +1024 /m)
  await bed.appliance.stop()
  await inside('sh', '-c', 'echo 3 >/proc/sys/vm/drop_caches')
  const hashes = parseHashes(await inside(...hashCommand('/usr/bin')))
  t.true(hashes.size > 200)
  t.deepEqual(hashes, parseHashes(await runHere(hashCommand(join(unpacked, 'usr/bin')))))
  t.is(await inside('ss', '-Htn', 'dst', `${RACK_ADDRESS}:2049`), '')
})
