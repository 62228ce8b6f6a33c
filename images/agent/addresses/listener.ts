// Listens on the guests' vifs for ARP and neighbour discovery: the program that does it, and what it says. Run by the perl that every Debian
// has, as the probes of presence.ts are: one for all guests, of a few megabytes.
import type { Command } from '../backend.ts'
import { LOOKED_AT, type Sender, senderIn } from './frame.ts'

/** Seconds after which the same is said again: that it is still so. */
const AGAIN = 60
/** Lines about one vif in a round, of which there are at most four a second: a guest that floods takes neither dom0's CPU nor another's turn. */
const MOST_LINES = 8

/**
 * packet(7): a socket for each vif, which hears only what comes from its guest (PACKET_IGNORE_OUTGOING, 23 of SOL_PACKET, 263): what goes
 * to it costs nothing. A filter of the kernel's (socket(7), SO_ATTACH_FILTER, 26; classic BPF) leaves ARP, and ICMPv6 135 and 136, of the
 * guest's own network: frames that it tags itself are another one's. A protocol of 0 hears nothing until the filter is there, and with a
 * small buffer (SO_RCVBUF, 8) it is the kernel that drops a flood. What a sender repeats is said once. A clock
 * that is put back keeps nothing unsaid.
 */
const SCRIPT = `
my ($again, $most) = @ARGV;
$| = 1;
my $filter = join '', map { pack 'S C C L', @$_ }
  [0x20, 0, 0, 0xfffff030], [0x15, 0, 9, 0],
  [0x28, 0, 0, 12], [0x15, 6, 0, 0x0806], [0x15, 0, 6, 0x86dd],
  [0x30, 0, 0, 20], [0x15, 0, 4, 58],
  [0x30, 0, 0, 54], [0x15, 1, 0, 135], [0x15, 0, 1, 136],
  [0x06, 0, 0, ${LOOKED_AT}], [0x06, 0, 0, 0];
my $program = pack 'S x6 P', length($filter) / 8, $filter;
my %of;

sub open_at {
  my ($vif, $index) = @_;
  socket my $socket, 17, 3, 0 or die "socket: $!\\n";
  setsockopt $socket, 1, 26, $program or die "filter: $!\\n";
  setsockopt $socket, 263, 23, pack 'i', 1;
  setsockopt $socket, 1, 8, pack 'i', 65536;
  return bind($socket, pack 'S n i S C C a8', 17, 3, $index, 0, 0, 0, '') ? { socket => $socket, index => $index, told => {} } : undef;
}

sub look_around {
  my %now;
  opendir my $folder, '/sys/class/net' or die "/sys/class/net: $!\\n";
  for my $vif (grep /^vif\\d{1,5}\\.\\d{1,3}$/, readdir $folder) {
    open my $file, '<', "/sys/class/net/$vif/ifindex" or next;
    my $index = int(<$file> // 0) or next;
    my $known = $of{$vif};
    my $one = $known && $known->{index} == $index ? $known : open_at($vif, $index);
    $now{$vif} = $one if $one;
  }
  %of = %now;
}

sub sender_of {
  my ($frame) = @_;
  return substr $frame, 6, 26 if unpack('n', substr $frame, 12, 2) == 0x0806;
  my $advertises = ord(substr $frame, 54, 1) == 136;
  return substr($frame, 6, 6) . substr($frame, 22, 16) . ($advertises ? substr $frame, 62, 16 : '');
}

my $looked = time;
look_around();
print "listening\\n";
for (;;) {
  if (abs(time - $looked) >= 2) {
    look_around();
    $looked = time;
  }
  my $ready = '';
  vec($ready, fileno $_->{socket}, 1) = 1 for values %of;
  select $ready, undef, undef, 2;
  for my $vif (keys %of) {
    my ($socket, $told, $lines) = ($of{$vif}{socket}, $of{$vif}{told}, 0);
    for (1 .. 256) {
      defined recv $socket, my $frame, ${LOOKED_AT}, 0x40 or last;
      next if length $frame < 42 || $lines >= $most;
      my $sender = sender_of($frame);
      next if abs(time - ($told->{$sender} // 0)) < $again;
      %$told = () if keys %$told >= 64;
      $told->{$sender} = time;
      $lines += 1;
      print "$vif ", unpack('H*', $frame), "\\n";
    }
  }
  select undef, undef, undef, 0.25;
}
`

export const LISTENER: Command = ['perl', '-e', SCRIPT, String(AGAIN), String(MOST_LINES)]

export type Line = { readonly kind: 'listening' } | { readonly kind: 'sender'; readonly vif: string; readonly sender: Sender }

/** Of what the listener says; undefined for what tells of no address. */
export function parseLine(line: string): Line | undefined {
  if (line === 'listening') return { kind: 'listening' }
  const [, vif, hex] = /^(vif\d{1,5}\.\d{1,3}) ((?:[0-9a-f]{2}){14,78})$/.exec(line) ?? []
  const sender = hex === undefined ? undefined : senderIn(Buffer.from(hex, 'hex'))
  return vif === undefined || sender === undefined ? undefined : { kind: 'sender', vif, sender }
}
