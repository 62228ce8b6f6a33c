// All checks, in the order that they are told in: the machine, its network, what is kept on it.
import { join } from 'node:path'
import { applianceFolder } from '../../appliance/store/own-folder.ts'
import { type Check, check, configured } from './check.ts'
import { judgeCertificate } from './checks/certificates.ts'
import { judgeClock } from './checks/clock.ts'
import { judgeConfig } from './checks/config.ts'
import { judgeOffers } from './checks/dhcp-servers.ts'
import { judgeDisk } from './checks/disk.ts'
import { judgeFirewall } from './checks/firewall.ts'
import { judgeImages } from './checks/images.ts'
import { judgeInterface } from './checks/interface.ts'
import { judgeKeys } from './checks/keys.ts'
import { judgeNode } from './checks/node.ts'
import { judgeOidc } from './checks/oidc.ts'
import { judgePorts, wantedPorts } from './checks/ports.ts'
import { judgePrograms, NEEDED } from './checks/programs.ts'
import { judgeSchemas } from './checks/schema.ts'
import { readClock } from './readers/clock.ts'
import type { ReadConfig } from './readers/config.ts'
import { readDisk } from './readers/disk.ts'
import { readFirewall } from './readers/firewall.ts'
import { readImages } from './readers/images.ts'
import { readInterface } from './readers/interface.ts'
import { readCertificate, readKeys } from './readers/keys.ts'
import { readOffers } from './readers/offers.ts'
import { readOidc } from './readers/oidc.ts'
import { readPorts } from './readers/ports.ts'
import { readPrograms } from './readers/programs.ts'
import { readSchemas } from './readers/schema.ts'

/** `now`: ms since the epoch. */
export function allChecks({ reading }: Pick<ReadConfig, 'reading'>, now: number): readonly Check[] {
  return [
    check(
      'config',
      'the config file: would the servers take it',
      async () => reading,
      (seen, { configFile }) => judgeConfig(seen, configFile),
    ),
    check(
      'node',
      'the version of Node.js',
      async () => process.versions.node,
      (version) => judgeNode(version),
    ),
    check('packages', 'what hostless takes from Debian packages', () => readPrograms(NEEDED), judgePrograms),
    check('clock', 'is it set by an NTP server', readClock, (seen) => judgeClock(seen)),
    configured(
      'interface',
      'there, up, with its address, MTU',
      ({ network }) => readInterface(network.interface),
      (seen, { network }) => judgeInterface(seen, network.interface, `${network.address}/${network.subnet.prefix}`),
    ),
    configured('ports', 'free, or whose', readPorts, (seen, config) => judgePorts(seen, wantedPorts(config))),
    configured(
      'firewall',
      'what this machine drops of what is served',
      (_, { isRoot }) => readFirewall(isRoot),
      (seen, config) => judgeFirewall(seen, wantedPorts(config), config.network.interface),
    ),
    configured(
      'dhcp-servers',
      'who else answers on the wire: a DISCOVER, and four seconds',
      ({ network }) => readOffers(network.interface),
      (seen, config) => judgeOffers(seen, config),
    ),
    check(
      'disk',
      'room, and the time of an fsync',
      ({ dataDir }) => readDisk(dataDir),
      (seen, { dataDir }) => judgeDisk(seen, dataDir),
    ),
    check(
      'keys',
      'who may read them',
      ({ dataDir }) => Promise.all([...new Set([dataDir, applianceFolder(dataDir)])].map((folder) => readKeys(join(folder, 'keys')))),
      (seen) => seen.flatMap(judgeKeys),
    ),
    check(
      'certificates',
      'from when to when they hold',
      ({ dataDir }) => readCertificate(dataDir),
      (seen) => judgeCertificate(seen, now),
    ),
    configured(
      'oidc',
      'the issuer that people sign in by: there, fit, its clock',
      ({ manager }) => readOidc(manager?.oidc),
      (seen, { manager }) => judgeOidc(seen, manager?.oidc, now),
    ),
    configured('images', 'published, signed, whole, bootable: every byte is read', readImages, (seen) => judgeImages(seen)),
    check(
      'schema',
      'databases of a newer hostless',
      ({ dataDir, config }) =>
        readSchemas(join(applianceFolder(dataDir), 'appliance.db'), dataDir, config?.manager?.listen ? config.manager.database : undefined),
      judgeSchemas,
    ),
  ]
}
