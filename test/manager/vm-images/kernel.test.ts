import { gzipSync } from 'node:zlib'
import test from 'ava'
import fc from 'fast-check'
import { hasXenEntry, initrdFault, lookAtKernel } from '../../../manager/vm-images/kernel.ts'
import { bzImage, elf, initrd } from './kernels.ts'

const reasonOf = (bytes: Buffer): string => {
  const look = lookAtKernel(bytes)
  return look.kind === 'unfit' ? look.reason : look.kind
}

test('a vmlinux is a kernel where it has Xen’s entry for PVH, be it told by segments or sections, in 64 bits or 32', (t) => {
  for (const bits of [32, 64] as const)
    for (const by of ['segment', 'section'] as const) t.is(reasonOf(elf({ bits, by })), 'fit', `${bits} ${by}`)
  t.regex(reasonOf(elf({ note: { name: 'Xen\0', type: 17 } })), /no entry for PVH guests \(the ELF note XEN_ELFNOTE_PHYS32_ENTRY\)/)
  t.regex(reasonOf(elf({ note: { name: 'GNU\0', type: 18 } })), /no entry/)
})

test('a bzImage is one with an ELF in it, plain or packed by what Xen unpacks', (t) => {
  t.like(lookAtKernel(bzImage()), { kind: 'packed', by: 'gzip' })
  t.like(lookAtKernel(bzImage(Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 1, 2, 3]))), { kind: 'packed', by: 'zstd' })
  t.is(reasonOf(bzImage(elf())), 'fit')
  t.regex(reasonOf(bzImage(elf({ note: { name: 'x\0', type: 1 } }))), /no entry/)
  t.regex(reasonOf(bzImage(Buffer.from('what is this'))), /packed by nothing that Xen unpacks/)
  t.regex(reasonOf(bzImage(gzipSync('x'), 0x207)), /of an old form/)
  t.regex(reasonOf(bzImage().subarray(0, 1030)), /cut short: it has 1030 bytes/)
})

test('anything else is refused with what it is and what to give', (t) => {
  t.regex(reasonOf(gzipSync(elf())), /packed by gzip, and no bzImage/)
  for (const bytes of [Buffer.alloc(0), Buffer.from('MZ'), Buffer.alloc(8192), Buffer.from('<html>')])
    t.regex(reasonOf(bytes), /neither an ELF vmlinux nor a bzImage/)
})

test('an initrd is an archive, or packed; a kernel is none', (t) => {
  for (const head of [initrd(), gzipSync('x'), Buffer.from('070701000000'), Buffer.from('0707020000')]) t.is(initrdFault(head), undefined)
  for (const head of [elf(), bzImage(), Buffer.alloc(64), Buffer.from('PK\x03\x04')])
    t.regex(initrdFault(head) ?? '', /neither a cpio archive nor packed/)
})

test('no bytes are more than no kernel: cut anywhere, or changed anywhere', (t) => {
  const whole = elf()
  for (let length = 0; length < 700; length += 1) t.is(typeof hasXenEntry(whole.subarray(0, length)), 'boolean')
  const places = fc.array(fc.tuple(fc.nat({ max: 700 }), fc.nat({ max: 255 })), { minLength: 1, maxLength: 12 })
  fc.assert(
    fc.property(fc.boolean(), places, (is64, changes) => {
      const bytes = elf({ bits: is64 ? 64 : 32 })
      for (const [at, value] of changes) bytes[at] = value
      t.true(['fit', 'unfit', 'packed'].includes(lookAtKernel(bytes).kind))
      t.true(['fit', 'unfit', 'packed'].includes(lookAtKernel(bzImage(bytes)).kind))
    }),
    { numRuns: 2000 },
  )
})
