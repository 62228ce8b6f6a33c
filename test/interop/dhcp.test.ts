// Our DHCP server and Router Advertiser in a network namespace, with replayed firmware in another one at the end of a veth pair; tshark,
// listening there, must find nothing malformed in what we say.
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import test, { type ExecutionContext } from 'ava'
import { execa } from 'execa'
import { OPTION } from '../../appliance/dhcp/codes.ts'
import { addressOption, messageType, optionData } from '../../appliance/dhcp/fields.ts'
import { type DhcpPacket, decodeDhcp, encodeDhcp } from '../../appliance/dhcp/packet.ts'
import { ROUTER_SOLICITATION } from '../../appliance/ra/codec.ts'
import { ip } from '../appliance/dhcp/packets.ts'
import { dhcpIn, icmpv6In } from '../appliance/wire/pcap.ts'
import { RACK, rack } from './dhcp-server.ts'
import { deadlineMs, talker } from './namespaces.ts'

const isRoot = process.getuid?.() === 0
const rootTest = isRoot ? test.serial : test.serial.skip
const why = isRoot ? '' : ' (needs root, for network namespaces)'
const BROADCAST = { address: '255.255.255.255', port: 67 }
const BOOT_SERVER = { address: '10.77.0.1', port: 4011 }

type Replay = ReturnType<typeof talker>

async function replayer(t: ExecutionContext, clientSpace: string): Promise<Replay> {
  const client = talker(t, clientSpace, RACK, 'client', 'c0')
  await client.next('ready', ({ kind }) => kind === 'ready')
  return client
}

async function ask(client: Replay, packet: DhcpPacket, to: { readonly address: string; readonly port: number } = BROADCAST) {
  const heard = client.lines.length
  client.say({ hex: encodeDhcp(packet).toString('hex'), to })
  const line = await client.next(`reply to ${messageType(packet)}`, ({ kind }) => kind === 'dhcp', heard)
  return { packet: decodeDhcp(Buffer.from(String(line.hex), 'hex')), port: line.port, address: line.address }
}

/** Captures what arrives at the client until `stop`, which gives tshark's fields of each packet that matches. */
async function capture(t: ExecutionContext, clientSpace: string, folder: string) {
  const file = join(folder, 'client.pcapng')
  const child = execa('ip', ['netns', 'exec', clientSpace, 'tshark', '-q', '-i', 'c0', '-w', file], { reject: false })
  t.teardown(() => child.kill('SIGTERM'))
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (text) => text.includes('Capturing on') && resolve())
    child.then(({ stderr }) => reject(new Error(`tshark ended: ${stderr}`)), reject)
  })
  return {
    fields: async (filter: string, ...names: readonly string[]) => {
      const args = ['-r', file, '-Y', filter, '-T', 'fields', ...names.flatMap((name) => ['-e', name])]
      const { stdout } = await execa('tshark', args, { reject: false })
      return stdout === '' ? [] : stdout.split('\n').map((line) => line.split('\t'))
    },
  }
}

/** tshark writes what it has seen after a while: look until there are `count` packets. */
async function seen(capturing: Awaited<ReturnType<typeof capture>>, count: number, filter: string, ...names: readonly string[]) {
  const deadline = Date.now() + deadlineMs()
  for (;;) {
    const rows = await capturing.fields(filter, ...names)
    if (rows.length >= count || Date.now() > deadline) return rows
  }
}

const FIRMWARE: readonly (readonly [capture: string, frames: readonly number[], file: string])[] = [
  ['bios-ipxe-1.21.1-trixie-qemu-rom__plain.pcap', [1, 10], 'http://10.77.0.1:8067/boot/52:54:00:78:00:01'],
  ['ovmf-2022.11-pxev4__then-ipxe-efi-1.21.1__then-busybox-udhcpc.pcap', [1, 4], 'snponly.efi'],
  ['ovmf-2022.11-httpv4-answered__then-ipxe-snponly-efi-1.21.1.pcap', [4, 11], 'http://10.77.0.1:8067/snponly.efi'],
  ['ovmf-2022.11-httpv4-answered__then-ipxe-snponly-efi-1.21.1.pcap', [17, 20], 'http://10.77.0.1:8067/boot/52:54:00:78:00:01'],
  ['bios-ipxe-1.0.0-2019-qemu-rom__then-linux-klibc-ipconfig.pcap', [7, 9], ''],
]

