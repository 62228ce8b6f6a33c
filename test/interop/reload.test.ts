// `hostless reload` of a real appliance in a network namespace, at which a client asks for addresses: other pools and reservations are taken
// while it serves, who has an address keeps it, and a file that is wrong changes nothing; who is reserved waits apart from strangers.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import test, { type ExecutionContext } from 'ava'
import { execa } from 'execa'
import { OPTION } from '../../appliance/dhcp/codes.ts'
import { messageType } from '../../appliance/dhcp/fields.ts'
import { type DhcpPacket, decodeDhcp, encodeDhcp } from '../../appliance/dhcp/packet.ts'
import { type Mac, parseIpv4 } from '../../appliance/wire/addresses.ts'
import { mac, request } from '../appliance/dhcp/packets.ts'
import { dataDirFor, until } from '../manager/site.ts'
import { hostless } from '../program.ts'
import { deadlineMs, namespacePair, talker } from './namespaces.ts'

const isRoot = process.getuid?.() === 0
const asRoot = isRoot ? test : test.skip
const RACK = new URL('dhcp-rack.ts', import.meta.url)
const BROADCAST = { address: '255.255.255.255', port: 67 }
const client = (number: number): Mac => mac(`52:54:00:77:00:${number.toString(16).padStart(2, '0')}`)

async function site(t: ExecutionContext) {
  const { serverSpace, clientSpace } = await namespacePair(t, '10.77.0.1/24')
  await execa('ip', ['-n', serverSpace, 'link', 'set', 'lo', 'up'])
  const dataDir = await dataDirFor(t)
  const file = join(dataDir, 'hostless.yaml')
  const write = (...lines: readonly string[]) =>
    writeFile(file, [`dataDir: ${dataDir}`, 'network: { interface: s0, address: 10.77.0.1/24 }', ...lines].join('\n'))
  /** Until it says that it is ready. */
  const start = async () => {
    const child = execa('ip', ['netns', 'exec', serverSpace, ...hostless('appliance', '--config', file)], {
      reject: false,
      buffer: false,
      all: true,
    })
    t.teardown(async () => {
      child.kill('SIGKILL')
      await child
    })
    await new Promise<void>((resolve, reject) => {
      const said: string[] = []
      const timer = setTimeout(() => reject(new Error(said.join('\n'))), 3 * deadlineMs())
      createInterface({ input: child.all }).on('line', (line) => {
        said.push(line)
        if (!line.includes('appliance ready')) return
        clearTimeout(timer)
        resolve()
      })
      void child.then(({ exitCode }) => reject(new Error(`ended with ${exitCode}: ${said.join('\n')}`)))
    })
    return {
      kill: async () => {
        child.kill('SIGKILL')
        await child
      },
      pid: child.pid ?? 0,
    }
  }
  const reload = async () => {
    const [node, ...words] = hostless('reload', '--config', file)
    const { exitCode, stdout, stderr } = await execa(node, words, { reject: false })
    return { exitCode, stdout, stderr }
  }
  const metrics = async () =>
    (await execa('ip', ['netns', 'exec', serverSpace, 'curl', '-sS', '--max-time', '20', 'http://10.77.0.1:8067/metrics'])).stdout
      .split('\n')
      .filter((line) => line.startsWith('hostless_pool_addresses{'))
  const rack = talker(t, clientSpace, RACK, 'client', 'c0')
  await rack.next('ready', ({ kind }) => kind === 'ready')
  let xid = 0
  const ask = async (packet: DhcpPacket) => {
    const heard = rack.lines.length
    rack.say({ hex: encodeDhcp(packet).toString('hex'), to: BROADCAST })
    const line = await rack.next(
      `answer to ${messageType(packet)}`,
      ({ kind, hex }) => kind === 'dhcp' && decodeDhcp(Buffer.from(String(hex), 'hex')).xid === packet.xid,
      heard,
    )
    return decodeDhcp(Buffer.from(String(line.hex), 'hex'))
  }
  const option = (code: number, address: string) => {
    const parsed = parseIpv4(address)
    return { code, data: Buffer.from((parsed ?? '').split('.').map(Number)) }
  }
  /** An address, asked for in four steps. */
  const lend = async (of: Mac): Promise<string> => {
    xid += 1
    const { yiaddr } = await ask(request('DISCOVER', { mac: of, xid }))
    const ack = await ask(
      request('REQUEST', { mac: of, xid }, [option(OPTION.requestedAddress, yiaddr), option(OPTION.serverIdentifier, '10.77.0.1')]),
    )
    return messageType(ack) === 'ACK' ? ack.yiaddr : `${messageType(ack)}`
  }
  /** As a client that has started again and knows what it had. */
  const keep = async (of: Mac, address: string): Promise<string> => {
    xid += 1
    return `${messageType(await ask(request('REQUEST', { mac: of, xid }, [option(OPTION.requestedAddress, address)])))}`
  }
  /** Asked, and not waited for. */
  const discover = (of: Mac): void => {
    xid += 1
    rack.say({ hex: encodeDhcp(request('DISCOVER', { mac: of, xid })).toString('hex'), to: BROADCAST })
  }
  return { start, write, reload, metrics, lend, keep, discover }
}

/** Which sockets of port 67 have something that is not read yet (proc_net_udp(5)): that of reserved machines, that of all others. */
async function waitingAt67(pid: number): Promise<readonly ('reserved' | 'others')[]> {
  const rows = (await readFile(`/proc/${pid}/net/udp`, 'utf8')).split('\n').map((line) => line.trim().split(/\s+/))
  return rows.flatMap(([, local = '', , , queues = '']) => {
    if (!local.endsWith(':0043') || Number.parseInt(queues.split(':')[1] ?? '', 16) === 0) return []
    return [local.startsWith('FFFFFFFF:') ? ('reserved' as const) : ('others' as const)]
  })
}

