// A network namespace in which `vif7.0` and a guest's end of it, `guest7`, stand for a vif, with the files in /sys that belong to it.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import type { ExecutionContext } from 'ava'

const PREPARED = [
  'mount -t sysfs sysfs /sys',
  'ip link add vif7.0 type veth peer name guest7',
  'ip link set vif7.0 up',
  'ip link set guest7 up',
  'exec "$@"',
].join(' && ')

/** Hexadecimal frames, each sent once out of a port. */
const SEND = `my ($port, @frames) = @ARGV;
socket my $socket, 17, 3, 0 or die $!;
open my $file, '<', "/sys/class/net/$port/ifindex" or die $!;
my $to = pack 'S n i S C C a8', 17, 0, int <$file>, 0, 0, 6, '';
defined send $socket, pack('H*', $_), 0, $to or die $! for @frames;`

/** Says, hexadecimal, each frame of our own EtherType that comes to a port, up to the one that is asked for. */
const HEAR = `my ($port, $last) = @ARGV;
$| = 1;
socket my $socket, 17, 3, 0 or die $!;
open my $file, '<', "/sys/class/net/$port/ifindex" or die $!;
setsockopt $socket, 263, 23, pack 'i', 1;
bind $socket, pack 'S n i S C C a8', 17, 0x88b5, int <$file>, 0, 0, 0, '' or die $!;
print "ready\\n";
while (defined recv $socket, my $frame, 2048, 0) {
  print unpack('H*', $frame), "\\n";
  last if unpack('H*', $frame) eq $last;
}`

/** Of the EtherType for trials (IEEE 802, 0x88b5). `word`: what it carries. */
export function trial(from: string, to: string, word: string): Buffer {
  const octets = (mac: string): Buffer => Buffer.from(mac.replaceAll(':', ''), 'hex')
  return Buffer.concat([octets(to), octets(from), Buffer.from([0x88, 0xb5]), Buffer.from(word.padEnd(46, '.'))])
}

export interface Namespace {
  readonly child: ChildProcess & { readonly stdout: NodeJS.ReadableStream }
  /** Text that the command has said. */
  within(...command: string[]): string
  send(port: string, ...frames: readonly Uint8Array[]): void
  /** What each trial that a port gets carries, while this is done, up to that frame: it is sent at the end, and must come. */
  heard(port: string, last: Buffer, doing: () => void): Promise<readonly string[]>
}

/** The program runs in it, and ends with the test. */
export function namespaceFor(t: ExecutionContext, ...program: readonly string[]): Namespace {
  const child = spawn('unshare', ['-n', '-m', 'sh', '-c', PREPARED, 'sh', ...program], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => child.kill('SIGKILL'))
  child.stdout.setEncoding('utf8')
  const within = (...command: string[]): string =>
    execFileSync('nsenter', ['-t', String(child.pid), '-n', '-m', ...command], { encoding: 'utf8' })
  const send: Namespace['send'] = (port, ...frames) =>
    void within('perl', '-e', SEND, port, ...frames.map((frame) => Buffer.from(frame).toString('hex')))
  const heard: Namespace['heard'] = (port, last, doing) =>
    new Promise((resolve, reject) => {
      const hearing = spawn('nsenter', ['-t', String(child.pid), '-n', '-m', 'perl', '-e', HEAR, port, last.toString('hex')], {
        stdio: ['ignore', 'pipe', 'inherit'],
        timeout: 20_000,
      })
      let said = ''
      hearing.stdout.setEncoding('utf8')
      hearing.stdout.on('data', (text: string) => {
        if (said === '') doing()
        said += text
      })
      hearing.on('close', (code) => {
        const frames = said.split('\n').slice(1, -1)
        const words = frames.map((hex) => Buffer.from(hex, 'hex').subarray(14).toString().replace(/\.*$/, ''))
        if (code === 0) resolve(words)
        else reject(new Error(`the last frame did not come, but: ${words.join(', ')}`))
      })
    })
  return { child, within, send, heard }
}

/** Needs root. */
export const canHaveNamespaces = process.getuid?.() === 0