rootTest(`replayed firmware gets an offer and an ACK from port 67, and tshark finds nothing malformed${why}`, async (t) => {
  const { clientSpace, folder } = await rack(t)
  const capturing = await capture(t, clientSpace, folder)
  const client = await replayer(t, clientSpace)
  for (const [name, [discover, request], file] of FIRMWARE) {
    const captured = (frame: number | undefined) => {
      const payload = dhcpIn(name).find((entry) => entry.frame === frame)
      if (!payload) throw new Error(`${name} has no DHCP in frame ${frame}`)
      return decodeDhcp(payload.bytes)
    }
    const offer = await ask(client, captured(discover))
    t.is(messageType(offer.packet), 'OFFER', name)
    t.is(offer.packet.file.toString(), file, name)
    t.is(offer.port, 67)
    t.is(offer.address, '10.77.0.1')

    // The captured REQUEST answers another server: with its numbers replaced by ours it is what this firmware would send.
    const recorded = captured(request)
    const options = recorded.options.map((option) => {
      if (option.code === OPTION.serverIdentifier) return addressOption(OPTION.serverIdentifier, ip('10.77.0.1'))
      return option.code === OPTION.requestedAddress ? addressOption(OPTION.requestedAddress, offer.packet.yiaddr) : option
    })
    const ack = await ask(client, { ...recorded, options })
    t.is(messageType(ack.packet), 'ACK', name)
    t.is(ack.packet.yiaddr, offer.packet.yiaddr)
    t.is(ack.packet.xid, recorded.xid)
    t.deepEqual(ack.packet.file, offer.packet.file)
  }
  const rows = await seen(
    capturing,
    FIRMWARE.length * 2,
    'udp.srcport == 67',
    'dhcp.option.dhcp',
    'ip.dst',
    '_ws.malformed',
    '_ws.expert.severity',
  )
  t.is(rows.length, FIRMWARE.length * 2)
  for (const [type, destination, malformed] of rows) {
    t.true(type === '2' || type === '5')
    t.is(destination, '255.255.255.255')
    t.is(malformed ?? '', '')
  }
  t.deepEqual(await capturing.fields('udp.srcport == 67 && (_ws.malformed || _ws.expert.severity >= "Warning")', 'frame.number'), [])
})

rootTest(`garbage does not keep the next client waiting${why}`, async (t) => {
  const { server, clientSpace } = await rack(t)
  const client = await replayer(t, clientSpace)
  const [payload] = dhcpIn('bios-ipxe-1.21.1-trixie-qemu-rom__plain.pcap')
  if (!payload) return t.fail()
  for (let length = 0; length < payload.bytes.length; length += 7)
    client.say({ hex: payload.bytes.subarray(0, length).toString('hex'), to: BROADCAST })
  const reply = await ask(client, decodeDhcp(payload.bytes))
  t.is(messageType(reply.packet), 'OFFER')
  await server.next('warning', ({ level }) => level === 'warn')
  const warnings = server.lines.filter(({ level }) => level === 'warn').length
  t.true(warnings > 0 && warnings <= 20, `${warnings} warnings`)
})

