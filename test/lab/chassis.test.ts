import test from 'ava'
import { bootDeviceOf, chassisAnswer, parseChassisRequest } from './chassis.ts'

test('parseChassisRequest reads what ipmi_sim says for each ipmitool command', (t) => {
  t.deepEqual(parseChassisRequest('get power'), { kind: 'get', names: ['power'] })
  t.deepEqual(parseChassisRequest('get power boot\n'), { kind: 'get', names: ['power', 'boot'] })
  t.deepEqual(parseChassisRequest('set power 1'), { kind: 'power', state: 'on' })
  t.deepEqual(parseChassisRequest('set power 0'), { kind: 'power', state: 'off' })
  t.deepEqual(parseChassisRequest('set reset 1'), { kind: 'reset' })
  t.deepEqual(parseChassisRequest('set shutdown 1'), { kind: 'shutdown' })
  t.deepEqual(parseChassisRequest('set boot pxe'), { kind: 'boot', device: 'pxe' })
})

test('parseChassisRequest refuses anything else with a reason', (t) => {
  for (const text of ['', 'set', 'set identify 1', 'check power', 'power 1']) {
    const request = parseChassisRequest(text)
    t.is(request.kind, 'unsupported', text)
  }
})

test('chassisAnswer gives a line a property, and nothing when it does not know one', (t) => {
  t.is(chassisAnswer(['power', 'boot'], { running: true, boot: 'pxe' }), 'power:1\nboot:pxe\n')
  t.is(chassisAnswer(['power'], { running: false, boot: 'default' }), 'power:0\n')
  t.is(chassisAnswer(['power', 'colour'], { running: true, boot: 'pxe' }), undefined)
})

test('bootDeviceOf boots from the network unless a disk is asked for', (t) => {
  t.deepEqual(['pxe', 'default', 'none', 'disk'].map(bootDeviceOf), ['network', 'network', 'network', 'disk'])
})
