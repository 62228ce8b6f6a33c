// What the kernel's log says of a mirror that was parted.
import test from 'ava'
import { reasonsIn } from '../../../../images/agent/mirrors/kernel-words.ts'
import { uuid } from '../../../../manager/protocol/values.ts'

const DISK = uuid.parse('284976f0-b872-48d7-bb37-7660198d99ed')
const of = (text: string, disk: string = DISK) => `[  266.041079] drbd hostless-${disk}${text}`

test('its reasons are told, once each, and neither its course nor what belongs to another', (t) => {
  const log = [
    of(': Handshake successful: Agreed network protocol version 101'),
    of('/0 drbd0: before-resync-source handler returned 1, dropping connection.'),
    of('/0 drbd0: before-resync-source handler returned 1, dropping connection.'),
    of('/0 drbd1: Split-Brain detected but unresolved, dropping connection!', '00000000-b872-48d7-bb37-7660198d99ed'),
    of(': conn( WFBitMapS -> Disconnecting ) '),
    of(': error receiving P_STATE, e: -5 l: 0!'),
  ].join('\n')
  t.is(reasonsIn(log, DISK), 'before-resync-source handler returned 1, dropping connection.; error receiving P_STATE, e: -5 l: 0!')
})

test('without a reason nothing is told', (t) => {
  t.is(reasonsIn(of(': conn( Unconnected -> WFConnection ) '), DISK), undefined)
  t.is(reasonsIn('', DISK), undefined)
})