rootTest(`a proxy sends UEFI to port 4011, which answers from there${why}`, async (t) => {
  const { clientSpace, folder } = await rack(t, 'proxy')
  const capturing = await capture(t, clientSpace, folder)
  await execa('ip', ['-n', clientSpace, 'address', 'add', '10.77.0.60/24', 'dev', 'c0'])
  const client = await replayer(t, clientSpace)
  const [discover, , request] = dhcpIn('ovmf-2022.11-pxev4__then-ipxe-efi-1.21.1__then-busybox-udhcpc.pcap')
  if (!discover || !request) return t.fail()
  const offer = await ask(client, decodeDhcp(discover.bytes))
  t.is(offer.packet.yiaddr, ip('0.0.0.0'))
  t.is(optionData(offer.packet, OPTION.vendorClass)?.toString(), 'PXEClient')
  t.is(offer.packet.file.length, 0)

  const ack = await ask(client, { ...decodeDhcp(request.bytes), ciaddr: ip('10.77.0.60') }, BOOT_SERVER)
  t.is(messageType(ack.packet), 'ACK')
  t.is(ack.port, 4011)
  t.is(ack.packet.file.toString(), 'snponly.efi')
  const rows = await seen(capturing, 2, 'dhcp.type == 2', 'udp.srcport', 'ip.dst', '_ws.malformed')
  t.deepEqual(rows, [
    ['67', '255.255.255.255', ''],
    ['4011', '10.77.0.60', ''],
  ])
})

rootTest(`a replayed Router Solicitation is answered with an empty advertisement to all nodes, hop limit 255${why}`, async (t) => {
  const { server, clientSpace, folder } = await rack(t)
  const capturing = await capture(t, clientSpace, folder)
  const client = await replayer(t, clientSpace)
  const [solicitation] = icmpv6In('uuid-bios-ipxe-1.0.0-2019.pcap', ROUTER_SOLICITATION)
  if (!solicitation) return t.fail()
  client.say({ hex: '85000000', to: 'all-routers' })
  client.say({ hex: '8500000000000000010000', to: 'all-routers' })
  client.say({ hex: solicitation.bytes.toString('hex'), to: 'all-routers' })
  const advertisement = await client.next('advertisement', ({ kind }) => kind === 'advertisement')
  t.is(advertisement.hopLimit, 255)
  t.regex(String(advertisement.hex), /^8600....0{24}$/)
  t.regex(String(advertisement.source), /^fe80/)
  const rows = await seen(
    capturing,
    1,
    'icmpv6.type == 134',
    'ipv6.hlim',
    'ipv6.dst',
    'icmpv6.nd.ra.router_lifetime',
    'icmpv6.checksum.status',
    '_ws.malformed',
  )
  t.deepEqual(rows[0], ['255', 'ff02::1', '0', '1', ''])
  t.is(server.lines.filter(({ message }) => message === 'router solicitation dropped').length, 2)
})

rootTest(`with IPv6 off the advertiser warns that iPXE will wait, and DHCP goes on${why}`, async (t) => {
  const { serverSpace } = await rack(t)
  await execa('ip', ['-n', serverSpace, 'link', 'add', 'quiet0', 'type', 'veth', 'peer', 'name', 'quiet1'])
  await execa('ip', ['netns', 'exec', serverSpace, 'sysctl', '-qw', 'net.ipv6.conf.quiet0.disable_ipv6=1'])
  await execa('ip', ['-n', serverSpace, 'link', 'set', 'quiet0', 'up'])
  const second = talker(t, serverSpace, RACK, 'serve', 'quiet0')
  await second.next('ready', ({ kind }) => kind === 'ready')
  t.true(second.lines.some(({ message }) => /IPv6 is off on quiet0: .*iPXE waits/.test(String(message))))
})

rootTest(`two interfaces are served on the same ports, and stop releases them${why}`, async (t) => {
  const { server, serverSpace } = await rack(t)
  await execa('ip', ['-n', serverSpace, 'link', 'add', 'other0', 'type', 'veth', 'peer', 'name', 'other1'])
  await execa('ip', ['-n', serverSpace, 'link', 'set', 'other0', 'up'])
  const second = talker(t, serverSpace, RACK, 'serve', 'other0')
  await second.next('ready', ({ kind }) => kind === 'ready')
  await second.end()
  await server.end()
  t.true(server.lines.some(({ kind }) => kind === 'closed'))
  const { stdout } = await execa('ip', ['netns', 'exec', serverSpace, 'ss', '-Hlun'])
  t.is(stdout, '')
})
