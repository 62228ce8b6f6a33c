import test from 'ava'
import { admit, type InFlight } from '../../../appliance/tftp/admission.ts'

const limits = { transfers: 4, transfersPerPeer: 2 }
const transfer = (key: string, address: string, state: InFlight['state']): InFlight => ({ key, address, state })

test('admit lets transfers begin below the caps', (t) => {
  t.deepEqual(admit([], 'a', limits), { kind: 'admit' })
  t.deepEqual(admit([transfer('1', 'a', 'heard')], 'a', limits), { kind: 'admit' })
})

test('admit replaces the oldest transfer that was never answered', (t) => {
  const inFlight = ['heard', 'offered', 'offered', 'opening'].map((state, index) =>
    transfer(`${index}`, `peer${index}`, state as InFlight['state']),
  )
  t.deepEqual(admit(inFlight, 'new', limits), { kind: 'replace', key: '1' })
})

test('admit replaces only transfers of the same address when that address is at its cap', (t) => {
  const inFlight = [transfer('1', 'other', 'offered'), transfer('2', 'a', 'heard'), transfer('3', 'a', 'offered')]
  t.deepEqual(admit(inFlight, 'a', limits), { kind: 'replace', key: '3' })
})

test('admit drops the request, with a reason, when every transfer is in use', (t) => {
  const inFlight = [transfer('1', 'a', 'heard'), transfer('2', 'a', 'opening')]
  t.like(admit(inFlight, 'a', limits), { kind: 'drop', reason: '2 transfers to this address are in flight' })
})
