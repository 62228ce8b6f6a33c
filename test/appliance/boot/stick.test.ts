import test from 'ava'
import { type AloneStick, aloneConfig, loaderConfig, type StickHost, stickScript } from '../../../appliance/boot/stick.ts'
import { golden, neverEnds } from './golden.ts'
import { generation, imageName, ipv4, mac, templates } from './plans.ts'

const FILL = templates()
const SERVERS = [{ address: ipv4('10.77.0.1'), httpPort: 8067 }]
const bond = { mode: '802.3ad', members: [mac('52:54:00:77:00:01'), mac('52:54:00:77:00:02')] }
const NODE07: StickHost = {
  host: { name: 'node07', maintenance: false, vlan: 100, bond },
  macs: [mac('52:54:00:77:00:01'), mac('52:54:00:77:00:02')],
  lease: { address: ipv4('10.77.0.27'), prefix: 24, router: ipv4('10.77.0.1'), dns: [] },
}

function alone(change: Partial<AloneStick> = {}): AloneStick {
  return {
    servers: SERVERS,
    only: undefined,
    image: imageName('dom0'),
    generation: generation('0123456789abcdef'),
    root: { sha256: 'S'.repeat(43), size: 200 * (1 << 20) + 1 },
    authority: 'ab'.repeat(32),
    dom0Memory: 640,
    xenArguments: [],
    kernelArguments: [],
    ...change,
  }
}

function text(stick: AloneStick): string {
  const made = aloneConfig(FILL, stick)
  return made.kind === 'text' ? made.text : `refused: ${made.reason}`
}

test('the script of a stick for any machine asks every NIC in turn, and never ends', (t) => {
  const script = stickScript(FILL, SERVERS, undefined)
  golden(t, 'stick-any.ipxe', script)
  neverEnds(t, script)
})

test('the script of a stick for one host passes over NICs that are not its own, and asks each appliance', (t) => {
  const script = stickScript(FILL, [...SERVERS, { address: ipv4('10.77.0.2'), httpPort: 80 }], NODE07)
  golden(t, 'stick-node07.ipxe', script)
  neverEnds(t, script)
  t.regex(loaderConfig(FILL, SERVERS, NODE07), /^echo "Hostless: stick for node07, /m)
})

test('a stick that boots alone holds the root by its hash, the appliances and the authority, and no token', (t) => {
  golden(t, 'stick-any.cfg', text(alone()))
  t.notRegex(text(alone()), /hl\.boot/)
})

test('one for a host has its name, reserved address, VLAN and bond, and the words of the site; Xen gets memory for the root', (t) => {
  const made = text(alone({ only: NODE07, kernelArguments: ['nomodeset'], xenArguments: ['ucode=scan'], authority: undefined }))
  golden(t, 'stick-node07.cfg', made)
  t.regex(made, /dom0_mem=841M,max:841M/)
  t.regex(text(alone({ only: { host: NODE07.host, macs: NODE07.macs } })), / hl\.net=525400770001,dhcp /)
})

test('what GRUB would take for something of its own, and lines that Xen would cut, are refused', (t) => {
  for (const hostile of ['a b', '"', '$x', ';', '{', '\n', '\\']) {
    t.regex(text(alone({ kernelArguments: [hostile] })), /^refused: ".*" \(boot\.kernelArguments\) cannot stand/, JSON.stringify(hostile))
    t.regex(text(alone({ xenArguments: [hostile] })), /^refused: ".*" \(boot\.xenArguments\) cannot stand/, JSON.stringify(hostile))
  }
  const named = text(alone({ only: { ...NODE07, host: { ...NODE07.host, name: "x'; reboot" } } }))
  t.regex(named, /^refused: "hl\.name=x'; reboot" \(name of the host\)/)
  t.regex(
    text(alone({ kernelArguments: ['x'.repeat(1000)] })),
    /^refused: the command line of dom0's kernel has \d+ bytes and Xen keeps 1023/,
  )
  t.notRegex(stickScript(FILL, SERVERS, { ...NODE07, host: { ...NODE07.host, name: `\${x} && reboot` } }), /&& reboot|\$\{x\}/)
})
