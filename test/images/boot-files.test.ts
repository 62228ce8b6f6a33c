import { gzipSync } from 'node:zlib'
import test from 'ava'
import { faultOfInitramfs, faultOfKernel, faultOfXen, faultOfXenEfi, isGzip } from '../../images/boot-files.ts'
import { fakeInitramfs, fakeKernel, fakeXen, fakeXenEfi } from './fake-image.ts'

test('each boot file is taken for what it is, and none for another', (t) => {
  const files = [fakeXen(), fakeXenEfi(), fakeKernel(), fakeInitramfs()]
  const checks = [faultOfXen, faultOfXenEfi, faultOfKernel, faultOfInitramfs]
  for (const [at, check] of checks.entries()) {
    for (const [index, file] of files.entries()) t.is(check(file) === undefined, at === index, `${check.name} of file ${index}`)
  }
})

test('faultOfXen says what is wrong: EFI program, no ELF, no Multiboot header, wrong header checksum', (t) => {
  t.regex(faultOfXen(fakeXenEfi()) ?? '', /give it as xen\.efi/)
  t.regex(faultOfXen(Buffer.from('text')) ?? '', /no ELF/)
  t.regex(faultOfXen(Buffer.from('\x7fELF')) ?? '', /no Multiboot header/)
  const wrong = fakeXen()
  wrong[136] = 0
  t.regex(faultOfXen(wrong) ?? '', /no Multiboot header/)
})

test('faultOfInitramfs takes every compression that Linux unpacks', (t) => {
  t.is(faultOfInitramfs(gzipSync('cpio')), undefined)
  t.is(faultOfInitramfs(Buffer.from('28b52ffd0000', 'hex')), undefined)
  t.is(faultOfInitramfs(Buffer.from('070701')), undefined)
  t.truthy(faultOfInitramfs(Buffer.alloc(0)))
})

test('no check fails on a file that is cut off anywhere', (t) => {
  for (const [file, check] of [
    [fakeXen(), faultOfXen],
    [fakeXenEfi(), faultOfXenEfi],
    [fakeKernel(), faultOfKernel],
  ] as const) {
    for (let length = 0; length < 600; length++) t.notThrows(() => check(file.subarray(0, length)))
  }
  t.true(isGzip(gzipSync('x')))
  t.false(isGzip(Buffer.alloc(0)))
})
