// Hosts hear each other where their bridges have learned each other's MACs, and a bridge forgets a station that is silent for 300 s
// (ageing_time). Hosts that have nothing to say to each other would fall out of the networks that they share, so each says now and then
// that it is there: on every VLAN of a bridge that filters them, which learns for each VLAN on its own.
import type { Inventory } from '../../manager/protocol/inventory.ts'
import type { Bridge } from '../../manager/protocol/network.ts'
import type { Mac } from '../../manager/protocol/values.ts'
import type { Backend, Command } from './backend.ts'

/** Milliseconds: two in a row may be lost. */
export const PRESENCE_PERIOD = 120_000
/** A host has a few; thousands would be a mistake of somebody's, and none to repeat on the wire. */
const MOST = 64
/** Of one port. Each host of the network gets each of these frames: a trunk with all 4094 VLANs would be a storm. */
export const MOST_VLANS = 64
/** The IPv4 dummy address (RFC 7600, 4.8): nobody has it, so nobody answers. */
const NOBODY = '192.0.0.8'

/**
 * An ARP probe (RFC 5227, 2.1.1) over each bridge that leads somewhere: a broadcast that needs no address and changes no one's cache.
 * `uplinks`: interfaces that lead out of the host.
 */
export function presenceCommands(bridges: readonly Bridge[], uplinks: ReadonlySet<string> = new Set()): readonly Command[] {
  return bridges
    .filter(({ link, ports }) => link !== 'down' && ports.some((port) => port.link !== 'down'))
    .slice(0, MOST)
    .flatMap((bridge) => {
      const tagged = taggedProbes(bridge, uplinks)
      return tagged.length > 0 ? tagged : [['busybox', 'arping', '-q', '-D', '-c', '1', '-w', '1', '-I', bridge.name, NOBODY] as const]
    })
}

/** What cannot be said now is said the next time. */
export async function showPresence(
  backend: Pick<Backend, 'run'>,
  { bridges, nics, bonds, vlans }: Pick<Inventory, 'bridges' | 'nics' | 'bonds' | 'vlans'>,
): Promise<void> {
  const uplinks = new Set<string>([...nics, ...bonds, ...vlans].map(({ name }) => name))
  await Promise.all(presenceCommands(bridges, uplinks).map((command) => backend.run(command)))
}

/**
 * By the ports and not by the bridge: the bridge itself is seldom a member of the guests' VLANs, and to make it one, or a VLAN interface
 * on it, would change the host. None for a bridge that does not filter, or whose VLANs could not be read.
 */
function taggedProbes({ mac, vlanFiltering, vlanProtocol, ports }: Bridge, uplinks: ReadonlySet<string>): readonly Command[] {
  if (!vlanFiltering || mac === undefined) return []
  const used = new Set(ports.filter(({ name }) => !uplinks.has(name)).flatMap(({ vlans }) => vlans))
  return ports
    .filter(({ name, link, vlans }) => uplinks.has(name) && link !== 'down' && vlans.length > 0)
    .map(({ name, vlans, nativeVlan }) => probe(name, mac, vlanProtocol === '802.1ad' ? '88a8' : '8100', spoken(vlans, nativeVlan, used)))
}

/** 0 is untagged. Where there are too many: the native VLAN, those that guests here are on, then the lowest; the same ones each time. */
function spoken(vlans: readonly number[], native: number | undefined, used: ReadonlySet<number>): readonly number[] {
  const rank = (id: number): number => (id === native ? 0 : used.has(id) ? 1 : 2)
  return [...vlans]
    .sort((a, b) => rank(a) - rank(b) || a - b)
    .slice(0, MOST_VLANS)
    .map((id) => (id === native ? 0 : id))
}

/** Nothing else in a dom0 sends a tagged frame; perl is in every Debian. */
function probe(port: string, mac: Mac, protocol: string, tags: readonly number[]): Command {
  return ['perl', '-e', PROBE, port, mac, protocol, ...tags.map(String)]
}

/**
 * Sends by a packet socket (packet(7)), the address of which is a struct sockaddr_ll: AF_PACKET is 17, SOCK_RAW 3, and a protocol of 0
 * hears nothing. Ethernet's least is 60 bytes.
 */
const PROBE = `
my ($port, $mac, $protocol, @tags) = @ARGV;
open my $file, '<', "/sys/class/net/$port/ifindex" or die "$port: $!\\n";
my $to = pack 'S n i S C C a8', 17, 0, int <$file>, 0, 0, 6, "\\xff" x 6;
my $source = pack 'H12', $mac =~ s/://gr;
my $arp = pack 'n n C C n a6 N a6 C4', 1, 0x0800, 6, 4, 1, $source, 0, '', ${NOBODY.replaceAll('.', ', ')};
socket my $socket, 17, 3, 0 or die "socket: $!\\n";
for (@tags) {
  my $tag = $_ ? pack 'n n', hex $protocol, $_ : '';
  send $socket, pack('a60', "\\xff" x 6 . $source . $tag . pack('n', 0x0806) . $arp), 0, $to or die "$port: $!\\n";
}
`
