import test from 'ava'
import fc from 'fast-check'
import { xlConfig } from '../../../../images/agent/guests/xl-config.ts'
import { readConfig } from '../../../../images/agent/simulator/commands/xl/config.ts'
import { type GuestConfig, guestConfig, XL_KEYS } from '../../../../manager/protocol/requests/guest-config.ts'
import { GUEST } from './guest.ts'

test('a guest is written as xl.cfg has it: PVH, its own GRUB, our block script, and what its end means', (t) => {
  const guest = guestConfig.parse({
    ...GUEST,
    maxMemoryMiB: 256,
    maxVcpus: 4,
    nics: [{ ...GUEST.nics[0], rateKBps: 2000 }],
    cpuid: 'host,avx2=0,avx512-vnni=0',
    xl: [
      { key: 'cpu_weight', value: '512' },
      { key: 'cpus', value: '0-3,^1' },
    ],
  })
  const config = xlConfig(guest)
  t.is(
    config.kind === 'config' && config.text,
    `name = "web1"
uuid = "10000000-0000-4000-8000-000000000001"
type = "pvh"
kernel = "/usr/lib/grub-xen/grub-i386-xen_pvh.bin"
memory = 128
maxmem = 256
vcpus = 1
maxvcpus = 4
on_poweroff = "destroy"
on_reboot = "restart"
on_crash = "preserve"
disk = [ "format=raw,vdev=xvda,access=rw,backendtype=phy,discard,script=block-hostless,target=/dev/mapper/hostless-20000000-0000-4000-8000-000000000001", "format=raw,vdev=xvdb,access=ro,backendtype=phy,discard,script=block-hostless,target=/dev/mapper/hostless-20000000-0000-4000-8000-000000000002" ]
vif = [ "mac=00:16:3e:00:00:01,bridge=xenbr0,rate=2000KB/s" ]
cpuid = "host,avx2=0,avx512-vnni=0"
cpu_weight = "512"
cpus = "0-3,^1"
`,
  )
})

test('a NIC that is held to its MAC has our script, and no other NIC has one', (t) => {
  const [first] = GUEST.nics
  const config = xlConfig(
    guestConfig.parse({
      ...GUEST,
      nics: [
        { ...first, filter: 'mac' },
        { mac: '00:16:3e:00:00:02', bridge: 'xenbr0' },
      ],
    }),
  )
  const held = 'mac=00:16:3e:00:00:01,bridge=xenbr0,script=vif-hostless'
  t.true(config.kind === 'config' && config.text.includes(`vif = [ "${held}", "mac=00:16:3e:00:00:02,bridge=xenbr0" ]\n`))
})

const REFUSED: { readonly [what: string]: readonly [change: object, told: RegExp] } = {
  'more memory than its most': [{ memoryMiB: 129 }, /129 MiB, is more than the most that it may have, 128 MiB/],
  'more vCPUs than its most': [{ vcpus: 2 }, /2 vCPUs are more/],
  'a bridge with a comma': [{ nics: [{ ...GUEST.nics[0], bridge: 'xenbr0,script=/tmp/x' }] }, /"xenbr0,script=\/tmp\/x" cannot be written/],
  'a bridge with a quote': [{ nics: [{ ...GUEST.nics[0], bridge: 'a" ] #' }] }, /cannot be written/],
  'a cpuid with a quote': [{ cpuid: 'host"\nkernel="/etc/shadow' }, /none of the form/],
  'two disks under one name': [{ disks: GUEST.disks.map((disk) => ({ ...disk, vdev: 'xvda' })) }, /the device xvda is given twice/],
  'one disk twice': [{ disks: [GUEST.disks[0], { ...GUEST.disks[0], vdev: 'xvdc' }] }, /the disk 2\S+ is given twice/],
  'a setting twice': [{ xl: ['1', '2'].map((value) => ({ key: 'cap', value })) }, /the setting cap is given twice/],
}

for (const [what, [change, told]] of Object.entries(REFUSED)) {
  test(`${what} is refused by name`, (t) => {
    const config = xlConfig({ ...GUEST, ...change } as GuestConfig)
    t.regex(config.kind === 'refused' ? config.reason : '', told)
  })
}

