import test from 'ava'
import fc from 'fast-check'
import { classifyFirmware, describeFirmware, type Firmware, programOf, userClasses } from '../../../appliance/boot/firmware.ts'
import { clientMac, optionData } from '../../../appliance/dhcp/fields.ts'
import { decodeDhcp } from '../../../appliance/dhcp/packet.ts'
import { type Mac, parseMac } from '../../../appliance/wire/addresses.ts'
import { dhcpIn } from '../wire/pcap.ts'

interface Sent {
  readonly mac?: string
  readonly architectures?: readonly number[]
  readonly userClass?: Uint8Array | string
  readonly vendorClass?: string
  readonly etherboot?: readonly number[]
}

function classify(sent: Sent): Firmware {
  return classifyFirmware({
    mac: parseMac(sent.mac ?? '525400770001') as Mac,
    architectures: sent.architectures && Buffer.from(sent.architectures),
    userClass: sent.userClass === undefined ? undefined : Buffer.from(sent.userClass as string),
    vendorClass: sent.vendorClass === undefined ? undefined : Buffer.from(sent.vendorClass),
    etherboot: sent.etherboot && Buffer.from(sent.etherboot),
  })
}

const PXE = 'PXEClient:Arch:00000:UNDI:002001'

const CODES: readonly (readonly [code: number, firmware: Firmware])[] = [
  [0, { kind: 'bios-pxe' }],
  [6, { kind: 'uefi-pxe', processor: 'ia32' }],
  [7, { kind: 'uefi-pxe', processor: 'x64' }],
  [9, { kind: 'uefi-pxe', processor: 'x64' }],
  [10, { kind: 'uefi-pxe', processor: 'arm32' }],
  [11, { kind: 'uefi-pxe', processor: 'arm64' }],
]

for (const [code, firmware] of CODES) {
  test(`architecture ${code} of a PXEClient is ${describeFirmware(firmware)}`, (t) => {
    t.deepEqual(classify({ architectures: [0, code], vendorClass: PXE }), firmware)
  })
}

test('15, 16, 18 and 19 of an HTTPClient are HTTP boot', (t) => {
  const processors = [15, 16, 18, 19].map((code) => classify({ architectures: [0, code], vendorClass: 'HTTPClient:Arch:00016' }))
  t.deepEqual(
    processors,
    (['ia32', 'x64', 'arm32', 'arm64'] as const).map((processor) => ({ kind: 'uefi-http' as const, processor })),
  )
})

test('a list of architectures is read for one that we have a loader for', (t) => {
  t.deepEqual(classify({ architectures: [0, 6, 0, 7], vendorClass: PXE }), { kind: 'uefi-pxe', processor: 'x64' })
  t.deepEqual(classify({ architectures: [0, 99, 0, 11], vendorClass: PXE }), { kind: 'uefi-pxe', processor: 'arm64' })
})

test('a PXEClient without option 93, or with a broken one, is what its class says, and BIOS where that says nothing', (t) => {
  for (const architectures of [undefined, [], [0], [0, 7, 0]]) {
    const sent = architectures ? { architectures } : {}
    for (const vendorClass of ['PXEClient', 'PXEClient:', 'PXEClient:UNDI:002001', 'PXEClient:Arch:', PXE]) {
      t.deepEqual(classify({ ...sent, vendorClass }), { kind: 'bios-pxe' }, vendorClass)
    }
    for (const vendorClass of ['PXEClient:Arch:00007:UNDI:003016', 'PXEClient:Arch:00009', 'PXEClient:Arch:7:UNDI:003016']) {
      t.deepEqual(classify({ ...sent, vendorClass }), { kind: 'uefi-pxe', processor: 'x64' }, vendorClass)
    }
    t.like(classify({ ...sent, vendorClass: 'PXEClient:Arch:00099:UNDI:003016' }), { kind: 'unknown' })
  }
})

test('an HTTPClient with the architecture of its PXE is HTTP boot of the same processor', (t) => {
  const processors = [6, 7, 9, 10, 11].map((code) =>
    classify({ architectures: [0, code], vendorClass: 'HTTPClient:Arch:00007:UNDI:003001' }),
  )
  t.deepEqual(
    processors,
    (['ia32', 'x64', 'x64', 'arm32', 'arm64'] as const).map((processor) => ({ kind: 'uefi-http' as const, processor })),
  )
  t.deepEqual(classify({ vendorClass: 'HTTPClient:Arch:00007:UNDI:003001' }), { kind: 'uefi-http', processor: 'x64' })
  t.like(classify({ vendorClass: 'HTTPClient' }), { kind: 'unknown', reason: 'it names no architecture' })
})

test('an option 93 of an unknown architecture is unknown firmware with a reason', (t) => {
  for (const vendorClass of ['PXEClient', 'PXEClient:Arch:00098:UNDI:003000'])
    t.deepEqual(classify({ architectures: [0, 99], vendorClass }), { kind: 'unknown', reason: 'architecture 99 is not known' })
})

test('where option 93 is of an unknown architecture, and the class names one that is known, that is it', (t) => {
  t.deepEqual(classify({ architectures: [0, 99], vendorClass: PXE }), { kind: 'bios-pxe' })
  t.deepEqual(classify({ architectures: [0, 99], vendorClass: 'PXEClient:Arch:00007:UNDI:003000' }), { kind: 'uefi-pxe', processor: 'x64' })
  t.deepEqual(classify({ architectures: [0, 11], vendorClass: 'PXEClient:Arch:00007' }), { kind: 'uefi-pxe', processor: 'arm64' })
})

