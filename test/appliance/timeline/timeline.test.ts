import test from 'ava'
import { dhcp, file, NORMAL, refusal, report, script, T0, type Timed, tftp, view } from './boots.ts'

const until = (seconds: number): readonly Timed[] => NORMAL.filter(([at]) => at <= seconds)

test('a normal boot has all stages in order, each with its seconds since the one before', (t) => {
  const done = view(NORMAL, 25)
  t.is(done.state, 'up')
  t.is(done.diagnosis, undefined)
  t.deepEqual(
    done.stages.map(({ stage, seconds, status }) => `${stage} ${seconds} ${status}`),
    [
      'firmware 0 done',
      'ipxe 1.5 done',
      'script 0.5 done',
      'kernel 2 done',
      'initramfs 5 done',
      'network 0.5 done',
      'root 1.5 done',
      'dom0 0.5 done',
      'up 13 done',
    ],
  )
  t.is(done.stages.at(-1)?.at, T0 + 24_500)
  t.like(done, {
    host: 'node01',
    mac: '52:54:00:77:00:01',
    address: '10.77.0.21',
    image: 'dom0',
    generation: '0123456789abcdef',
    startedAt: T0,
    xen: '4.20.1',
    kernel: '6.12.107',
  })
  t.is(done.stages[0]?.detail, 'BIOS PXE, 10.77.0.21, undionly.kpxe')
  t.is(done.stages[3]?.detail, 'xen 2.6 MB HTTP, vmlinuz 12.1 MB HTTP, initrd.img 13.0 MB HTTP')
})

test('while it boots the last stage runs until the next is reached', (t) => {
  const at = (seconds: number) => view(until(seconds), seconds)
  t.like(at(0).stages, [{ stage: 'firmware', status: 'running' }])
  t.like(at(1.5).stages, [{ status: 'done' }, { stage: 'ipxe', status: 'running' }])
  t.like(at(3).stages[3], { stage: 'kernel', status: 'running', at: T0 + 3000 })
  t.true([0, 2, 4, 9, 11].every((seconds) => at(seconds).state === 'booting'))
})

test('a ROM that is iPXE has no stage firmware', (t) => {
  const rom = view(
    NORMAL.filter(([at]) => at >= 1.5),
    25,
  )
  t.is(rom.stages[0]?.stage, 'ipxe')
  t.is(rom.state, 'up')
})

test('a loader that came by UEFI HTTP boot belongs to the firmware, not to the kernel', (t) => {
  const uefi: readonly Timed[] = [
    [0, dhcp('DISCOVER', 'firmware', { architecture: 'UEFI x64 HTTP' })],
    [1, file('snponly.efi', 280_000)],
    [2, dhcp('DISCOVER', 'ipxe')],
  ]
  t.deepEqual(
    view(uefi, 3).stages.map(({ stage, detail }) => `${stage}: ${detail}`),
    ['firmware: UEFI x64 HTTP, snponly.efi', 'ipxe: iPXE on BIOS'],
  )
})

test('reports that overtake each other keep the order of the stages, and no time is negative', (t) => {
  const shuffled: readonly Timed[] = [...until(9), [9.1, report('root')], [9.4, report('network')], [9.5, report('dom0')]]
  const { stages } = view(shuffled, 10)
  t.deepEqual(
    stages.slice(-3).map(({ stage, seconds }) => [stage, seconds]),
    [
      ['network', 0.4],
      ['root', 0],
      ['dom0', 0.1],
    ],
  )
})

test('a stage that failed and then succeeded is done; one that fails last has failed the attempt with its reason', (t) => {
  const failing: readonly Timed[] = [
    ...until(10),
    [10.5, report('root', 'failed', { reason: 'mounting nfs root: connection refused', uptime: '4.1' })],
  ]
  const failed = view(failing, 11)
  t.is(failed.state, 'failed')
  t.like(failed.stages.at(-1), { stage: 'root', status: 'failed', detail: 'mounting nfs root: connection refused' })
  t.regex(failed.diagnosis ?? '', /root could not be mounted: mounting nfs root: connection refused\. .*nfs\.port/)
  const mended = view([...failing, [12, report('root')], [13, report('dom0')]], 14)
  t.is(mended.state, 'booting')
  t.true(mended.stages.every(({ status }) => status === 'done'))
  t.is(mended.stages.find(({ stage }) => stage === 'root')?.detail, 'failed once before: mounting nfs root: connection refused')
  const again = view([...failing, [11, report('root', 'failed', { reason: 'timed out' })], [12, report('root')]], 14)
  t.is(again.stages.find(({ stage }) => stage === 'root')?.detail, 'failed 2 times before: timed out')
})

test('a refused script fails the attempt in words, and one that is served later mends it', (t) => {
  const refused: readonly Timed[] = [
    ...until(1.6),
    [2, refusal('image dom0 has no published generation')],
    [12, refusal('image dom0 has no published generation')],
  ]
  t.is(view(refused, 13).state, 'failed')
  t.regex(view(refused, 13).diagnosis ?? '', /gets no boot script: image dom0 has no published generation\. It asks again/)
  const served = view([...refused, [22, script()], [22.5, script()]], 23)
  t.is(served.state, 'booting')
  t.like(served.stages.at(-1), { stage: 'script', status: 'done', detail: 'over HTTP, asked for 2 times' })
})

test('an attempt is stuck when its stage outlasts its patience, and booting again with the next sign of life', (t) => {
  t.is(view(until(4), 100).state, 'booting', 'Xen and Linux say nothing while they start')
  t.is(view(until(4), 160).state, 'stuck')
  t.is(view([...until(4), [161, report('initramfs')]], 162).state, 'booting')
})

test('retransmissions do not keep a stuck attempt alive', (t) => {
  const loop: Timed[] = Array.from({ length: 30 }, (_, index) => [index * 4, dhcp('DISCOVER', 'firmware')])
  t.is(view(loop, 117).state, 'stuck')
  t.is(view(loop, 117).stages[0]?.detail, 'BIOS PXE, 30 DISCOVERs')
})

test('a fallback from HTTP to TFTP shows in the kernel stage', (t) => {
  const fallback: readonly Timed[] = [
    ...until(2),
    [3, file('xen', 1000, 'failed')],
    [4, { kind: 'file', file: 'xen', bytes: 2_600_000, transport: 'tftp', outcome: 'served' }],
    [4.5, tftp('autoexec.ipxe', 'not-found', 0)],
  ]
  t.is(view(fallback, 5).stages.at(-1)?.detail, 'xen 2.6 MB TFTP, xen failed over HTTP')
})
