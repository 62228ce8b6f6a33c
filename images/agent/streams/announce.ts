// Tells the switches where a guest's MACs are now: for each a reverse ARP request (RFC 903) to everybody, from the guest's own MAC, out of
// the bridge that it is on; the bridge's port to a VLAN tags it. IPv4 and IPv6 alike learn by the frame's source, and no neighbour has to
// hear an address again: it has the MAC that it had. The bridge itself, which learns nothing of what it sends, is told before.
import type { GuestConfig } from '../../../manager/protocol/requests/guest-config.ts'
import type { Backend, Command } from '../backend.ts'
import { vifsOf } from '../guests/vifs.ts'
import { failureOf } from '../requests/world.ts'

const ETHERTYPE_RARP = 0x8035
/** Of Ethernet, without its checksum. */
const SHORTEST = 60

/** Without its checksum. */
export function rarpFrame(mac: string): Buffer {
  const own = Buffer.from(mac.replaceAll(':', ''), 'hex')
  const [everybody, nobody] = [Buffer.alloc(6, 0xff), Buffer.alloc(4)]
  const head = Buffer.alloc(10)
  head.writeUInt16BE(ETHERTYPE_RARP, 0)
  head.writeUInt16BE(1, 2)
  head.writeUInt16BE(0x0800, 4)
  head.writeUInt8(6, 6)
  head.writeUInt8(4, 7)
  // reverse request.
  head.writeUInt16BE(3, 8)
  const frame = Buffer.concat([everybody, own, head, own, nobody, own, nobody])
  return Buffer.concat([frame, Buffer.alloc(SHORTEST - frame.length)])
}

/** Sent by the perl that every Debian has, as nothing else of dom0 opens a packet socket. Three times within half a second: a switch may still be busy with the last change. Arguments: a device and a frame each, hexadecimal. */
const SCRIPT = `use Socket;
socket(my $s, 17, SOCK_RAW, 0) or die "socket: $!\\n";
for my $time (1 .. 3) {
  for (my $i = 0; $i < @ARGV; $i += 2) {
    open(my $f, "<", "/sys/class/net/$ARGV[$i]/ifindex") or die "there is no $ARGV[$i]\\n";
    chomp(my $index = <$f>);
    my $to = pack("SnLSCCH16", 17, 0x8035, $index, 0, 0, 6, "ffffffffffff0000");
    defined(send($s, pack("H*", $ARGV[$i + 1]), 0, $to)) or die "$ARGV[$i]: $!\\n";
  }
  select(undef, undef, undef, 0.2) if $time < 3;
}`

/**
 * The bridge has heard the guest from elsewhere while it ran there, and would send nothing that comes from there to its vif for five minutes.
 * Learned it is, as from a frame of the guest's: it ages, and follows the guest. Of a NIC that is held to its MAC that stands already.
 */
export function bindCommand(mac: string, vif: string): Command {
  return ['bridge', 'fdb', 'replace', mac, 'dev', vif, 'master', 'dynamic']
}

/** `failure`: what has kept it from being told. */
export async function announce(
  backend: Backend,
  domid: number,
  nics: GuestConfig['nics'],
): Promise<{ readonly nics: number; readonly failure: string | undefined }> {
  const frames = nics.flatMap(({ mac, bridge }) => [bridge, rarpFrame(mac).toString('hex')])
  if (frames.length === 0) return { nics: 0, failure: undefined }
  const unbound = await bind(backend, domid, nics)
  return { nics: nics.length, failure: (await failureOf(backend, ['perl', '-e', SCRIPT, '--', ...frames])) ?? unbound }
}

/** What has kept it; the switches are told all the same. */
async function bind(backend: Backend, domid: number, nics: GuestConfig['nics']): Promise<string | undefined> {
  const vifs = await vifsOf(backend, domid)
  if (vifs.kind === 'unread') return `which vifs it has is not known: ${vifs.reason}`
  let failure: string | undefined
  for (const { mac } of nics) {
    const vif = vifs.byMac.get(mac)
    if (vif?.held === 'to its MAC') continue
    const why = vif ? await failureOf(backend, bindCommand(mac, vif.name)) : `it has no vif with MAC ${mac}`
    failure ??= why
  }
  return failure
}
