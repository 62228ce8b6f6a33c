import { readFileSync } from 'node:fs'
import test from 'ava'
import { APPLETS, firmwareOf, initramfsEntries, type KernelModules, moduleTables, selectModules } from '../../../images/dom0/initramfs.ts'

const modules: KernelModules = {
  version: '6.12.0-test',
  paths: [
    'kernel/drivers/net/ethernet/realtek/r8169.ko',
    'kernel/drivers/net/phy/realtek.ko',
    'kernel/drivers/net/phy/libphy.ko',
    'kernel/net/bridge/bridge.ko',
    'kernel/net/802/stp.ko',
    'kernel/sound/core/snd.ko',
    'kernel/lib/soft-wish.ko',
  ],
  dependencies: [
    'kernel/drivers/net/ethernet/realtek/r8169.ko: kernel/drivers/net/phy/libphy.ko.xz',
    'kernel/drivers/net/phy/realtek.ko: kernel/drivers/net/phy/libphy.ko',
    'kernel/drivers/net/phy/libphy.ko:',
    'kernel/net/bridge/bridge.ko: kernel/net/802/stp.ko',
    'kernel/net/802/stp.ko:',
    'kernel/sound/core/snd.ko:',
    'kernel/lib/soft-wish.ko:',
    '',
  ].join('\n'),
  aliases: '# Aliases\nalias pci:v000010ECd00008168* r8169\nalias sound-* snd\n',
  softDependencies: '# Soft\nsoftdep r8169 pre: soft_wish\nsoftdep snd post: nothing\n',
}

test('selectModules takes the Ethernet drivers with hard and soft dependencies, and nothing else', (t) => {
  t.deepEqual(selectModules(modules), [
    'kernel/drivers/net/ethernet/realtek/r8169.ko',
    'kernel/drivers/net/phy/libphy.ko',
    'kernel/drivers/net/phy/realtek.ko',
    'kernel/lib/soft-wish.ko',
    'kernel/net/802/stp.ko',
    'kernel/net/bridge/bridge.ko',
  ])
})

test('selectModules refuses a root whose modules.dep does not know a module', (t) => {
  t.throws(() => selectModules({ ...modules, dependencies: '' }), { message: /modules\.dep does not list .*: run depmod/ })
})

test('moduleTables keeps only what is about the chosen modules', (t) => {
  const tables = moduleTables(modules, selectModules(modules))
  t.is(tables['modules.alias'], 'alias pci:v000010ECd00008168* r8169\n')
  t.is(tables['modules.softdep'], 'softdep r8169 pre: soft_wish\n')
  t.regex(tables['modules.dep'] ?? '', /^kernel\/drivers\/net\/ethernet\/realtek\/r8169\.ko: kernel\/drivers\/net\/phy\/libphy\.ko$/m)
  t.notRegex(tables['modules.dep'] ?? '', /snd/)
})

test('firmwareOf reads the names in .modinfo', (t) => {
  const module = Buffer.from(
    '\x7fELF\0license=GPL\0firmware=rtl_nic/rtl8168h-2.fw\0firmware=rtl_nic/rtl8125b-2.fw\0depends=libphy\0firmware=cut',
  )
  t.deepEqual(firmwareOf(module), ['rtl_nic/rtl8168h-2.fw', 'rtl_nic/rtl8125b-2.fw'])
})

test('every command that the scripts of the initramfs call is an applet that it carries, and the other way round', (t) => {
  const scripts = ['init', 'lease', 'stick'].map((name) => readFileSync(`images/dom0/initramfs/${name}`, 'utf8')).join('\n')
  const code = scripts
    .replace(/^\s*#.*$/gm, '')
    .replace(/\bexec /g, '')
    .replace(/\btimeout \d+ /g, 'timeout;')
    .replace(/'[^']*'/g, "''")
  const called = new Set(
    [...code.matchAll(/(?:^|[|;({&]|\bdo|\bthen|\bif|\belse|\|\||&&|\$\(|until|exec|xargs -r|!)\s*([a-z][a-z0-9_]*)(?=[\s;)]|$)/gm)].map(
      (match) => match[1] ?? '',
    ),
  )
  const unused = APPLETS.filter((name) => name !== 'sh' && !called.has(name))
  t.deepEqual(unused, [])
  const known = new Set(['busybox', ...APPLETS])
  const external = [
    'awk',
    'base64',
    'basename',
    'brctl',
    'cut',
    'free',
    'grep',
    'ip',
    'losetup',
    'mkdir',
    'modprobe',
    'mount',
    'mountpoint',
    'sed',
    'sleep',
    'sort',
    'tr',
    'udhcpc',
    'wget',
    'xxd',
    'find',
    'ls',
    'cp',
    'mv',
    'ln',
    'ifconfig',
    'dd',
    'head',
    'tail',
    'date',
    'touch',
    'chmod',
    'umount',
    'vconfig',
    'env',
    'seq',
  ]
  t.deepEqual(
    external.filter((name) => called.has(name) && !known.has(name)),
    [],
  )
})

test('initramfsEntries gives the kernel a console, /init and modprobe where it looks for them', (t) => {
  const entries = initramfsEntries({
    version: '6.12.0-test',
    busybox: Buffer.from('busybox'),
    scripts: { init: Buffer.from('#!/bin/sh') },
    modules: new Map([['kernel/net/802/stp.ko', Buffer.from('module')]]),
    tables: { 'modules.dep': 'kernel/net/802/stp.ko:\n' },
    firmware: new Map([['a/b.fw', Buffer.from('blob')]]),
  })
  const paths = entries.map((entry) => `${entry.kind} ${entry.path}`)
  for (const wanted of [
    'character dev/console',
    'file init',
    'symlink sbin',
    'symlink bin/modprobe',
    'file lib/modules/6.12.0-test/kernel/net/802/stp.ko',
    'file lib/firmware/a/b.fw',
  ]) {
    t.true(paths.includes(wanted), wanted)
  }
})
