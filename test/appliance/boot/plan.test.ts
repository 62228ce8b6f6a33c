import test from 'ava'
import { planBoot } from '../../../appliance/boot/plan.ts'
import { bootable, imageName, ipv4, mac, plan, request } from './plans.ts'

function refusal(change: Parameters<typeof request>[0]): string {
  const planned = planBoot(request(change))
  return planned.kind === 'refused' ? planned.reason : `boots ${planned.generation}`
}

test('a host of the config boots the published generation of the default image, its root over NFS', (t) => {
  t.like(plan(), {
    name: 'node01',
    image: 'dom0',
    generation: '0123456789abcdef',
    root: { kind: 'nfs' },
    platforms: ['bios', 'uefi'],
    dom0Memory: 640,
  })
})

test('an unknown MAC boots the default image, named after its MAC', (t) => {
  const unknown = { mac: mac('52:54:00:77:00:01'), host: undefined }
  t.like(plan(unknown), { name: 'host-525400770001', image: 'dom0' })
})

test("a host's own image, root mode, VLAN and bond win over the defaults", (t) => {
  const bond = { mode: '802.3ad', members: [mac('52:54:00:77:00:01'), mac('52:54:00:77:00:02')] }
  const planned = plan({
    host: { name: 'node01', maintenance: false, image: imageName('big'), root: 'ram', vlan: 100, bond },
    published: (image) => bootable('00000000000000aa', { image }),
  })
  t.like(planned, { image: 'big', generation: '00000000000000aa', root: { kind: 'ram', sha256: 'S'.repeat(43) } })
  t.like(planned.network, { vlan: 100, bond })
})

test('the lease gives address, router and first name server; without a lease the initramfs asks by DHCP', (t) => {
  const lease = { address: ipv4('10.88.0.9'), prefix: 22, router: ipv4('10.88.0.1'), dns: [ipv4('10.88.0.2'), ipv4('10.88.0.3')] }
  t.deepEqual(plan({ lease }).network.address, {
    kind: 'static',
    address: lease.address,
    prefix: 22,
    router: lease.router,
    dns: ipv4('10.88.0.2'),
  })
  t.deepEqual(plan({ lease: undefined }).network.address, { kind: 'dhcp' })
})

test('a boot that has begun stays with its generation while another is published', (t) => {
  t.is(
    plan({ pinned: bootable('00000000000000aa'), published: () => bootable('00000000000000bb') }).generation,
    '00000000000000aa' as never,
  )
  t.is(plan({ pinned: bootable('00000000000000aa'), published: () => undefined }).generation, '00000000000000aa' as never)
})

test('planBoot refuses in words that say what to do', (t) => {
  t.regex(refusal({ published: () => undefined }), /image dom0 has no published generation: run hostless image build dom0/)
  t.regex(refusal({ host: { name: 'node01', maintenance: true } }), /node01 is in maintenance: remove/)
  t.regex(
    refusal({ published: () => bootable(undefined, { files: ['xen'] }) }),
    /generation 0123456789abcdef of dom0 lacks vmlinuz, initrd\.img/,
  )
  const { squashfsSha256: _, ...withoutSquashfs } = bootable()
  t.regex(
    refusal({ host: { name: 'n', maintenance: false, root: 'ram' }, published: () => withoutSquashfs }),
    /root: ram needs root\.squashfs/,
  )
})

test('a generation without xen.efi is refused to UEFI, boots on BIOS, and leaves it to the script where neither is known', (t) => {
  const published = () => bootable(undefined, { files: ['xen', 'vmlinuz', 'initrd.img'] })
  t.regex(refusal({ published, platform: 'uefi' }), /has no xen\.efi, which UEFI needs: .*--xen-efi/)
  t.deepEqual(plan({ published, platform: 'bios' }).platforms, ['bios'])
  t.deepEqual(plan({ published }).platforms, ['bios'])
})
