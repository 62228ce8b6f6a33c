// Real DHCP clients of others against our server, each in a network namespace at the other end of a veth pair: busybox udhcpc, ISC dhclient,
// dhcpcd, perfdhcp as a relay, and the npm package dhcp.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import test from 'ava'
import { execa } from 'execa'
import { parseRateRun } from '../bench/perfdhcp.ts'
import { rack } from './dhcp-server.ts'
import { deadlineMs, type Line, talker } from './namespaces.ts'

const isRoot = process.getuid?.() === 0
const rootTest = isRoot ? test.serial : test.serial.skip
const why = isRoot ? '' : ' (needs root, for network namespaces)'
const PACKAGE = new URL('dhcp-package.ts', import.meta.url)

rootTest(`busybox udhcpc gets a lease, the same one again, renews it by unicast, and gives it back${why}`, async (t) => {
  const { server, clientSpace, folder } = await rack(t)
  const script = join(folder, 'script')
  const lines = [
    '#!/bin/sh',
    '[ -n "$ip" ] || exit 0',
    'ip address replace "$ip/$mask" dev c0',
    'echo "$1 $ip $mask $router $dns $serverid $lease"',
  ]
  await writeFile(script, lines.join('\n'), { mode: 0o755 })
  const udhcpc = (...options: readonly string[]) =>
    execa(
      'ip',
      ['netns', 'exec', clientSpace, 'busybox', 'udhcpc', '-i', 'c0', '-f', '-n', '-t', '5', '-T', '20', '-s', script, ...options],
      {
        reject: false,
      },
    )
  const lease = '10.77.0.100 24 10.77.0.1 10.77.0.1 10.77.0.1'
  t.is((await udhcpc('-q')).stdout, `bound ${lease} 3600`)
  // Who asks again early is told what is left of the hour.
  const left = `${lease} (3600|3[2-5]\\d\\d)`

  const client = udhcpc('-R', '-r', '10.77.0.150')
  t.teardown(() => client.kill('SIGKILL'))
  const said = createInterface({ input: client.stdout })[Symbol.asyncIterator]()
  t.regex((await said.next()).value, new RegExp(`^bound ${left}$`))
  client.kill('SIGUSR1')
  t.regex((await said.next()).value, new RegExp(`^renew ${left}$`))
  client.kill('SIGTERM')
  await server.next('RELEASE', ({ message }) => message === 'RELEASE')
  const exchanges = server.lines
    .filter(({ kind }) => kind === 'exchange')
    .map(({ message, answer, reason }) => [message, answer, reason].join(' ').trim())
  // A client whose answer came late has asked again, in words that are the same.
  const selected = '(DISCOVER offer, )+(REQUEST ack, )'
  t.regex(exchanges.join(', '), new RegExp(`^${selected}+${selected}{2,}RELEASE silent 10\\.77\\.0\\.100 was given back$`))
})

/** A client may have its answer before the server has said so here. */
const isAck = ({ message, answer }: Line) => message === 'REQUEST' && answer === 'ack'

/** What the server did, in order: `DISCOVER offer, REQUEST ack`. Who is in a hurry asks twice in words that are the same. */
const exchangesOf = (server: ReturnType<typeof talker>) =>
  server.lines
    .filter(({ kind }) => kind === 'exchange')
    .map(({ message, answer }) => `${message} ${answer}`)
    .filter((exchange, place, all) => exchange !== all[place - 1])
    .join(', ')

/** A program in the client's namespace; what it leaves on the file systems of /run and /var/lib goes with it. */
function inClientSpace(clientSpace: string, command: string) {
  const alone = `mount -t tmpfs none /run && mount -t tmpfs none /var/lib && ${command}`
  return execa('ip', ['netns', 'exec', clientSpace, 'sh', '-c', alone], { reject: false, all: true, timeout: deadlineMs() })
}

