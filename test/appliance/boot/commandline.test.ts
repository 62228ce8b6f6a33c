import test from 'ava'
import fc from 'fast-check'
import { MULTIBOOT_BYTES, multibootBytes, overBudget, overLine } from '../../../appliance/boot/budget.ts'
import { type CommandLine, kernelCommandLine, xenCommandLine } from '../../../appliance/boot/commandline.ts'
import { IDENTITY, ipv4, mac, plan, request } from './plans.ts'

function text(line: CommandLine): string {
  return line.kind === 'line' ? line.text : `refused: ${line.reason}`
}

const HL_BOOT = `hl.boot=${IDENTITY.attempt}.${IDENTITY.token}`

test("Xen's command line is that of the contract, with the site's own words behind", (t) => {
  t.is(text(xenCommandLine(plan())), 'dom0_mem=640M,max:640M com1=115200,8n1 console=com1,vga bootscrub=0 edd=off edid=no')
  const own = plan({ defaults: { ...request().defaults, dom0Memory: 1024, xenArguments: ['iommu=no-intremap', 'ucode=scan'] } })
  t.is(
    text(xenCommandLine(own)),
    'dom0_mem=1024M,max:1024M com1=115200,8n1 console=com1,vga bootscrub=0 edd=off edid=no iommu=no-intremap ucode=scan',
  )
})

test("dom0's command line is that of the contract, root over NFS", (t) => {
  t.is(
    text(kernelCommandLine(plan(), IDENTITY)),
    `console=hvc0 quiet ${HL_BOOT} hl.srv=10.77.0.1:8067 hl.root=nfs:2049:/dom0/0123456789abcdef hl.net=525400770001,10.77.0.21/24 hl.name=node01`,
  )
})

test("dom0's command line carries root in RAM, gateway, name server, VLAN, bond and the site's own words", (t) => {
  const bond = { mode: '802.3ad', members: [mac('52:54:00:77:00:01'), mac('52:54:00:77:00:02')] }
  const planned = plan({
    host: { name: 'node01', maintenance: false, root: 'ram', vlan: 100, bond },
    lease: { address: ipv4('10.77.0.21'), prefix: 24, router: ipv4('10.77.0.1'), dns: [ipv4('10.77.0.2')] },
    defaults: { ...request().defaults, kernelArguments: ['nomodeset'] },
  })
  t.is(
    text(kernelCommandLine(planned, IDENTITY)),
    `console=hvc0 quiet ${HL_BOOT} hl.srv=10.77.0.1:8067 hl.root=ram:0123456789abcdef:${'S'.repeat(43)} hl.net=525400770001,10.77.0.21/24,10.77.0.1,10.77.0.2 ` +
      'hl.name=node01 hl.vlan=100 hl.bond=802.3ad,525400770001+525400770002 nomodeset',
  )
})

test('without a lease the initramfs is told to ask; a name server without a gateway keeps its place', (t) => {
  t.regex(text(kernelCommandLine(plan({ lease: undefined }), IDENTITY)), / hl\.net=525400770001,dhcp /)
  const lease = { address: ipv4('10.77.0.21'), prefix: 24, dns: [ipv4('10.77.0.2')] }
  t.regex(text(kernelCommandLine(plan({ lease }), IDENTITY)), / hl\.net=525400770001,10\.77\.0\.21\/24,,10\.77\.0\.2 /)
})

test('a value with a blank, a quote, a setting of iPXE, a newline, a NUL or a separator is refused with its setting', (t) => {
  for (const hostile of [
    'a b',
    'a"b',
    "a'b",
    `a\${net0/mac}`,
    'a\nb',
    'a\0b',
    'a\tb',
    '||',
    '&&',
    ';',
    '#x',
    'a\\b',
    '{{name}}',
    'ä',
    '',
  ]) {
    const named = text(kernelCommandLine(plan({ host: { name: hostile, maintenance: false } }), IDENTITY))
    const xen = text(xenCommandLine(plan({ defaults: { ...request().defaults, xenArguments: [hostile] } })))
    if (hostile !== '')
      t.regex(named, /^refused: "hl\.name=.*" \(name of the host\) cannot stand in a boot script/, JSON.stringify(hostile))
    t.regex(xen, /^refused: ".*" \(boot\.xenArguments\) cannot stand/, JSON.stringify(hostile))
  }
})

test('an attempt id or a token of another form is refused, and the token is not shown', (t) => {
  t.regex(text(kernelCommandLine(plan(), { ...IDENTITY, attempt: 'ABC' })), /^refused: "ABC" is no attempt id/)
  const secret = `${'s'.repeat(42)} `
  const refused = text(kernelCommandLine(plan(), { ...IDENTITY, token: secret }))
  t.regex(refused, /^refused: the token/)
  t.false(refused.includes('sss'))
})

test('a command line has no character with a meaning of its own, whatever the host is called', (t) => {
  fc.assert(
    fc.property(fc.string(), (name) => {
      const line = kernelCommandLine(plan({ host: { name, maintenance: false } }), IDENTITY)
      if (line.kind === 'line') t.regex(line.text, /^[A-Za-z0-9_.,:=/@%+ -]+$/)
      else t.regex(line.reason, /cannot stand in a boot script/)
      t.regex(line.kind === 'line' ? line.text : line.reason, /^[^\p{Cc}]*$/u)
    }),
  )
})

test('the budget counts each full URI, the line with a blank before it, and a NUL each', (t) => {
  t.is(
    multibootBytes([
      { uri: 'http://a/xen', line: 'x=1' },
      { uri: 'http://a/k', line: '' },
    ]),
    12 + 1 + 3 + 1 + 10 + 1,
  )
  const filler = (bytes: number) => [{ uri: 'u'.repeat(100), line: 'l'.repeat(bytes - 102) }]
  t.is(overBudget(filler(MULTIBOOT_BYTES), []), undefined)
  t.regex(
    overBudget(filler(MULTIBOOT_BYTES + 1), [{ text: 'abc', setting: 'boot.kernelArguments' }]) ?? '',
    /need 513 bytes .* has 512: 1 too many\. Longest settings: boot\.kernelArguments 4 bytes/,
  )
})

test('a line longer than Xen keeps is refused for UEFI too', (t) => {
  t.is(overLine('Xen', 'x'.repeat(1023), []), undefined)
  t.regex(overLine('Xen', 'x'.repeat(1030), []) ?? '', /the command line of Xen has 1030 bytes and Xen keeps 1023: 7 too many/)
})
