import test from 'ava'
import { toNetascii } from '../../../appliance/tftp/netascii.ts'

test('toNetascii ends lines with CR LF and marks a lone CR with NUL', (t) => {
  t.is(toNetascii(Buffer.from('a\nb\rc\r\n')).toString('latin1'), 'a\r\nb\r\0c\r\0\r\n')
  t.is(toNetascii(Buffer.alloc(0)).length, 0)
})
