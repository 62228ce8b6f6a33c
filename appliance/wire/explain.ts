// Why a socket could not be opened on an interface, said so that the reader knows what to do next.

/** The errno values that a user can do something about; everything else is `other`. */
export type SocketFailure = 'EADDRINUSE' | 'EPERM' | 'EACCES' | 'ENODEV' | 'EADDRNOTAVAIL' | 'EAFNOSUPPORT' | 'other'

export interface SocketAttempt {
  readonly interface: string
  /** `UDP port 67`, `ICMPv6`. */
  readonly what: string
  /** The system call that failed: `bind`, `setsockopt SO_BINDTODEVICE`. */
  readonly call: string
  /** The errno's name, or its number in text. */
  readonly code: string
  /** Who has the port already, as `dnsmasq (pid 812)`; empty when that could not be found out. */
  readonly holders: readonly string[]
}

/** A socket that could not be opened; `failure` is for programs, the message for people. */
export class SocketError extends Error {
  override readonly name = 'SocketError'
  readonly failure: SocketFailure
  readonly call: string

  constructor(attempt: SocketAttempt) {
    super(explainSocket(attempt))
    this.failure = failureOf(attempt.code)
    this.call = attempt.call
  }
}

/** One sentence: what failed, on what, and what to do. */
export function explainSocket(attempt: SocketAttempt): string {
  const where = `${attempt.what} on interface ${attempt.interface}`
  const failure = failureOf(attempt.code)
  switch (failure) {
    case 'EADDRINUSE': {
      const holder = attempt.holders.length > 0 ? attempt.holders.join(', ') : 'another program (see: ss -lunp)'
      return `cannot open ${where}: ${holder} on this machine has it already; stop it, or keep it off this interface`
    }
    case 'EPERM':
    case 'EACCES':
      return `cannot open ${where}: not permitted (${attempt.call}); run as root, or grant CAP_NET_BIND_SERVICE and CAP_NET_RAW`
    case 'ENODEV':
      return `cannot open ${where}: there is no such interface; see "ip link", and network.interface in the configuration`
    case 'EADDRNOTAVAIL':
      return `cannot open ${where}: the interface has no suitable address (${attempt.call}); is it up?`
    case 'EAFNOSUPPORT':
      return `cannot open ${where}: this kernel has that protocol switched off`
    case 'other':
      return `cannot open ${where}: ${attempt.call} failed with ${attempt.code}`
  }
}

function failureOf(code: string): SocketFailure {
  switch (code) {
    case 'EADDRINUSE':
    case 'EPERM':
    case 'EACCES':
    case 'ENODEV':
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
      return code
    default:
      return 'other'
  }
}

/** Inodes of the sockets bound to a local port, from the text of `/proc/net/udp`. */
export function inodesOnPort(table: string, port: number): readonly string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => columns[1]?.endsWith(suffix))
    .flatMap((columns) => columns[9] ?? [])
}
