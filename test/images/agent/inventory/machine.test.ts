import test from 'ava'
import { parseCpuinfo } from '../../../../images/agent/inventory/cpuinfo.ts'
import { parseDmidecode } from '../../../../images/agent/inventory/dmidecode.ts'
import { fcSysfs } from '../../../../images/agent/inventory/fc-sysfs.ts'
import { hwmonSysfs } from '../../../../images/agent/inventory/hwmon-sysfs.ts'
import { kernelFiles, withoutToken } from '../../../../images/agent/inventory/kernel-files.ts'
import { parseMeminfo } from '../../../../images/agent/inventory/meminfo.ts'
import { numaSysfs, parseCpuList } from '../../../../images/agent/inventory/numa-sysfs.ts'
import { filesOf, fixture, textBackend } from '../machines.ts'

test('parseDmidecode reads a machine, and takes no placeholder for a fact', (t) => {
  const { value, reasons } = parseDmidecode(fixture('dmidecode-3.6-qemu.txt'))
  t.deepEqual(reasons, [])
  t.deepEqual(value as object, {
    systemUuid: '004c4142-0077-4077-8077-525400770001',
    manufacturer: 'Hostless',
    product: 'Lab',
    serial: 'LAB-0001',
    firmwareVendor: 'SeaBIOS',
    firmwareVersion: '1.16.2-debian-1.16.2-1',
    firmwareDate: '04/01/2014',
    memoryModules: [{ slot: 'DIMM 0', bytes: 2 * 2 ** 30, manufacturer: 'QEMU' }],
  })
})

test('parseDmidecode reads memory modules, and no empty slot', (t) => {
  const { value } = parseDmidecode(fixture('dmidecode-two-modules-documented.txt'))
  t.like(value, {
    systemUuid: '4c4c4544-0058-4a10-8030-b7c04f515832',
    serial: '7XJ0QX2',
    assetTag: undefined,
    boardSerial: '.7XJ0QX2.CNFCP0097T00AB.',
  })
  t.deepEqual(value.memoryModules, [
    { slot: 'A1', bytes: 32 * 2 ** 30, manufacturer: '00AD063200AD', part: 'HMA84GR7JJR4N-WM', serial: '3418AA01', speed: 2400 },
    { slot: 'NODE 1 DIMM_B1', bytes: 16 * 2 ** 30 },
  ])
})

test('flash, ROM and persistent memory are no memory modules, but for what of it is used as RAM', (t) => {
  const text = fixture('dmidecode-flash-rom-and-persistent-memory.txt')
  const slots = (changed: string) => parseDmidecode(changed).value.memoryModules.map(({ slot, bytes }) => [slot, bytes / 2 ** 30])
  t.deepEqual(slots(text), [['DIMM_A1', 16]])
  t.deepEqual(
    slots(text.replace('Volatile Size: None\n', 'Volatile Size: 100 GB\n').replace('\tVolatile Size: None', '\tVolatile Size: 100 GB')),
    [
      ['DIMM_A1', 16],
      ['DIMM_A2', 100],
    ],
  )
  t.deepEqual(slots(text.replaceAll(/\t(Non-)?Volatile Size: .*\n?/g, '')), [['DIMM_A1', 16]])
  const chip = (type: string, locator: string) =>
    slots(`Handle 0x0001, DMI type 17, 34 bytes\nMemory Device\n\tSize: 32 MB\n\tLocator: ${locator}\n\tType: ${type}\n`).length
  for (const type of ['Flash', 'ROM', 'EEPROM', 'FEPROM', 'EPROM', 'Logical non-volatile device']) t.is(chip(type, 'U1'), 0, type)
  for (const locator of ['SYSTEM ROM', 'BIOS ROM', 'SPI Flash']) t.is(chip('Unknown', locator), 0, locator)
  for (const type of ['DDR5', 'LPDDR4', 'HBM2', 'SDRAM', '<OUT OF SPEC>', 'Unknown']) t.is(chip(type, 'PROC 1 DIMM 4'), 1, type)
})

test('a UUID that makers put into every board is none', (t) => {
  const text = fixture('dmidecode-3.6-qemu.txt')
  for (const none of ['03000200-0400-0500-0006-000700080009', 'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF', 'Not Settable']) {
    t.is(parseDmidecode(text.replace(/UUID: .*/, `UUID: ${none}`)).value.systemUuid, undefined, none)
  }
})

