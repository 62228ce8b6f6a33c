import { execFileSync } from 'node:child_process'
import test from 'ava'
import fc from 'fast-check'
import { holdingArguments, quote, sharingArguments, sshArguments } from './ssh.ts'

test('sshArguments trusts no known host and uses the lab’s key alone', (t) => {
  const argv = sshArguments('/lab/key', '10.77.0.21', ['xl', 'info', '-n'])
  t.deepEqual(argv.slice(-4), ['root@10.77.0.21', 'xl', 'info', '-n'])
  t.true(argv.includes('UserKnownHostsFile=/dev/null'))
  t.true(argv.includes('StrictHostKeyChecking=no'))
  t.true(argv.includes('IdentitiesOnly=yes'))
})

test('commands share the connection that is held at a socket, and it runs none of its own', (t) => {
  const by = { socket: '/run/rack/node1.ssh' }
  const holding = holdingArguments(by, '/lab/key', '10.77.0.21')
  t.deepEqual([holding.slice(0, 5), holding.at(-1)], [['ssh', '-M', '-N', '-S', by.socket], 'root@10.77.0.21'])
  const sharing = sharingArguments(by, '/lab/key', '10.77.0.21', ['xl', 'list'])
  t.deepEqual(
    sharing.slice(0, 5),
    ['ssh', '-S', by.socket, '-o', 'ControlMaster=no'],
    'without a connection it makes its own, and holds it for nobody',
  )
  t.deepEqual(sharing.slice(5), sshArguments('/lab/key', '10.77.0.21', ['xl', 'list']).slice(1))
})

test('quote lets every argument through a shell as it is', (t) => {
  t.is(quote('xl'), 'xl')
  t.is(quote("it's"), `'it'\\''s'`)
  const word = fc.string({ minLength: 0, maxLength: 20, unit: 'binary-ascii' }).filter((text) => !text.includes('\0'))
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 4 }), (words) => {
      const heard = execFileSync('/bin/sh', ['-c', `printf '%s\\0' ${words.map(quote).join(' ')}`], { encoding: 'utf8' })
      t.deepEqual(heard.split('\0').slice(0, -1), words)
    }),
    { numRuns: 40 },
  )
})
