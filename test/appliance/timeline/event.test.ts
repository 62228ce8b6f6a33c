import test from 'ava'
import { describeFirmware, type Firmware } from '../../../appliance/boot/firmware.ts'
import { type BootEvent, bootEventSchema, bounded, identityOf, platformNamed } from '../../../appliance/timeline/event.ts'
import { dhcp, NORMAL, refusal, report, tftp } from './boots.ts'

test('every event survives JSON and comes back through the schema unchanged', (t) => {
  for (const event of [...NORMAL.map(([, one]) => one), refusal('x')])
    t.deepEqual(bootEventSchema.parse(JSON.parse(JSON.stringify(event))), event)
})

test('text from the network is cut to its limit', (t) => {
  const event = bounded(tftp('x'.repeat(5000)))
  t.is(event.kind === 'tftp' && event.file.length, 400)
})

test('bootEventSchema rejects kinds, addresses and generations that are none', (t) => {
  for (const wrong of [
    { kind: 'reboot' },
    { ...dhcp('DISCOVER', 'ipxe'), address: '10.0.0.300' },
    { kind: 'script', transport: 'http', outcome: 'served', generation: '../x' },
    null,
  ]) {
    t.false(bootEventSchema.safeParse(wrong).success)
  }
})

test('a retry is the same event, whatever its time, size or uptime', (t) => {
  const same = (a: BootEvent, b: BootEvent) => identityOf(a) === identityOf(b)
  t.true(same(tftp('a', 'aborted', 1), tftp('a', 'aborted', 2)))
  t.false(same(tftp('a', 'aborted'), tftp('b', 'aborted')))
  t.true(same(report('root', 'failed', { reason: 'x', uptime: '1' }), report('root', 'failed', { reason: 'x', uptime: '2' })))
  t.false(same(report('root', 'failed', { reason: 'x' }), report('root', 'failed', { reason: 'y' })))
})

test('the platform is read from every name that a firmware has', (t) => {
  const named = (firmware: Firmware) => platformNamed(describeFirmware(firmware))
  const processors = ['ia32', 'x64', 'arm32', 'arm64'] as const
  t.is(named({ kind: 'bios-pxe' }), 'bios')
  for (const processor of processors) {
    t.is(named({ kind: 'uefi-pxe', processor }), 'uefi')
    t.is(named({ kind: 'uefi-http', processor }), 'uefi')
  }
  t.is(named({ kind: 'ipxe', platform: 'bios', http: true }), 'bios')
  t.is(named({ kind: 'ipxe', platform: 'uefi', http: true }), 'uefi')
  for (const firmware of [
    { kind: 'ipxe', platform: 'unknown', http: true },
    { kind: 'os', vendor: 'UEFI BIOS' },
    { kind: 'unknown', reason: 'BIOS' },
    { kind: 'raspberry-pi' },
  ] as const) {
    t.is(named(firmware), undefined)
  }
})