asRoot('pools and reservations are taken while it serves; leases stay, also over a kill; what is wrong changes nothing', async (t) => {
  const { start, write, reload, metrics, lend, keep } = await site(t)
  await write('dhcp: { pool: 10.77.0.100-10.77.0.101 }', 'hosts: [{ name: old, mac: 52:54:00:77:00:63, address: 10.77.0.99 }]')
  const { kill } = await start()
  t.is(await lend(client(1)), '10.77.0.100')
  t.is(await lend(client(2)), '10.77.0.101')
  t.deepEqual(await metrics(), ['hostless_pool_addresses{pool="10.77.0.100-10.77.0.101"} 2'])

  const hosts = [
    'hosts:',
    '  - { name: node03, mac: 52:54:00:77:00:03, address: 10.77.0.21, bond: { mode: active-backup, members: [52:54:00:77:00:03, 52:54:00:77:00:0a] } }',
    '  - { name: node04, mac: 52:54:00:77:00:04, address: 10.77.0.100 }',
  ]
  await write('dhcp: { pool: 10.77.0.120-10.77.0.130 }', ...hosts)
  t.deepEqual(await reload(), {
    exitCode: 0,
    stdout: `Taken, from now on: dhcp.pool, hosts
10.77.0.100 is reserved for node04 and lent to 52:54:00:77:00:01: node04 gets it once that one has asked again or is gone`,
    stderr: '',
  })
  t.is(await lend(client(3)), '10.77.0.21', 'a reservation that is new')
  t.is(await lend(client(10)), '10.77.0.21', 'by the other NIC of its bond, too')
  t.is(await lend(client(5)), '10.77.0.120', 'the pool that is new')
  t.is(await keep(client(2), '10.77.0.101'), 'ACK', 'a lease of the pool that was')
  t.is(await keep(client(1), '10.77.0.100'), 'NAK', 'it is reserved for another')
  t.is(await lend(client(1)), '10.77.0.121')
  t.is(await lend(client(4)), '10.77.0.100', 'who has it from then on')
  t.is(await lend(client(0x63)), '10.77.0.122', 'a reservation that was')
  // The text is kept for a second.
  const metricsNow = await until('metrics of the pool that is new', async () => {
    const said = await metrics()
    return said.some((line) => line.includes('10.77.0.120')) && said
  })
  t.deepEqual(metricsNow, ['hostless_pool_addresses{pool="10.77.0.120-10.77.0.130"} 11'])

  await write('dhcp: { pool: 10.77.0.120-10.77.0.900 }', 'boot: { image: other }', ...hosts)
  const refused = await reload()
  t.is(refused.exitCode, 2)
  t.regex(refused.stderr, /nothing was taken: [^\n]*hostless\.yaml:3[^\n]*dhcp\.pool[^\n]*10\.77\.0\.120-10\.77\.0\.900/)
  await write('dhcp: { pool: 10.77.0.120-10.77.0.130 }', ...hosts.slice(0, 2), '  - { name: node03, mac: 52:54:00:77:00:07 }')
  t.regex((await reload()).stderr, /nothing was taken: .*hosts\[1\]\.name.*node03 has it too/s)
  t.is(await lend(client(6)), '10.77.0.123', 'the old one goes on')

  await write('dhcp: { pool: 10.77.0.120-10.77.0.130 }', ...hosts)
  await kill()
  await start()
  t.is(await keep(client(2), '10.77.0.101'), 'ACK')
  t.is(await keep(client(3), '10.77.0.21'), 'ACK')
  t.is(await lend(client(6)), '10.77.0.123')
  await write('dhcp: { mode: proxy }', ...hosts)
  t.regex((await reload()).stdout, /^Read at the start of appliance alone: dhcp\.mode$/m)
  t.is(await lend(client(8)), '10.77.0.124')
})

asRoot('who is reserved since a reload waits in the socket of reserved machines, and who is no more among strangers', async (t) => {
  const { start, write, reload, lend, discover } = await site(t)
  const pool = 'dhcp: { pool: 10.77.0.100-10.77.0.120 }'
  await write(pool, 'hosts: [{ name: old, mac: 52:54:00:77:00:01, address: 10.77.0.21 }]')
  const { pid } = await start()
  /** While the appliance stands still the kernel keeps what comes where its filters put it. */
  const waitsIn = async (of: Mac) => {
    process.kill(pid, 'SIGSTOP')
    try {
      await until('the appliance to stop', async () => (await readFile(`/proc/${pid}/stat`, 'utf8')).includes(') T '))
      discover(of)
      return await until(`a packet of ${of} at the stopped appliance`, async () => {
        const sockets = await waitingAt67(pid)
        return sockets.length > 0 && sockets
      })
    } finally {
      process.kill(pid, 'SIGCONT')
    }
  }
  t.deepEqual(await waitsIn(client(1)), ['reserved'])
  t.is(await lend(client(1)), '10.77.0.21')
  t.deepEqual(await waitsIn(client(2)), ['others'])
  t.is(await lend(client(2)), '10.77.0.100')

  await write(pool, 'hosts: [{ name: new, mac: 52:54:00:77:00:02, address: 10.77.0.22 }]')
  t.is((await reload()).exitCode, 0)
  t.deepEqual(await waitsIn(client(2)), ['reserved'])
  t.is(await lend(client(2)), '10.77.0.22')
  t.deepEqual(await waitsIn(client(1)), ['others'])
})
