import test from 'ava'
import { describeFacts, disturbances, versionIn } from './facts.ts'

test('versionIn finds the version in what programs say of themselves', (t) => {
  t.is(versionIn('QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18+b3)'), '7.2.22')
  t.is(versionIn('\nnginx version: nginx/1.22.1'), '1.22.1')
  t.is(versionIn('NFS-Ganesha Release = V4.3\n'), '4.3')
  t.is(versionIn('\n'), 'missing')
})

test('a quiet machine disturbs nothing; load and other labs are said aloud', (t) => {
  t.deepEqual(disturbances({ load: 0.1, otherLabs: 0 }), [])
  t.regex(disturbances({ load: 3.98, otherLabs: 0 }).join(), /busy when this began \(load 3\.98\)/)
  t.regex(disturbances({ load: 0, otherLabs: 1 }).join(), /a lab runs/)
})

test('describeFacts names the machine and all programs in one line', (t) => {
  const facts = { cores: 2, processor: 'EPYC', memoryGiB: 24, kernel: '6.1.0', node: 'v20.20.2', qemu: '7.2.22', load: 0.12, otherLabs: 0 }
  t.is(
    describeFacts({ ...facts, peers: { dnsmasq: '2.90' } }),
    'Machine: 2 cores (EPYC), 24 GiB, Linux 6.1.0, Node v20.20.2, QEMU 7.2.22, dnsmasq 2.90; load 0.12.',
  )
})
