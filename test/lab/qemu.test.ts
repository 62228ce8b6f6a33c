import test from 'ava'
import { type Firmware, type NodePlan, planNodes } from './plan.ts'
import { qemuArguments } from './qemu.ts'

function planOf(firmware: Firmware, run = '/lab/runs/x'): NodePlan {
  const [plan] = planNodes([{ nics: 2 }], firmware, { runtime: '/run/hl-lab-1-1', run })
  if (!plan) throw new Error('no plan')
  return plan
}

/** Values of an option, in order. */
function valuesOf(argv: readonly string[], option: string): readonly string[] {
  return argv.flatMap((word, index) => (word === option ? [argv[index + 1] ?? ''] : []))
}

test('qemuArguments always emulates, with the processor that Xen’s PVH guests need', (t) => {
  const argv = qemuArguments(planOf('bios'), 'network')
  t.deepEqual(valuesOf(argv, '-accel'), ['tcg'])
  t.false(argv.some((word) => word.includes('kvm')))
  const [cpu = ''] = valuesOf(argv, '-cpu')
  for (const flag of ['+svm', '+npt', '-smap', '-monitor', '-rdtscp', '-avx', '-xsave']) t.true(cpu.split(',').includes(flag), flag)
  t.deepEqual(valuesOf(argv, '-smp'), ['1'])
  t.deepEqual(valuesOf(argv, '-m'), ['2048'])
})

test('qemuArguments gives the plan’s identity and a boot ROM to the first NIC alone', (t) => {
  const plan = planOf('bios')
  const argv = qemuArguments(plan, 'network')
  t.deepEqual(valuesOf(argv, '-uuid'), [plan.uuid])
  t.regex(valuesOf(argv, '-smbios')[0] ?? '', new RegExp(`serial=${plan.serial},uuid=${plan.uuid}$`))
  const nics = valuesOf(argv, '-device').filter((device) => device.startsWith('virtio-net-pci'))
  t.deepEqual(nics, ['virtio-net-pci,netdev=nic0,mac=52:54:00:77:00:01', 'virtio-net-pci,netdev=nic1,mac=52:54:00:77:01:01,romfile='])
  t.deepEqual(valuesOf(argv, '-boot'), ['n'])
  t.deepEqual(valuesOf(qemuArguments(plan, 'disk'), '-boot'), ['c'])
})

test('qemuArguments writes the console to its log while it offers it on a socket', (t) => {
  const plan = planOf('bios')
  const [chardev] = valuesOf(qemuArguments(plan, 'network'), '-chardev')
  t.is(chardev, `socket,id=console,path=${plan.consoleSocket},server=on,wait=off,logfile=${plan.consoleLog},logappend=on`)
})

test('qemuArguments loads OVMF with variables of the node’s own, and skips PXE only for HTTP boot', (t) => {
  const plan = planOf('uefi')
  const argv = qemuArguments(plan, 'network')
  const flash = valuesOf(argv, '-drive').filter((drive) => drive.startsWith('if=pflash'))
  t.deepEqual(flash, [
    'if=pflash,unit=0,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd',
    `if=pflash,unit=1,format=raw,file=${plan.variables}`,
  ])
  t.deepEqual(valuesOf(argv, '-boot'), [])
  t.true(argv.includes('virtio-net-pci,netdev=nic0,mac=52:54:00:77:00:01,bootindex=0,romfile='), 'no iPXE but the one that we serve')
  t.deepEqual(valuesOf(argv, '-fw_cfg'), [])
  t.deepEqual(valuesOf(qemuArguments(planOf('uefi-http'), 'network'), '-fw_cfg'), [
    'name=opt/org.tianocore/IPv4PXESupport,string=n',
    'name=opt/org.tianocore/IPv6PXESupport,string=n',
  ])
})

test('qemuArguments doubles commas in paths, so that a folder’s name adds no option', (t) => {
  const argv = qemuArguments(planOf('bios', '/home/a,readonly=on'), 'network')
  t.true(valuesOf(argv, '-drive')[0]?.startsWith('file=/home/a,,readonly=on/node1.disk0,if=none'))
})

test('a node with a stick boots from it alone: on the USB bus, as a disk or as a CD, with no boot ROM on its NIC', (t) => {
  const planWith = (firmware: Firmware, stick: 'disk' | 'cd') => {
    const [plan] = planNodes([{ stick }], firmware, { runtime: '/run/hl-lab-1-1', run: '/lab/runs/x' })
    if (!plan) throw new Error('no plan')
    return plan
  }
  for (const firmware of ['bios', 'uefi'] as const) {
    const argv = qemuArguments(planWith(firmware, 'disk'), 'network')
    t.true(argv.includes('usb-storage,bus=usb.0,drive=stick,bootindex=0'))
    t.true(argv.includes('file=/run/hl-lab-1-1/node1.stick,if=none,id=stick,format=raw'))
    t.true(argv.includes('virtio-net-pci,netdev=nic0,mac=52:54:00:77:00:01,romfile='))
    t.deepEqual(valuesOf(argv, '-boot'), [])
  }
  t.true(qemuArguments(planWith('bios', 'cd'), 'network').some((word) => word.endsWith('format=raw,media=cdrom,readonly=on')))
})
