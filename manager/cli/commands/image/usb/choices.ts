// From the options of `hostless image usb` and the config to what the stick is for. Pure; throws CommandFailures that say what to do.
import { leaseAt } from '../../../../../appliance/boot/addressing.ts'
import { macsOf } from '../../../../../appliance/boot/known-host.ts'
import { nameOfUnknown } from '../../../../../appliance/boot/plan.ts'
import type { AloneStick, StickHost, StickServer } from '../../../../../appliance/boot/stick.ts'
import { type Config, hostOf } from '../../../../../appliance/config.ts'
import { type Ipv4, parseIpv4, parseMac } from '../../../../../appliance/wire/addresses.ts'
import type { Manifest } from '../../../../../images/manifest.ts'
import { CommandFailure } from '../../../engine/failure.ts'

const MOST_APPLIANCES = 4

export interface UsbChoices {
  readonly for?: string
  readonly any?: true
  readonly appliance?: readonly string[]
}

/** Undefined: any machine. */
export function chosenHost(config: Config, { for: name, any }: UsbChoices): StickHost | undefined {
  if ((name === undefined) === (any === undefined))
    throw new CommandFailure('say for whom the stick is: --for HOST (or its MAC), or --any', 2)
  if (name === undefined) return undefined
  const named = config.hosts.find((host) => host.name === name)
  const mac = named ? undefined : parseMac(name)
  const found = named ?? (mac && hostOf(config, mac))
  if (mac && !found) return { host: { name: nameOfUnknown(mac), maintenance: false }, macs: [mac] }
  if (!found) {
    const some = config.hosts.slice(0, 8).map((host) => host.name)
    const known = some.length > 0 ? `it has ${some.join(', ')}${config.hosts.length > some.length ? ' and others' : ''}` : 'it has none'
    throw new CommandFailure(
      `the config has no host ${JSON.stringify(name)} (${known}): give its MAC, as hostless host show has it; --any is for any machine`,
      4,
    )
  }
  const [first = found.mac, ...others] = macsOf(found)
  const reserved = config.dhcp.mode === 'authoritative' ? found.address : undefined
  const lease = reserved && leaseAt(config, reserved)
  return { host: found, macs: [first, ...others], ...(lease ? { lease } : {}) }
}

/** Where the appliances are that it looks for: the one of the config, unless others are named. */
export function chosenServers(config: Config, { appliance }: UsbChoices): readonly StickServer[] {
  const own: StickServer = { address: config.network.address, httpPort: config.http.port }
  if (!appliance) return [own]
  if (appliance.length > MOST_APPLIANCES) throw new CommandFailure(`--appliance: at most ${MOST_APPLIANCES} fit on a command line`, 2)
  return appliance.map((text) => {
    const [head = '', port = String(own.httpPort), ...more] = text.split(':')
    const address: Ipv4 | undefined = parseIpv4(head)
    const valid = more.length === 0 && /^[1-9]\d{0,4}$/.test(port) && Number(port) <= 65535
    if (address && valid) return { address, httpPort: Number(port) }
    throw new CommandFailure(`--appliance ${JSON.stringify(text)}: an IPv4 address, or one with a port, such as 10.77.0.1:8067`, 2)
  })
}

/** Throws for a generation that cannot boot by itself. */
export function aloneStick(
  config: Config,
  manifest: Manifest,
  only: StickHost | undefined,
  servers: readonly StickServer[],
  authority: string | undefined,
): AloneStick {
  const { image, generation, components } = manifest
  const { sha256, size } = components['root.squashfs']
  const { dom0Memory, xenArguments, kernelArguments } = config.boot
  const root = { sha256: Buffer.from(sha256, 'hex').toString('base64url'), size }
  return { servers, only, image, generation, root, authority, dom0Memory, xenArguments, kernelArguments }
}