test('what Supermicro, ASUS and AMI leave unset is missing, and what they set is there', (t) => {
  const box = (lines: readonly string[]) =>
    parseDmidecode(`Handle 0x0001, DMI type 1, 27 bytes\nSystem Information\n\t${lines.join('\n\t')}\n`).value
  t.deepEqual(box(['Manufacturer: Supermicro', 'Product Name: Super Server', 'Serial Number: 0123456789']) as object, {
    manufacturer: 'Supermicro',
    memoryModules: [],
  })
  t.deepEqual(box(['Manufacturer: System manufacturer', 'Product Name: NotSpecified', 'Serial Number: Unknow']) as object, {
    memoryModules: [],
  })
  t.is(box(['Serial Number: NULL', 'UUID: 00020003-0004-0005-0006-000700080009']).systemUuid, undefined)
})

test('parseCpuinfo reads the first CPU', (t) => {
  const { value, reasons } = parseCpuinfo(fixture('cpuinfo-trixie-xen.txt'))
  t.deepEqual(reasons, [])
  t.like(value, { vendor: 'AuthenticAMD', family: 23, modelNumber: 1, stepping: 2 })
  t.true(value.flags.includes('nx'))
})

test('parseMeminfo reads dom0’s memory, and a NUMA node’s', (t) => {
  t.deepEqual(parseMeminfo(fixture('meminfo-trixie-dom0.txt')).value, {
    totalBytes: 533660 * 1024,
    availableBytes: 346556 * 1024,
    swapBytes: 0,
  })
  t.like(parseMeminfo('Node 1 MemTotal:       1000 kB\n').value, {
    totalBytes: 1_024_000,
  })
})

test('numaSysfs reads nodes in the order of their numbers', async (t) => {
  const node = (number: number, cpus: string) => ({
    [`/sys/devices/system/node/node${number}/meminfo`]: `Node ${number} MemTotal: 1 kB\nNode ${number} MemFree: 1 kB\n`,
    [`/sys/devices/system/node/node${number}/cpulist`]: cpus,
    [`/sys/devices/system/node/node${number}/distance`]: '10 21\n',
  })
  const files = { ...node(10, '4-6\n'), ...node(2, '0-1,3\n'), '/sys/devices/system/node/possible': '0-1\n' }
  const { value } = await numaSysfs(textBackend({ files }))
  t.deepEqual(
    value.map(({ node, cpus, distances }) => ({ node, cpus, distances })),
    [
      { node: 2, cpus: [0, 1, 3], distances: [10, 21] },
      { node: 10, cpus: [4, 5, 6], distances: [10, 21] },
    ],
  )
})

test('a CPU list of nonsense is empty, and none is endless', (t) => {
  t.deepEqual(parseCpuList('\n'), [])
  t.deepEqual(parseCpuList('3-1,x,5'), [5])
  t.is(parseCpuList('0-9999').length, 4096)
})

test('fcSysfs reads HBAs, fabric, and the targets behind each', async (t) => {
  const { value, problems } = await fcSysfs(textBackend({ files: filesOf('fc-sysfs-documented.json') }))
  t.deepEqual(problems, [])
  t.deepEqual(value as readonly object[], [
    {
      host: 'host7',
      port: '21000024ff5a1b2c',
      node: '20000024ff5a1b2c',
      fabric: '1000000533abcdef',
      link: 'up',
      speed: '16 Gbit',
      model: 'QLE2692',
      driver: 'qla2xxx',
      targets: [
        { port: '20110002ac01a2b3', node: '2ff70002ac01a2b3', connected: true },
        { port: '20120002ac01a2b3', node: '2ff70002ac01a2b3', connected: false },
      ],
    },
    {
      host: 'host8',
      port: '21000024ff5a1b2d',
      node: '20000024ff5a1b2d',
      link: 'down',
      speed: 'unknown',
      model: 'QLE2692 FW:v9.08.02 DVR:v10.02.09.100-k',
      targets: [],
    },
  ])
})

