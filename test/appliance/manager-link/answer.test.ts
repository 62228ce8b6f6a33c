import test from 'ava'
import { describeAnswer } from '../../../appliance/manager-link/answer.ts'
import { findManager, managerPlace } from '../../../appliance/manager-link/place.ts'
import { type Ipv4, parseInterfaceAddress, parseIpv4 } from '../../../appliance/wire/addresses.ts'

function ip(text: string): Ipv4 {
  const parsed = parseIpv4(text)
  if (!parsed) throw new Error(`${text} is no address`)
  return parsed
}
const PLACE = { address: ip('10.77.0.2'), port: 8443 }
const failed = (code: string) => describeAnswer({ kind: 'failed', code, message: 'as it was' }, PLACE)
const answered = (status: number) => describeAnswer({ kind: 'answer', status, text: '', etag: undefined }, PLACE)

test('what a manager’s answer means says where, what is wrong and what to do', (t) => {
  t.regex(answered(401), /10\.77\.0\.2:8443 does not know the secret in keys\/site\.key: copy keys\/site\.key/)
  t.regex(answered(400), /answered 400 Bad Request: its log says why/)
  t.regex(failed('ECONNREFUSED'), /nothing listens at 10\.77\.0\.2:8443: start hostless manager/)
  t.regex(failed('SELF_SIGNED_CERT_IN_CHAIN'), /manager-ca\.pem did not sign.*copy keys\/site\.key and keys\/manager-ca\.pem/)
  t.regex(failed('ERR_TLS_CERT_ALTNAME_INVALID'), /for another address/)
  t.regex(failed('EHOSTUNREACH'), /cannot be reached/)
  t.regex(failed('EPIPE'), /gave no answer: as it was/)
})

test('the manager is where the config says, or here where it listens everywhere', (t) => {
  const own = parseInterfaceAddress('10.77.0.1/24')
  if (!own) return t.fail()
  const network = { interface: 'eth1', ...own }
  const listen = { address: ip('0.0.0.0'), port: 8443 }
  t.is(managerPlace({ network }), undefined)
  t.deepEqual(managerPlace({ network, manager: { address: PLACE, database: 'sqlite' } }), PLACE)
  t.deepEqual(managerPlace({ network, manager: { listen: PLACE, database: 'sqlite' } }), PLACE)
  t.deepEqual(managerPlace({ network, manager: { listen, database: 'sqlite' } }), { address: own.address, port: 8443 })
})

test('an agent is told of a manager only with an authority that it would take', (t) => {
  const pem = '-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n'
  t.deepEqual(findManager(PLACE, { kind: 'authority', pem }), { kind: 'manager', address: { ...PLACE, authority: pem } })
  t.is(findManager(PLACE, { kind: 'none', reason: 'not yet' }).kind, 'none')
  t.is(findManager(PLACE, { kind: 'authority', pem: 'x' }).kind, 'none')
  t.is(findManager(PLACE, { kind: 'authority', pem: pem + 'x'.repeat(10_000) }).kind, 'none')
})