rootTest(`ISC dhclient gets a lease, takes the same one again, and gives it back${why}`, async (t) => {
  const { server, clientSpace, folder } = await rack(t)
  const script = join(folder, 'script')
  const told = 'echo "$reason $new_ip_address $new_subnet_mask $new_routers $new_domain_name_servers $new_dhcp_lease_time"'
  // What is given back is sent from it.
  const address = '[ -z "$new_ip_address" ] || ip address replace "$new_ip_address/24" dev c0'
  await writeFile(script, `#!/bin/sh\n${told}\n${address}\n`, { mode: 0o755 })
  const files = `-sf ${script} -lf ${folder}/leases -pf ${folder}/pid`
  // It goes on in the background once it is bound; `-r` ends that one and gives the address back.
  const { all } = await inClientSpace(
    clientSpace,
    `dhclient -4 -1 ${files} c0 && dhclient -4 -x ${files} c0 && dhclient -4 -1 ${files} c0 && dhclient -4 -r ${files} c0`,
  )
  t.regex(String(all), /^BOUND 10\.77\.0\.100 255\.255\.255\.0 10\.77\.0\.1 10\.77\.0\.1 3600$/m)
  t.regex(String(all), /^REBOOT 10\.77\.0\.100 255\.255\.255\.0 10\.77\.0\.1 10\.77\.0\.1 (3600|35\d\d)$/m)
  await server.next('RELEASE', ({ message }) => message === 'RELEASE')
  t.is(exchangesOf(server), 'DISCOVER offer, REQUEST ack, RELEASE silent')
})

rootTest(`dhcpcd gets a lease${why}`, async (t) => {
  const { server, clientSpace, folder } = await rack(t)
  const script = join(folder, 'script')
  const told = 'echo "$reason $new_ip_address $new_subnet_mask $new_routers $new_domain_name_servers $new_dhcp_lease_time"'
  await writeFile(script, `#!/bin/sh\n${told} >>${folder}/told\n`, { mode: 0o755 })
  const { all } = await inClientSpace(
    clientSpace,
    `mkdir /var/lib/dhcpcd && dhcpcd -4 --oneshot --nobackground --noarp --noipv4ll --config /dev/null --script ${script} --option domain_name_servers,routers c0`,
  )
  t.regex(
    await readFile(join(folder, 'told'), 'utf8'),
    /^BOUND 10\.77\.0\.100 255\.255\.255\.0 10\.77\.0\.1 10\.77\.0\.1 3600$/m,
    String(all),
  )
  await server.next('ACK', isAck)
  t.is(exchangesOf(server), 'DISCOVER offer, REQUEST ack')
})

rootTest(`perfdhcp, as a relay of ten machines, gets each of them a lease of their subnet${why}`, async (t) => {
  const { server, serverSpace, clientSpace } = await rack(t)
  await execa('ip', ['-n', clientSpace, 'address', 'add', '10.88.0.1/24', 'dev', 'c0'])
  await execa('ip', ['-n', clientSpace, 'route', 'add', '10.77.0.0/24', 'dev', 'c0'])
  await execa('ip', ['-n', serverSpace, 'route', 'add', '10.88.0.0/24', 'dev', 's0'])
  const { all } = await inClientSpace(clientSpace, 'perfdhcp -4 -l c0 -r 50 -R 10 -n 10 -W 200000 10.77.0.1')
  t.deepEqual(parseRateRun(String(all)), { started: 10, completed: 10 })
  await server.next('ACK for the tenth', () => server.lines.filter(isAck).length >= 10)
  const bound = server.lines.filter(isAck).map(({ address }) => String(address))
  t.is(new Set(bound).size, 10)
  t.true(bound.every((address) => address.startsWith('10.88.0.')))
})

rootTest(`the npm package dhcp, as a client, is bound to the address that it was offered${why}`, async (t) => {
  const { server, clientSpace } = await rack(t)
  await execa('ip', ['-n', clientSpace, 'route', 'add', 'default', 'dev', 'c0'])
  const client = talker(t, clientSpace, PACKAGE, '52:54:00:78:00:09')
  const { state } = await client.next('lease', ({ kind }) => kind === 'bound')
  const { address, leasePeriod, server: from, options } = state as Record<string, unknown>
  t.like(
    { address, leasePeriod, from, ...(options as object) },
    { address: '10.77.0.100', leasePeriod: 3600, from: '10.77.0.1', netmask: '255.255.255.0', router: ['10.77.0.1'], dns: ['10.77.0.1'] },
  )
  await server.next('ACK', isAck)
  t.is(exchangesOf(server), 'DISCOVER offer, REQUEST ack')
})
