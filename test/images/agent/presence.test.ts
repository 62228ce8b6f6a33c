import test from 'ava'
import { execa } from 'execa'
import type { Command } from '../../../images/agent/backend.ts'
import { MOST_VLANS, presenceCommands } from '../../../images/agent/presence.ts'
import { observe } from '../../../images/agent/runner.ts'
import { makeMachine, simulatedHost } from '../../../images/agent/simulator.ts'
import { type Bridge, bridge } from '../../../manager/protocol/network.ts'
import { uuid } from '../../../manager/protocol/values.ts'
import { collectingLog } from '../../appliance/wire/collecting-log.ts'
import { TestClock } from './clock.ts'

const bridgeOf = (name: string, link: 'up' | 'down', ports: readonly ('up' | 'down')[]) =>
  bridge.parse({
    ...{ name, link, mac: '52:54:00:77:00:01', mtu: 1500, stp: false, vlanFiltering: false },
    ports: ports.map((of, index) => ({ name: `eth${index}`, link: of, vlans: [] })),
  })

test('a host shows itself over each bridge that leads somewhere, and over no other', (t) => {
  const bridges = [
    bridgeOf('xenbr0', 'up', ['down', 'up']),
    bridgeOf('unplugged', 'up', ['down']),
    bridgeOf('off', 'down', ['up']),
    bridgeOf('internal', 'up', []),
  ]
  t.deepEqual(presenceCommands(bridges), [['busybox', 'arping', '-q', '-D', '-c', '1', '-w', '1', '-I', 'xenbr0', '192.0.0.8']])
})

const UPLINKS = new Set(['bond0', 'eth9'])
const filtering = (ports: readonly object[], more: object = {}) =>
  bridge.parse({
    ...{ name: 'xenbr0', link: 'up', mac: '52:54:00:77:00:01', stp: false, vlanFiltering: true, ...more },
    ports: ports.map((port) => ({ link: 'up', vlans: [], ...port })),
  })
/** Port, MAC, protocol and VLANs of what is sent. */
const spokenBy = (...bridges: readonly Bridge[]) =>
  presenceCommands(bridges, UPLINKS).map(([program, ...args]) => (program === 'perl' ? args.slice(2) : [program, ...args]).join(' '))

test('over a bridge that filters VLANs it shows itself on each VLAN of each way out, and untagged on the native one', (t) => {
  const bond = { name: 'bond0', nativeVlan: 10, vlans: [10, 100, 200] }
  const vif = { name: 'vif3.0', nativeVlan: 200, vlans: [200] }
  t.deepEqual(spokenBy(filtering([bond, vif, { name: 'eth9', link: 'down', vlans: [300] }])), ['bond0 52:54:00:77:00:01 8100 0 200 100'])
  t.deepEqual(spokenBy(filtering([{ name: 'bond0', vlans: [5] }], { vlanProtocol: '802.1ad' })), ['bond0 52:54:00:77:00:01 88a8 5'])
})

test('of a trunk with every VLAN it speaks on its native one, on its guests’ and on some more, and on no others', (t) => {
  const all = Array.from({ length: 4094 }, (_, index) => index + 1)
  const vifs = [4000, 77].map((id) => ({ name: `vif${id}.0`, nativeVlan: id, vlans: [id] }))
  const [command = ''] = spokenBy(filtering([{ name: 'bond0', nativeVlan: 1, vlans: all }, ...vifs]))
  const tags = command.split(' ').slice(3).map(Number)
  t.is(tags.length, MOST_VLANS)
  t.deepEqual(tags.slice(0, 5), [0, 77, 4000, 2, 3])
})

test('where the VLANs of a filtering bridge could not be read it shows itself as over any other', (t) => {
  t.regex(spokenBy(filtering([{ name: 'bond0' }])).join(), /^busybox arping .* xenbr0 /)
})

test('what it sends on a VLAN is an ARP probe with that tag', async (t) => {
  const space = `hl-presence-${process.pid}`
  await execa('ip', ['netns', 'add', space])
  t.teardown(() => execa('ip', ['netns', 'del', space]))
  const inside = (...argv: readonly string[]) => execa('ip', ['netns', 'exec', space, ...argv])
  await inside('ip', 'link', 'add', 'bond0', 'type', 'veth', 'peer', 'name', 'wire')
  for (const name of ['bond0', 'wire']) await inside('ip', 'link', 'set', name, 'addrgenmode', 'none', 'up')
  const [command = []] = presenceCommands([filtering([{ name: 'bond0', nativeVlan: 1, vlans: [1, 100, 4094] }])], UPLINKS)
  const { stdout } = await inside('perl', '-e', HEAR, 'bond0', '3', ...command)
  const arp = '0806000108000604000152540077000100000000000000000000c0000008'
  t.deepEqual(
    stdout.split('\n').map((frame) => frame.replace(/0*$/, '').replace(`ffffffffffff525400770001`, '')),
    [arp, `81000064${arp}`, `81000ffe${arp}`],
  )
})

/** Runs the rest of its arguments, and prints so many frames that leave by an interface: an observer sees them as they are sent. */
const HEAR = `
my ($name, $count, @command) = @ARGV;
open my $file, '<', "/sys/class/net/$name/ifindex" or die $!;
socket my $socket, 17, 3, 0x0300 or die $!;
bind $socket, pack('S n i S C C a8', 17, 3, int <$file>, 0, 0, 0, '') or die $!;
system(@command) and die "it has failed";
alarm 20;
while ($count) {
  recv $socket, my $frame, 2048, 0;
  next unless unpack('H*', $frame) =~ /c0000008/;
  print unpack('H*', $frame), "\\n";
  $count--;
}
`

test('it does so at its start and before any bridge forgets it, and no more after it is stopped', async (t) => {
  const clock = new TestClock()
  const host = simulatedHost(makeMachine('presence', 3), clock)
  const shown: number[] = []
  const backend = {
    ...host.backend,
    run: (command: Command) => {
      if (command[1] === 'arping') shown.push(clock.now)
      return host.backend.run(command)
    },
  }
  const run = uuid.parse('6a1437ba-1c67-49ec-a46f-ed26f0248e7b')
  const observation = await observe({ ...host, backend }, { run, sampleSeconds: 10, log: collectingLog().log, send: () => undefined })
  await clock.advance(600_000)
  const moments = [...new Set(shown)]
  t.is(moments[0], 0)
  for (const [at, moment] of moments.entries()) t.true(moment - (moments[at - 1] ?? 0) <= 150_000, String(moment))
  t.true(moments.length >= 5)
  await observation.stop()
  const count = shown.length
  await clock.advance(600_000)
  t.is(shown.length, count)
})
