import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { FULL_OPTIONS, fullArguments, GUESTS, smallArguments } from '../../../images/guest/recipe.ts'
import { needsOf, SMALL_MODULES, type SmallParts, smallInitramfs, smallRoot } from '../../../images/guest/small.ts'

const RECIPE = new URL('../../../images/guest/', import.meta.url).pathname
const below = (folder: string) =>
  readdirSync(join(RECIPE, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(RECIPE.length))
const text = (path: string) => readFileSync(join(RECIPE, path), 'utf8')

const PARTS: SmallParts = {
  busybox: Buffer.from('busybox'),
  kernel: Buffer.from('kernel'),
  modules: new Map(SMALL_MODULES.map((name) => [name, Buffer.from(name)])),
  init: Buffer.from('#!/bin/busybox sh\n'),
  files: new Map(below('small/root').map((path) => [path.slice('small/root/'.length), readFileSync(join(RECIPE, path))])),
}

test('the initramfs has what leads to the root and no more', (t) => {
  const paths = smallInitramfs(PARTS).map(({ path }) => path)
  t.deepEqual(
    paths.filter((path) => path.includes('.')),
    ['xen-blkfront.ko', 'virtio_blk.ko'],
  )
  t.true(paths.includes('init') && paths.includes('bin/sh') && paths.includes('dev/console'))
})

test('the root has GRUB’s file where GRUB looks, programs of busybox, and scripts that run', (t) => {
  const entries = new Map(smallRoot(PARTS, Buffer.from('initrd'), 'boot\n').map((entry) => [entry.path, entry]))
  t.like(entries.get('boot/grub/grub.cfg'), { kind: 'file', mode: 0o644 })
  t.like(entries.get('bin/keep-ticking'), { kind: 'file', mode: 0o755 })
  t.like(entries.get('etc/inittab'), { kind: 'file', mode: 0o644 })
  for (const name of ['poweroff', 'reboot', 'init']) t.like(entries.get(`bin/${name}`), { kind: 'symlink', target: 'busybox' }, name)
  t.like(entries.get('sbin'), { kind: 'symlink', target: 'bin' })
})

/** Words of a script but for comments, what stands in single quotes, and what is given a value. */
function wordsOf(script: string): readonly string[] {
  const code = script
    .replace(/^#.*$/gm, '')
    .replace(/\$\(/g, ' ')
    .replace(/'[^']*'|"/g, ' ')
  return [...code.matchAll(/(?<![\w/$.-])[a-z][a-z0-9]+(?![\w=./:-])/g)].map(([word]) => word)
}

test('every program of busybox that the small guest’s scripts call is on it', (t) => {
  const ofBusybox = new Set(spawnSync('busybox', ['--list'], { encoding: 'utf8' }).stdout.split('\n').filter(Boolean))
  t.true(ofBusybox.has('udhcpc'))
  const there = new Set(smallRoot(PARTS, Buffer.from(''), '').flatMap(({ path }) => /^bin\/(.+)/.exec(path)?.[1] ?? []))
  const called = below('small/root').flatMap((path) => (text(path).startsWith('#!') ? wordsOf(text(path)) : []))
  for (const name of ['dd', 'awk', 'findfs', 'insmod', 'udhcpc', 'usleep']) t.true(called.includes(name), name)
  // Variables, and words of `ip`.
  const notCalled = new Set(['less', 'more', 'last', 'ts', 'route', 'link'])
  t.deepEqual(
    [...new Set(called)].filter((word) => ofBusybox.has(word) && !there.has(word) && !notCalled.has(word)),
    [],
  )
})

test('every script of the recipes is one that a shell can read', (t) => {
  const scripts = [...below('small'), ...below('full')].filter((path) => text(path).startsWith('#!'))
  t.true(scripts.length >= 7)
  for (const path of scripts) {
    const { status, stderr } = spawnSync('sh', ['-n', join(RECIPE, path)], { encoding: 'utf8' })
    t.is(status, 0, `${path}: ${stderr}`)
  }
})

test('a module says what it needs', (t) => {
  t.deepEqual(needsOf(Buffer.from('license=GPL\0depends=cdrom,other\0name=isofs\0')), ['cdrom', 'other'])
  t.deepEqual(needsOf(Buffer.from('license=GPL\0depends=\0name=x\0')), [])
  t.deepEqual(needsOf(Buffer.from('nothing')), [])
})

test('mmdebstrap is told the suite, the target and the mirror last, and every package', (t) => {
  for (const name of GUESTS) {
    const recipe = { name, add: ['tmux'], mirror: 'http://mirror.example/debian' }
    t.deepEqual(smallArguments(recipe, '/b/tar').slice(-3), ['trixie', '/b/tar', 'http://mirror.example/debian'])
    const full = fullArguments(recipe, { overlay: '/o', customize: '/c', tree: '/t' })
    t.deepEqual(full.slice(-3), ['trixie', '/t', 'http://mirror.example/debian'])
    const packages =
      full
        .find((one) => one.startsWith('--include='))
        ?.slice('--include='.length)
        .split(',') ?? []
    for (const wanted of ['cloud-init', 'openssh-server', 'systemd-sysv', 'grub2-common', 'linux-image-cloud-amd64', 'tmux']) {
      t.true(packages.includes(wanted), wanted)
    }
  }
})

test('what update-grub writes on a full guest and what its disk begins with have the same options of the kernel', (t) => {
  t.true(text('full/root/etc/default/grub.d/hostless.cfg').includes(`GRUB_CMDLINE_LINUX="${FULL_OPTIONS}"`))
})