/** What the schema would never let through: the text is safe by itself. */
const odd = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom('"', '\\', "'", '\n', ']', '#', ',', '=', 'a"\nb = "', 'xvda,target=/dev/sda', '$(id)'),
)
const hostile = fc.record({
  name: fc.oneof(odd, fc.constant('web1')),
  bridge: fc.oneof(odd, fc.constant('xenbr0')),
  vdev: fc.oneof(odd, fc.constant('xvda')),
  mac: fc.oneof(odd, fc.constant('00:16:3e:00:00:01')),
  cpuid: fc.oneof(odd, fc.constant('host,avx=0')),
  key: fc.oneof(odd, fc.constantFrom(...XL_KEYS)),
  value: fc.oneof(odd, fc.constant('1')),
})

test('no value can mean more than itself: it is refused, or stands alone where it belongs', (t) => {
  let written = 0
  fc.assert(
    fc.property(hostile, ({ name, bridge, vdev, mac, cpuid, key, value }) => {
      const [disk] = GUEST.disks
      const guest = {
        ...GUEST,
        name,
        cpuid,
        disks: [{ ...disk, vdev }],
        nics: [{ mac, bridge }],
        xl: [{ key, value }],
      } as unknown as GuestConfig
      const config = xlConfig(guest)
      if (config.kind === 'refused') return
      written += 1
      const lines = config.text.split('\n')
      t.is(lines.length, 16)
      for (const line of lines.slice(0, -1)) t.regex(line, /^[a-z_]+ = (\d+|"[^"'\\]*"|\[ "[^"'\\]*" \])$/)
      const settings = new Map(lines.slice(0, -1).map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf('=') + 2)]))
      t.is(settings.get('name'), `"${name}"`)
      t.is(settings.get('cpuid'), `"${cpuid}"`)
      t.is(settings.get(key), `"${value}"`)
      t.deepEqual(settings.get('vif')?.slice(3, -3).split(','), [`mac=${mac}`, `bridge=${bridge}`])
      const words = settings.get('disk')?.slice(3, -3).split(',') ?? []
      t.deepEqual([words.length, words[1], words.at(-1)], [7, `vdev=${vdev}`, `target=/dev/mapper/hostless-${disk?.disk}`])
    }),
    {
      numRuns: 2000,
      examples: [[{ name: 'web1', bridge: 'xenbr0', vdev: 'xvda', mac: '00:16:3e:00:00:01', cpuid: 'host', key: 'cap', value: '' }]],
    },
  )
  t.true(written > 0)
})

test('no command line of a kernel can mean more than itself', (t) => {
  const kernel = { id: 'a'.repeat(64), sizeBytes: 1 }
  let written = 0
  fc.assert(
    fc.property(fc.array(fc.oneof(odd, fc.constantFrom('root=/dev/xvda1', ' ', 'a="b c"')), { maxLength: 4 }), (words) => {
      const cmdline = words.join('')
      const config = xlConfig({ ...GUEST, boot: { kind: 'kernel', kernel, cmdline } } as GuestConfig)
      if (config.kind === 'refused') return void t.false(/^[\x20-\x26\x28-\x5b\x5d-\x7e]*$/.test(cmdline))
      written += 1
      const [line = '', ...more] = config.text.split('\n').filter((one) => one.startsWith('extra'))
      t.deepEqual(more, [])
      t.is(config.text.split('\n').length, cmdline === '' ? 14 : 15)
      const quote = cmdline.includes('"') ? "'" : '"'
      if (cmdline !== '') t.is(line, `extra = ${quote}${cmdline}${quote}`)
      const read = readConfig(config.text)
      t.is(read.kind === 'read' ? (read.value.boots.extra ?? '') : undefined, cmdline)
    }),
    { numRuns: 2000, examples: [[['a="b"']], [[String.raw`x"' \ `]]] },
  )
  t.true(written > 0)
})

test('the simulator reads it as it was meant', (t) => {
  const config = xlConfig(GUEST)
  const read = readConfig(config.kind === 'config' ? config.text : '')
  if (read.kind !== 'read') return t.fail(JSON.stringify(read))
  t.like(read.value, { name: 'web1', uuid: GUEST.uuid, type: 'pvh', onReboot: 'restart', onCrash: 'preserve', memoryMib: 128 })
  t.deepEqual(
    read.value.disks.map(({ vdev, writable, script }) => [vdev, writable, script]),
    [
      ['xvda', true, 'block-hostless'],
      ['xvdb', false, 'block-hostless'],
    ],
  )
})
