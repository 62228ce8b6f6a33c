import test from 'ava'
import { kernelCommandLine, xenCommandLine } from '../../appliance/boot/commandline.ts'
import { IDENTITY, plan, request } from '../appliance/boot/plans.ts'
import { peerScript } from './peer-script.ts'

const defaults = {
  ...request().defaults,
  enrol: 'auto',
  dom0Memory: 1024,
  xenArguments: ['loglvl=all'],
  kernelArguments: ['nosmt'],
} as const

const words = (script: string, line: RegExp): readonly string[] => (line.exec(script)?.[1] ?? '').split(' ')

test('the peer starts Xen with the very arguments that ours gives it', (t) => {
  const ours = xenCommandLine(plan({ defaults }))
  t.is(/^kernel xen (.*)$/m.exec(peerScript(defaults))?.[1], ours.kind === 'line' ? ours.text : 'refused')
})

test('the peer gives dom0 the kernel arguments of ours, and every word that our initramfs needs', (t) => {
  const theirs = words(peerScript(defaults), /^module vmlinuz (.*)$/m)
  const line = kernelCommandLine(plan({ defaults }), IDENTITY)
  const ours = line.kind === 'line' ? line.text.split(' ') : []
  const isLinux = (word: string) => !word.startsWith('hl.')
  t.deepEqual(theirs.filter(isLinux), ours.filter(isLinux))
  const keys = (list: readonly string[]) => list.filter((word) => !isLinux(word)).map((word) => word.split('=')[0])
  t.deepEqual(keys(theirs), keys(ours))
})

test('the peer’s script is for every host: iPXE fills in MAC and address', (t) => {
  const script = peerScript(defaults)
  t.true(script.startsWith('#!ipxe\n'))
  t.true(script.includes('hl.net=${' + 'net0/mac:hexraw},${' + 'net0/ip}/24 '))
  t.notRegex(script, /525400/)
})
