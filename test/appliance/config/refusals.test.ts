import test from 'ava'
import fc from 'fast-check'
import { parseConfig } from '../../../appliance/config.ts'
import { CONTRACT, MINIMAL, NONE, problems } from './texts.ts'

test('a problem names file, line, key, what was found and what was expected', (t) => {
  t.deepEqual(problems(CONTRACT.replace('10.77.0.100-10.77.0.199', '10.77.0.300-10.77.0.199')), [
    'hostless.yaml:3: dhcp.pool: found "10.77.0.300-10.77.0.199"; expected a range of addresses, the lower first, such as 10.77.0.100-10.77.0.199',
  ])
})

const REFUSED: readonly [what: string, from: string | RegExp, to: string, expected: RegExp][] = [
  ['an unknown key, with the nearest known one', 'tftp: ', 'ttfp: ', /:4: ttfp: found an unknown key; expected .*did you mean tftp\?/],
  [
    'an unknown key inside a section',
    'portmap:',
    'portmapper:',
    /:6: nfs\.portmapper: found an unknown key; expected one of port, portmap/,
  ],
  ['a key twice', 'tftp:   { port: 69 }', 'http:   { port: 69 }', /:5: http: found the key a second time; expected each key once/],
  ['a nested key twice', 'root: nfs,', 'image: dom1,', /:7: boot\.image: found the key a second time/],
  ['a tab as indentation', 'tftp:   { port: 69 }', 'tftp:\n\tport: 69', /:5: found a tab; expected spaces/],
  ['broken YAML', 'tftp:   {', 'tftp:   [', /found broken YAML/],
  ['a section that is none', 'tftp:   { port: 69 }', 'tftp: 69', /:4: tftp: found "69"; expected keys: port/],
  ['a list that is none', /hosts: .*/, 'hosts: node01', /:8: hosts: found "node01"; expected a list/],
  ['a port of 0', 'port: 69', 'port: 0', /:4: tftp\.port: found "0"; expected a whole number from 1 to 65535/],
  ['a port of 65536', 'port: 69', 'port: 65536', /tftp\.port: found "65536"/],
  ['a fraction as port', 'port: 69', 'port: 6.9', /tftp\.port/],
  ['two services on a port', '8067', '2049', /:6: nfs\.port: found TCP port 2049; expected a port of its own: http\.port has this one/],
  ['the portmapper in the way', '8067', '111', /http\.port: found TCP port 111; .*portmapper/],
  ['the manager on a port of the appliance', '10.77.0.1:8443', '10.77.0.1:8067', /:9: manager\.listen/],
  [
    'a manager both here and elsewhere',
    'listen: 10.77.0.1:8443',
    'listen: 10.77.0.1:8443, address: 10.77.0.2:8443',
    /:9: manager: .*listen and address/,
  ],
  ['a manager nowhere', 'listen: 10.77.0.1:8443, ', '', /:9: manager: .*neither listen nor address; expected listen, where/],
  ['a manager without a port', 'listen: 10.77.0.1:8443', 'address: 10.77.0.2', /:9: manager\.address/],
  [
    'a mode that is none',
    'mode: authoritative',
    'mode: authorative',
    /:3: dhcp\.mode: found "authorative"; expected authoritative or proxy or off/,
  ],
  ['a flag that is none', 'portmap: true', 'portmap: yes', /nfs\.portmap: found "yes"; expected true or false/],
  ['an address without a prefix', '10.77.0.1/24', '10.77.0.1', /:2: network\.address/],
  ["the network's own address", '10.77.0.1/24', '10.77.0.0/24', /network\.address: .*not the first or last/],
  [
    'a pool outside the subnet',
    '10.77.0.100-10.77.0.199',
    '10.78.0.100-10.78.0.199',
    /:3: dhcp\.pool: .*expected a range inside 10\.77\.0\.0\/24/,
  ],
  ['a pool upside down', '10.77.0.100-10.77.0.199', '10.77.0.199-10.77.0.100', /dhcp\.pool/],
  ['a pool with the broadcast address', '10.77.0.199', '10.77.0.255', /dhcp\.pool: .*without the first and the last/],
  ['a router outside the subnet', 'router: 10.77.0.1', 'router: 10.9.0.1', /:3: dhcp\.router: .*inside 10\.77\.0\.0\/24/],
  [
    'no pool and no reservation',
    /pool: [^,]+,|address: 10.77.0.21,/g,
    '',
    /:3: dhcp\.pool: found nothing; expected .*or dhcp\.mode proxy or off/,
  ],
  [
    'overlapping subnets',
    'subnets: []',
    'subnets: [{ subnet: 10.77.0.128/25, pool: 10.77.0.140-10.77.0.150, router: 10.77.0.129 }]',
    /:3: dhcp\.subnets\[0\]\.subnet: .*does not overlap 10\.77\.0\.0\/24/,
  ],
  [
    'a relayed pool outside its subnet',
    'subnets: []',
    'subnets: [{ subnet: 10.88.0.0/24, pool: 10.89.0.1-10.89.0.2, router: 10.88.0.1 }]',
    /dhcp\.subnets\[0\]\.pool: .*inside 10\.88\.0\.0\/24/,
  ],
  [
    'a relayed router outside its subnet',
    'subnets: []',
    'subnets: [{ subnet: 10.88.0.0/24, pool: 10.88.0.1-10.88.0.2, router: 10.89.0.1 }]',
    /dhcp\.subnets\[0\]\.router/,
  ],
  [
    'a subnet by a host address',
    'subnets: []',
    'subnets: [{ subnet: 10.88.0.1/24, pool: 10.88.0.1-10.88.0.2, router: 10.88.0.1 }]',
    /dhcp\.subnets\[0\]\.subnet: found "10\.88\.0\.1\/24"/,
  ],
  [
    'a reservation outside all subnets',
    'address: 10.77.0.21',
    'address: 10.99.0.21',
    /:8: hosts\[0\]\.address: found "10\.99\.0\.21"; expected an address inside 10\.77\.0\.0\/24/,
  ],
  [
    'a reservation of our own address',
    'address: 10.77.0.21',
    'address: 10.77.0.1',
    /hosts\[0\]\.address: .*other than the appliance's own/,
  ],
  ['a reservation of the broadcast address', 'address: 10.77.0.21', 'address: 10.77.0.255', /hosts\[0\]\.address: .*not the first or last/],
  ['a multicast MAC', '52:54:00:77:00:01', '01:00:5e:00:00:01', /hosts\[0\]\.mac/],
  ['an image name with a slash', 'image: dom0, root', 'image: ../dom0, root', /:7: boot\.image/],
  ['an interface with a slash', 'interface: eth1', 'interface: ../eth1', /network\.interface/],
  ['a relative data directory', '/var/lib/hostless', 'var/lib/hostless', /:1: dataDir/],
  ['a database that is none', 'sqlite', 'mysql://x', /manager\.database/],
  ['a missing required key', 'interface: eth1, ', '', /:2: network\.interface: found nothing; expected the name of a network interface/],
  [
    'a bond without the host',
    'image: dom0 }]',
    'bond: { mode: 802.3ad, members: [52:54:00:77:00:09] } }]',
    /hosts\[0\]\.bond\.members: .*52:54:00:77:00:01 \(the host's own\) among them/,
  ],
  ['a VLAN of 4095', 'image: dom0 }]', 'vlan: 4095 }]', /hosts\[0\]\.vlan/],
  [
    'hl. words among the kernel arguments',
    'enrol: approve',
    'kernelArguments: "hl.root=nfs:1:/x"',
    /:7: boot\.kernelArguments: .*none of them beginning with hl\./,
  ],
  ['a setting of iPXE among the Xen arguments', 'enrol: approve', `xenArguments: "a \${net0/mac}"`, /boot\.xenArguments/],
  ['an alias bomb', 'tftp:   { port: 69 }', 'x: &x [1]\ntftp: *y', /found /],
]

for (const [what, from, to, expected] of REFUSED) {
  test(`parseConfig refuses ${what}`, (t) => {
    const changed = CONTRACT.replace(from as string, to)
    t.not(changed, CONTRACT)
    const found = problems(changed)
    t.regex(found.join('\n'), expected)
    t.true(
      found.every((line) => /^hostless\.yaml:\d+: .*found .+; expected .+/.test(line)),
      found.join('\n'),
    )
  })
}

test('names, MACs and addresses belong to one host, and the message says to which', (t) => {
  const hosts = (second: string) => `${MINIMAL}hosts:\n  - { name: node01, mac: 52:54:00:77:00:01, address: 10.77.0.21 }\n  - ${second}\n`
  t.regex(problems(hosts('{ name: node01, mac: 52:54:00:77:00:02 }')).join(), /:5: hosts\[1\]\.name: .*node01 has it too/)
  t.regex(problems(hosts('{ name: node02, mac: 52-54-00-77-00-01 }')).join(), /:5: hosts\[1\]\.mac: .*node01 has it too/)
  t.regex(
    problems(hosts('{ name: node02, mac: 52:54:00:77:00:02, address: 10.77.0.21 }')).join(),
    /:5: hosts\[1\]\.address: .*node01 has it too/,
  )
  const bonded = hosts('{ name: node02, mac: 52:54:00:77:00:02, bond: { mode: 802.3ad, members: [52:54:00:77:00:02, 52:54:00:77:00:01] } }')
  t.regex(problems(bonded).join(), /hosts\[1\]\.bond\.members\[1\]: .*node01 has it too/)
})

test('all problems of a file are listed, in its order, those across keys too', (t) => {
  const text = `network: { interface: eth1, address: 10.77.0.1/24 }
dhcp: { pool: 10.78.0.100-10.78.0.199, mod: off }
tftp: { port: x }
hosts:
  - { name: node01, mac: 52:54:00:77:00:01, address: 10.99.0.1 }
  - { name: "", mac: zz }
`
  t.deepEqual(
    problems(text).map((line) => line.split(': found')[0]),
    ['hostless.yaml:2: dhcp.mod', 'hostless.yaml:3: tftp.port', 'hostless.yaml:6: hosts[1].name', 'hostless.yaml:6: hosts[1].mac'],
  )
  const mended = text.replace(', mod: off', '')
  t.deepEqual(
    problems(mended).map((line) => line.split(': found')[0]),
    [
      'hostless.yaml:2: dhcp.pool',
      'hostless.yaml:3: tftp.port',
      'hostless.yaml:5: hosts[0].address',
      'hostless.yaml:6: hosts[1].name',
      'hostless.yaml:6: hosts[1].mac',
    ],
  )
})

test('parseConfig refuses every host name that is none, and shows it without control characters', (t) => {
  const hostile = fc.oneof(
    fc.string(),
    fc.constantFrom('a\nb', `\${net0/mac}`, 'a&&reboot', 'a\0b', '-a', 'a-', 'a'.repeat(64), 'a b', '{{x}}'),
  )
  fc.assert(
    fc.property(hostile, (name) => {
      fc.pre(!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name))
      const lines = problems(`${MINIMAL}hosts: [{ name: ${JSON.stringify(name)}, mac: 52:54:00:77:00:01 }]\n`)
      t.is(lines.length, 1, lines.join('\n'))
      t.regex(lines[0] ?? '', /^hostless\.yaml:\d+: /)
    }),
  )
})

test('parseConfig answers any text with a config or with problems', (t) => {
  const mutated = fc
    .tuple(fc.nat(CONTRACT.length), fc.nat(20), fc.string())
    .map(([at, cut, text]) => CONTRACT.slice(0, at) + text + CONTRACT.slice(at + cut))
  fc.assert(
    fc.property(fc.oneof(fc.string(), mutated), (text) => {
      const parsed = parseConfig(text, 'f', NONE)
      t.true(parsed.kind === 'config' || parsed.problems.length > 0)
    }),
  )
})
