// The options of a command that moves guests, one or all of a host, and what they ask of the manager.
import type { Command } from 'commander'
import type { Host } from '../../contract/hosts.ts'
import { byteRate, timeSpan } from './quantities.ts'
import { pickOneHost } from './selecting.ts'

export interface MoveOptions {
  readonly to?: string
  readonly plan?: true
  readonly maxPause?: number
  readonly rate?: number
  readonly network?: string
  readonly keep?: number
}

export function addMoveOptions(command: Command): Command {
  return addHowOptions(command.option('--to <host>', 'where they go'))
}

/** Of moves whose targets are known. */
export function addHowOptions(command: Command): Command {
  return command
    .option('--plan', 'show how, and do nothing')
    .option('--max-pause <span>', 'that each may stand still: 2s, 500ms; longer is not moved (2s)', timeSpan(100, 600_000))
    .option('--rate <size>', 'of memory and of each disk, a second: 40M (all that the network carries)', byteRate)
    .option('--network <network>', 'that both hosts are in: 10.77.0.0/24 (the fastest)')
    .option('--keep <span>', 'for how long the old disks are kept: 1h, 0s (1h)', timeSpan(0, 30 * 86_400_000))
}

/** Throws where `--to` names no host, or several. */
export function moveHowOf({ to, maxPause, rate, network, keep }: MoveOptions, hosts: readonly Host[]) {
  return {
    ...(to === undefined ? {} : { host: pickOneHost(to, hosts).id }),
    ...(maxPause === undefined ? {} : { maxPauseMs: maxPause }),
    ...(rate === undefined ? {} : { rateBytes: rate }),
    ...(network === undefined ? {} : { network }),
    ...(keep === undefined ? {} : { keepMs: keep }),
  }
}
