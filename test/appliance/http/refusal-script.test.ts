import test from 'ava'
import fc from 'fast-check'
import { refusalScript } from '../../../appliance/http/refusal-script.ts'

const url = 'http://10.77.0.1:8067/boot/525400770001'

test('refusalScript says the reason in plain words and asks again, for ever', (t) => {
  t.is(
    refusalScript('node01 (52:54:00:77:00:01) is not approved yet: run "hostless host approve node01"', url),
    [
      '#!ipxe',
      ':again',
      'echo',
      'echo Hostless does not boot this machine now:',
      'echo   node01 (52:54:00:77:00:01) is not approved yet: run hostless host',
      'echo   approve node01',
      'echo Asking again in 10 seconds.',
      'sleep 10 ||',
      `chain --replace --autofree ${url} || goto again`,
      '',
    ].join('\n'),
  )
})

test('refusalScript lets no text become a command, a setting, a comment or an option', (t) => {
  const script = refusalScript('-n x\nreboot\n$' + '{net0/mac} || shell && poweroff ; \\ "q" \'q\' # no -x \x1b[2J \u202e', url)
  t.deepEqual(
    script.split('\n').filter((line) => line.startsWith('echo   ')),
    ['echo   n x reboot net0/mac shell poweroff q q no x 2J'],
  )
})

test('refusalScript keeps its form for any reason', (t) => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ maxLength: 2000 }), fc.string({ unit: 'binary', maxLength: 2000 })), (reason) => {
      const lines = refusalScript(reason, url).split('\n')
      const said = lines.slice(4, -4)
      for (const line of said) t.regex(line, /^echo {3}[A-Za-z0-9 .,:()/_+=@%!?-]{1,72}$/)
      t.is([...lines.slice(0, 4), ...lines.slice(-4)].length, 8)
      t.true(said.length <= 20)
    }),
  )
  t.pass()
})
