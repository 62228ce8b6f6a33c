import test from 'ava'
import { type BootAnswer, bootAnswer, type ReplyRole, scriptUrl } from '../../../appliance/boot/bootfile.ts'
import type { Firmware } from '../../../appliance/boot/firmware.ts'
import { type Ipv4, type Mac, parseIpv4, parseMac } from '../../../appliance/wire/addresses.ts'

const MAC = parseMac('52:54:00:77:00:01') as Mac
const SERVER = { address: parseIpv4('10.77.0.1') as Ipv4, httpPort: 8067, tftpPort: 69 }
const ROLES: readonly ReplyRole[] = ['full', 'proxy-offer', 'boot-server']
const IPXE: Firmware = { kind: 'ipxe', platform: 'bios', http: true }

function boot(firmware: Firmware, role: ReplyRole, server = SERVER): Extract<BootAnswer, { kind: 'boot' }> {
  const answer = bootAnswer(firmware, MAC, server, role)
  if (answer.kind !== 'boot') throw new Error(answer.reason)
  return answer
}

test('every boot answer names us as siaddr and a file that fits the header', (t) => {
  const kinds: readonly Firmware[] = [
    { kind: 'bios-pxe' },
    { kind: 'uefi-pxe', processor: 'x64' },
    { kind: 'uefi-http', processor: 'x64' },
    IPXE,
    { kind: 'raspberry-pi' },
  ]
  const far = { address: parseIpv4('255.255.255.254') as Ipv4, httpPort: 65535, tftpPort: 65535 }
  for (const firmware of kinds) {
    for (const role of ROLES) {
      const answer = boot(firmware, role, far)
      t.is(answer.siaddr, far.address)
      t.true((answer.file ?? '').length <= 127)
    }
  }
})

test('a PXE architecture is never handed an http name', (t) => {
  for (const role of ROLES) {
    for (const firmware of [{ kind: 'bios-pxe' }, { kind: 'uefi-pxe', processor: 'x64' }] as const) {
      t.false(boot(firmware, role).file?.startsWith('http') ?? false)
    }
  }
})

test('with the address in the same reply PXE gets no option 60 and no 43', (t) => {
  for (const firmware of [{ kind: 'bios-pxe' }, { kind: 'uefi-pxe', processor: 'x64' }, IPXE] as const) {
    t.like(boot(firmware, 'full'), { vendorClass: undefined, vendorSpecific: undefined })
  }
})

test('as a proxy, UEFI gets no 43 in any role, and the file on port 4011 only', (t) => {
  t.like(boot({ kind: 'uefi-pxe', processor: 'x64' }, 'proxy-offer'), {
    vendorClass: 'PXEClient',
    vendorSpecific: undefined,
    file: undefined,
  })
  t.like(boot({ kind: 'uefi-pxe', processor: 'x64' }, 'boot-server'), {
    vendorClass: 'PXEClient',
    vendorSpecific: undefined,
    file: 'snponly.efi',
  })
})

test('as a proxy, BIOS gets file and 43 at once', (t) => {
  const answer = boot({ kind: 'bios-pxe' }, 'proxy-offer')
  t.is(answer.file, 'undionly.kpxe')
  t.is(answer.vendorSpecific?.toString('hex'), '0601080a0400505845ff')
})

test('HTTP boot gets a URL with an address in it, in every role', (t) => {
  for (const role of ROLES)
    t.like(boot({ kind: 'uefi-http', processor: 'x64' }, role), { vendorClass: 'HTTPClient', file: 'http://10.77.0.1:8067/snponly.efi' })
})

test('iPXE gets its script, and 175 only when we give the address too', (t) => {
  t.is(scriptUrl(SERVER, MAC), 'http://10.77.0.1:8067/boot/52:54:00:77:00:01')
  t.is(boot(IPXE, 'full').file, scriptUrl(SERVER, MAC))
  t.is(boot(IPXE, 'full').etherboot?.toString('hex'), 'b00101')
  for (const role of ['proxy-offer', 'boot-server'] as const) t.like(boot(IPXE, role), { etherboot: undefined, vendorClass: 'PXEClient' })
})

test('an iPXE without HTTP gets its script by TFTP', (t) => {
  const plain: Firmware = { kind: 'ipxe', platform: 'bios', http: false }
  t.is(boot(plain, 'full').file, 'tftp://10.77.0.1/boot/52:54:00:77:00:01')
  t.is(boot(plain, 'full', { ...SERVER, tftpPort: 6969 }).file, 'tftp://10.77.0.1:6969/boot/52:54:00:77:00:01')
})

test('a Raspberry Pi gets its menu: 43.9 and 43.10', (t) => {
  const data = boot({ kind: 'raspberry-pi' }, 'full').vendorSpecific ?? Buffer.alloc(0)
  t.is(data.toString('latin1'), '\x09\x14\x00\x00\x11Raspberry Pi Boot\x0a\x04\x00PXE\xff')
})

test('what we have no loader for gets none, with the reason', (t) => {
  const none: readonly Firmware[] = [
    { kind: 'uefi-pxe', processor: 'ia32' },
    { kind: 'uefi-pxe', processor: 'arm64' },
    { kind: 'uefi-http', processor: 'arm64' },
    { kind: 'os', vendor: '' },
    { kind: 'unknown', reason: 'why' },
  ]
  for (const firmware of none) t.is(bootAnswer(firmware, MAC, SERVER, 'full').kind, 'none')
  t.deepEqual(bootAnswer({ kind: 'uefi-pxe', processor: 'arm64' }, MAC, SERVER, 'full'), {
    kind: 'none',
    reason: 'no boot file: we have no loader for UEFI arm64 PXE',
  })
})
