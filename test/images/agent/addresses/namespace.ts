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

export interface Namespace {
  readonly child: ChildProcess & { readonly stdout: NodeJS.ReadableStream }
  /** Text that the command has said. */
  within(...command: string[]): string
  send(port: string, ...frames: readonly Uint8Array[]): void
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
  return { child, within, send }
}

/** Needs root. */
export const canHaveNamespaces = process.getuid?.() === 0