test('without option 93 the vendor class tells the architecture', (t) => {
  t.deepEqual(classify({ vendorClass: 'PXEClient:Arch:00007:UNDI:003000' }), { kind: 'uefi-pxe', processor: 'x64' })
})

test('iPXE is known by its user class, bare or with a length', (t) => {
  for (const userClass of ['iPXE', Buffer.from('\x04iPXE'), Buffer.from('\x03foo\x04iPXE')]) {
    t.deepEqual(classify({ userClass, architectures: [0, 0], vendorClass: PXE }), { kind: 'ipxe', platform: 'bios', http: true })
  }
  t.like(classify({ userClass: 'iPXE2', architectures: [0, 0], vendorClass: PXE }), { kind: 'bios-pxe' })
})

test('iPXE without a user class is known by option 175, gPXE is not iPXE', (t) => {
  t.deepEqual(classify({ etherboot: [0x13, 1, 1], architectures: [0, 7], vendorClass: PXE }), {
    kind: 'ipxe',
    platform: 'uefi',
    http: true,
  })
  t.like(classify({ etherboot: [0x13, 1, 1], userClass: 'gPXE', architectures: [0, 0], vendorClass: PXE }), { kind: 'bios-pxe' })
  t.like(classify({ etherboot: [], architectures: [0, 0], vendorClass: PXE }), { kind: 'bios-pxe' })
  t.like(classify({ etherboot: [0x13, 9, 1], architectures: [0, 0], vendorClass: PXE }), { kind: 'bios-pxe' })
})

test('an iPXE that does not list HTTP among its features cannot do it', (t) => {
  t.like(classify({ userClass: 'iPXE', etherboot: [0x10, 1, 2], architectures: [0, 0] }), { kind: 'ipxe', http: false })
})

test('iPXE with a malformed option 93 is still iPXE', (t) => {
  t.deepEqual(classify({ userClass: 'iPXE', architectures: [7] }), { kind: 'ipxe', platform: 'unknown', http: true })
})

test('a Raspberry Pi is known by its MAC, while its firmware asks', (t) => {
  t.deepEqual(classify({ mac: 'dc:a6:32:00:00:01', architectures: [0, 0], vendorClass: PXE }), { kind: 'raspberry-pi' })
  t.like(classify({ mac: 'dc:a6:32:00:00:01', vendorClass: 'udhcp 1.37.0' }), { kind: 'os' })
  t.like(classify({ mac: 'dc:a6:32:00:00:01', architectures: [0, 11], vendorClass: PXE }), { kind: 'uefi-pxe' })
})

test('what asks for no boot file is an operating system', (t) => {
  t.deepEqual(classify({ vendorClass: 'udhcp 1.37.0' }), { kind: 'os', vendor: 'udhcp 1.37.0' })
  t.deepEqual(classify({}), { kind: 'os', vendor: '' })
})

test('an HTTPClient whose architecture has no HTTP boot is unknown', (t) => {
  t.like(classify({ architectures: [0, 0], vendorClass: 'HTTPClient' }), { kind: 'unknown' })
})

test('user classes with a length that overruns are taken as one bare string', (t) => {
  t.deepEqual(userClasses(Buffer.from('\x09ab')), ['\x09ab'])
  t.deepEqual(userClasses(Buffer.alloc(0)), [])
})

test('the captures show the programs that their names say', (t) => {
  const programs = (name: string) => {
    const kinds = dhcpIn(name)
      .filter(({ destinationPort }) => destinationPort === 67)
      .map(({ bytes }) => {
        const packet = decodeDhcp(bytes)
        const [architectures, userClass, vendorClass, etherboot] = [93, 77, 60, 175].map((code) => optionData(packet, code))
        return classifyFirmware({ mac: clientMac(packet) as Mac, architectures, userClass, vendorClass, etherboot })
      })
    return [...new Set(kinds.map((kind) => `${programOf(kind)}: ${describeFirmware(kind)}`))]
  }
  t.deepEqual(programs('bios-ipxe-1.21.1-trixie-qemu-rom__plain.pcap'), ['ipxe: iPXE on BIOS'])
  t.deepEqual(programs('ovmf-2022.11-httpv4-answered__then-ipxe-snponly-efi-1.21.1.pcap'), [
    'firmware: UEFI x64 HTTP',
    'ipxe: iPXE on UEFI',
  ])
  t.deepEqual(programs('ovmf-2022.11-pxev4__then-ipxe-efi-1.21.1__then-busybox-udhcpc.pcap'), [
    'firmware: UEFI x64 PXE',
    'ipxe: iPXE on UEFI',
    'initramfs: operating system',
  ])
  t.deepEqual(programs('bios-ipxe-1.0.0-2019-qemu-rom__then-linux-klibc-ipconfig.pcap'), [
    'ipxe: iPXE on BIOS',
    'initramfs: operating system',
  ])
})

test('no option bytes make the classification throw', (t) => {
  const data = fc.option(
    fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes)),
    { nil: undefined },
  )
  fc.assert(
    fc.property(
      data,
      data,
      fc.option(
        fc.constantFrom(PXE, 'HTTPClient', 'x').map((text) => Buffer.from(text)),
        { nil: undefined },
      ),
      data,
      (architectures, userClass, vendorClass, etherboot) => {
        describeFirmware(classifyFirmware({ mac: parseMac('525400770001') as Mac, architectures, userClass, vendorClass, etherboot }))
      },
    ),
  )
  t.pass()
})
