import test from 'ava'
import fc from 'fast-check'
import { IGNORED, listFeatures } from '../../../manager/cpu/features.ts'
import type { HostCpu, Offer } from '../../../manager/cpu/host.ts'
import { levelOf } from '../../../manager/cpu/level.ts'
import { type CpuMask, maskFor } from '../../../manager/cpu/mask.ts'
import { canMove } from '../../../manager/cpu/move.ts'
import { difference, intersection, keyOf } from '../../../manager/cpu/words.ts'
import { realHost, simpleHost, type Words } from './cpus.ts'

function offerOf({ hvm }: HostCpu): Offer {
  if (hvm.kind === 'unknown') throw new Error(hvm.reason)
  return hvm.offer
}

function maskIn(pool: readonly HostCpu[], host: HostCpu): CpuMask {
  const level = levelOf(pool)
  if (level.kind === 'unknown') throw new Error(level.reason)
  return maskFor(offerOf(host), level.features)
}

const SKYLAKE = realHost('sky', 'skylake')
const ICE_LAKE = realHost('ice', 'iceLake')

test('each host hides what it has beyond the level, in libxl’s names', (t) => {
  t.is(maskIn([SKYLAKE, ICE_LAKE], SKYLAKE).cpuid, 'host,rtm=0')
  t.is(
    maskIn([SKYLAKE, ICE_LAKE], ICE_LAKE).cpuid,
    'host,avx512-ifma=0,sha=0,avx512-vbmi=0,umip=0,avx512-vbmi2=0,gfni=0,vaes=0,vpclmulqdq=0,avx512-vnni=0,avx512-bitalg=0,avx512-vpopcntdq=0,rdpid=0,fsrm=0,md-clear=0,ibrsb=0,stibp=0,l1d-flush=0,arch-caps=0,ssbd=0,rdcl-no=0,eibrs=0',
  )
})

test('a host at the level hides nothing', (t) => {
  t.is(maskIn([SKYLAKE], SKYLAKE).cpuid, 'host')
})

test('guests that were started with the mask go both ways', (t) => {
  const pool = [SKYLAKE, ICE_LAKE]
  const guest = (host: HostCpu) => ({ type: 'pvh', features: maskIn(pool, host).features }) as const
  t.deepEqual(canMove(guest(SKYLAKE), SKYLAKE, ICE_LAKE), { kind: 'compatible' })
  t.deepEqual(canMove(guest(ICE_LAKE), ICE_LAKE, SKYLAKE), { kind: 'compatible' })
})

test('clflush is hidden by the name that libxl does not take for a size', (t) => {
  t.is(maskFor(offerOf(simpleHost('a', [0x80000])), { words: [], leaves: {} }).cpuid, 'host,clfsh=0')
})

test('what every guest sees as its own CPU sets it is not hidden', (t) => {
  t.is(maskFor(offerOf(simpleHost('a', IGNORED)), { words: [], leaves: {} }).cpuid, 'host')
})

test('what libxl has no name for stays, and is said to stay', (t) => {
  const newer = [...Array.from({ length: 19 }, () => 0), 5]
  const mask = maskFor(offerOf(simpleHost('a', [3, ...newer.slice(1)])), { words: [1], leaves: {} })
  t.is(mask.cpuid, 'host,vme=0')
  t.is(listFeatures(mask.kept), 'word 19 bit 0, word 19 bit 2')
  t.deepEqual(mask.features.words, [1, ...newer.slice(1)])
})

test('a mitigation that another host asks for is switched on', (t) => {
  const asks = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0x400]
  const [a, b] = [simpleHost('a', asks), simpleHost('b', [1], [1, ...asks.slice(1)])]
  t.is(maskIn([a, b], b).cpuid, 'host,fpu=0,md-clear=1')
  t.is(maskIn([a, b], a).cpuid, 'host')
})

const isEmpty = (set: Words): boolean => keyOf(set) === ''

const words = fc.array(fc.nat({ max: 0xffffffff }), { maxLength: 21 })

test('a masked guest has the level, and beyond it only what is kept or ignored', (t) => {
  const host = fc.tuple(words, words).map(([atMost, part]) => simpleHost('a', intersection(atMost, part), atMost))
  fc.assert(
    fc.property(host, host, (a, b) => {
      const level = levelOf([a, b])
      if (level.kind === 'unknown') return false
      const { features, kept } = maskFor(offerOf(a), level.features)
      const beyond = difference(difference(features.words, level.features.words), IGNORED)
      return isEmpty(difference(level.features.words, features.words)) && isEmpty(beyond) === (kept.length === 0)
    }),
  )
  t.pass()
})
