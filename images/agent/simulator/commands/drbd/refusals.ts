// What drbdsetup says when the kernel refuses, and with which exit code (drbd-utils: user/v84/drbdsetup.c; linux/drbd.h).
import { type Context, type Ended, failed } from '../command.ts'

const FAILURES: { readonly [code: number]: string } = {
  104: 'Can not open backing device.',
  105: 'Can not open meta device.',
  111: 'Low.dev. smaller than requested DRBD-dev. size.',
  112: 'Meta device too small.',
  119: "No valid meta-data signature found.\n\n\t==> Use 'drbdadm create-md res' to initialize meta-data area. <==\n",
  124: 'Device is attached to a disk (use detach first)',
  125: 'Device has a net-config (use disconnect first)',
  127: 'Device minor not allocated',
  138: 'Device does not have a disk-config',
  151: 'Device is connected, or connecting',
  158: 'Unknown resource',
  159: 'Resource still in use (delete all minors first)',
  160: 'Minor still configured (down it first)',
  161: 'Minor exists already (delete it first)',
  165: "Unclean meta-data found.\nYou need to 'drbdadm apply-al res'\n",
}

const STATES: { readonly [code: string]: string } = {
  '-1': 'Multiple primaries not allowed by config',
  '-2': 'Need access to UpToDate data',
  '-7': 'Refusing to be Outdated while Primary',
  '-8': 'Can not start OV/resync since it is already active',
  '-12': 'Device is held open by someone',
  '-14': 'Need a verify algorithm to start online verify',
  '-15': 'Need a connection to start verify or resync',
}

export function failure(context: Context, what: string, code: number): Ended {
  return failed(context, 10, `${what}: Failure: (${code}) ${FAILURES[code] ?? ''}`)
}

export function stateRefused(context: Context, what: string, code: number): Ended {
  return failed(context, code === -2 ? 17 : 11, `${what}: State change failed: (${code}) ${STATES[String(code)] ?? ''}`)
}