test('hwmonSysfs reads each quantity in its unit, and passes over what cannot be read', async (t) => {
  const { value, problems } = await hwmonSysfs(textBackend({ files: filesOf('hwmon-sysfs-documented.json') }))
  t.deepEqual(problems, [])
  t.deepEqual(value, [
    { chip: 'coretemp.hwmon0', label: 'Package id 0', quantity: 'temperature', value: 47, high: 84, critical: 100 },
    { chip: 'nct6775.hwmon1', label: 'fan1', quantity: 'fan', value: 5280, low: 300, alarm: true },
    { chip: 'nct6775.hwmon1', label: 'Vcore', quantity: 'voltage', value: 1.016 },
    { chip: 'nct6775.hwmon1', label: 'temp7', quantity: 'temperature', value: -40 },
    { chip: 'power_meter.hwmon2', label: 'curr1', quantity: 'current', value: 1.85 },
    { chip: 'power_meter.hwmon2', label: 'humidity1', quantity: 'humidity', value: 33.5 },
    { chip: 'power_meter.hwmon2', label: 'power1', quantity: 'power', value: 213 },
  ])
})

test('a chip whose folder cannot be read costs its own sensors only, and is told', async (t) => {
  const whole = textBackend({ files: filesOf('hwmon-sysfs-documented.json') })
  const before = await hwmonSysfs(whole)
  const list = async (path: string) => {
    if (path === '/sys/class/hwmon') return [...(await whole.list(path)), 'hwmon99']
    if (path.endsWith('/hwmon99')) throw new Error('EIO: i/o error')
    return whole.list(path)
  }
  const { value, problems } = await hwmonSysfs({ ...whole, list })
  t.deepEqual(value, before.value)
  t.deepEqual(problems, [...before.problems, { source: '/sys/class/hwmon', reason: 'hwmon99 cannot be read: EIO: i/o error' }])
})

test('limits that nobody has set, and the alarm that comes of them, are not told', async (t) => {
  const { value } = await hwmonSysfs(textBackend({ files: filesOf('hwmon-jc42-without-limits.json') }))
  t.deepEqual(value, [{ chip: 'jc42.hwmon4', label: 'temp1', quantity: 'temperature', value: 27.25 }])
  const folder = '/sys/class/hwmon/hwmon0'
  const sensor = async (stem: string, members: object) => {
    const files = Object.entries({ input: 1000, ...members }).map(([member, text]) => [`${folder}/${stem}_${member}`, `${text}\n`])
    const { value } = await hwmonSysfs(textBackend({ files: { [`${folder}/name`]: 'x\n', ...Object.fromEntries(files) } }))
    const { low, high, critical, alarm } = value[0] ?? {}
    return JSON.parse(JSON.stringify({ low, high, critical, alarm })) as object
  }
  t.deepEqual(await sensor('temp1', { min: -273150, max: 65261850, crit: 84850, alarm: 0 }), { critical: 84.85, alarm: false })
  t.deepEqual(await sensor('temp1', { min: -128000, max: 127000, crit: 127000, alarm: 1 }), {})
  t.deepEqual(await sensor('temp1', { min: 0, max: 70000, alarm: 1 }), { low: 0, high: 70, alarm: true })
  t.deepEqual(await sensor('in1', { min: 0, max: 0, alarm: 1 }), {})
  t.deepEqual(await sensor('in2', { min: -13200, max: -10800, alarm: 1 }), { low: -13.2, high: -10.8, alarm: true })
  t.deepEqual(await sensor('fan1', { min: 0, alarm: 1 }), {})
  t.deepEqual(await sensor('fan1', { alarm: 1 }), { alarm: true })
  t.deepEqual(await sensor('power1', { max: 0, crit: 0, alarm: 1 }), {})
})

test('kernelFiles reports the command line without the boot’s token', async (t) => {
  const token = 'VOwpoPUTOqmfFuWjTlV4E8vvZypzL-bOv43ANc8ivYA'
  const files = {
    '/proc/sys/kernel/osrelease': '6.12.117+deb13-amd64\n',
    '/proc/cmdline': `console=hvc0 quiet hl.boot=uczhl4wdrb5rgqck.${token} hl.srv=10.77.0.1:8067 hl.name=node1\n`,
  }
  const { value } = await kernelFiles(textBackend({ files }))
  t.deepEqual(value, {
    release: '6.12.117+deb13-amd64',
    commandLine: 'console=hvc0 quiet hl.boot=uczhl4wdrb5rgqck hl.srv=10.77.0.1:8067 hl.name=node1',
  })
  for (const odd of [`"hl.boot=a.${token}"`, `x hl.boot=.${token}`, `hl.boot=a.${token} hl.boot=b.${token}`]) {
    t.false(withoutToken(odd).includes(token.slice(0, 8)), odd)
  }
})
