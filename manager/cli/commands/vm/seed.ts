// `vm create --hostname --ssh-key --user-data --network-config`: what a guest's spec says of its first boot.
import type { Command } from 'commander'
import { type GuestSeed, MOST_SEED_BYTES } from '../../../protocol/guest-seed.ts'
import { CommandFailure } from '../../engine/failure.ts'
import type { ReadFile } from './text.ts'

export interface SeedOptions {
  readonly hostname?: string
  readonly sshKey: readonly string[]
  readonly userData?: string
  readonly networkConfig?: string
}

const each = (value: string, before: readonly string[]): readonly string[] => [...before, value]

export function addSeedOptions(command: Command): Command {
  return command
    .option('--hostname <name>', 'first boot, by cloud-init: what it calls itself; left out: as the guest is called')
    .option('--ssh-key <file>', 'first boot: public keys, a line each, that may log in; may be said again', each, [])
    .option('--user-data <file>', 'first boot: #cloud-config, a script, or what else cloud-init takes; at most 1 MiB')
    .option('--network-config <file>', "first boot: cloud-init's network-config, as netplan's version 2; left out: DHCP")
}

/** Undefined: no option says anything of it. */
export async function seedFrom(
  { hostname, sshKey, userData, networkConfig }: SeedOptions,
  read: ReadFile,
): Promise<Partial<GuestSeed> | undefined> {
  if (hostname === undefined && sshKey.length === 0 && userData === undefined && networkConfig === undefined) return undefined
  const keys: string[] = []
  for (const file of sshKey) keys.push(...keysIn(await read(file, MOST_SEED_BYTES), file))
  return {
    ...(hostname === undefined ? {} : { hostname }),
    ...(keys.length === 0 ? {} : { sshKeys: keys }),
    ...(userData === undefined ? {} : { userData: await read(userData, MOST_SEED_BYTES) }),
    ...(networkConfig === undefined ? {} : { networkConfig: await read(networkConfig, MOST_SEED_BYTES) }),
  }
}

/** As in authorized_keys. */
function keysIn(text: string, file: string): readonly string[] {
  if (/PRIVATE KEY-----/.test(text)) throw new CommandFailure(`${file} is a private key, which stays where it is: give ${file}.pub`, 2)
  const keys = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
  if (keys.length === 0) throw new CommandFailure(`${file} has no ssh key`, 2)
  return keys
}
