// The keys of hostless.yaml (a contract, see README) as zod schemas. YAML is read with every scalar as
// text, so a MAC without colons or a name such as `no` means what is written. Each message of a field
// says what was expected; the line and what was found are added by config-problems.ts.
import { z } from 'zod'
import { CONSOLE_WORD } from './boot/commandline.ts'
import { type Ipv4, parseInterfaceAddress, parseIpv4, parseMac, parseRange, type Subnet } from './wire/addresses.ts'
import { parseImageName } from './wire/generation.ts'

const BOND_MODES = ['balance-rr', 'active-backup', 'balance-xor', 'broadcast', '802.3ad', 'balance-tlb', 'balance-alb'] as const

/** A scalar that `parse` turns into a value, or refuses with undefined. */
function scalar<Value>(expected: string, parse: (text: string) => Value | undefined) {
  return z.unknown().transform((input, context): Value => {
    const value = typeof input === 'string' ? parse(input) : undefined
    if (value !== undefined) return value
    context.addIssue({ code: 'custom', message: expected })
    return z.NEVER
  })
}

function choice<const Values extends readonly string[]>(values: Values) {
  return scalar(values.join(' or '), (text) => values.find((value): value is Values[number] => value === text))
}

function whole(first: number, last: number, unit: string) {
  return scalar(`a whole number from ${first} to ${last}${unit}`, (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
    return value >= first && value <= last ? value : undefined
  })
}

/** A map with exactly these keys; an unknown key is refused with the nearest known one. */
function section<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const known = Object.keys(shape)
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? known.join(', ') : `keys: ${known.join(', ')}`),
  })
}

function list<Item extends z.ZodType>(item: Item) {
  return z.array(item, { error: () => 'a list, such as [a, b]' })
}

const port = whole(1, 65535, ', a port')
const flag = scalar('true or false', (text) => (text === 'true' ? true : text === 'false' ? false : undefined))
const mac = scalar('a MAC address, such as 52:54:00:77:00:01', (text) => {
  const parsed = parseMac(text)
  return parsed && (Number.parseInt(parsed.slice(0, 2), 16) & 1) === 0 ? parsed : undefined
})
const address = scalar('an IPv4 address, such as 10.77.0.21', parseIpv4)
const range = scalar('a range of addresses, the lower first, such as 10.77.0.100-10.77.0.199', parseRange)
const imageName = scalar('an image name: 1 to 32 of a-z 0-9 - . beginning with a letter or digit', parseImageName)
const rootMode = choice(['nfs', 'ram'])

const subnet = scalar('a subnet by its lowest address, such as 10.88.0.0/24', (text): Subnet | undefined => {
  const parsed = parseInterfaceAddress(text)
  return parsed && parsed.address === parsed.subnet.network ? parsed.subnet : undefined
})

const interfaceAddress = scalar('an address with its prefix, such as 10.77.0.1/24', (text) => {
  const parsed = parseInterfaceAddress(text)
  return parsed && parsed.subnet.prefix >= 1 && parsed.subnet.prefix <= 30 ? parsed : undefined
})

const interfaceName = scalar('the name of a network interface: 1 to 15 letters, digits, . _ -', (text) =>
  /^[a-zA-Z0-9_.-]{1,15}$/.test(text) && text !== '.' && text !== '..' ? text : undefined,
)

const hostName = scalar('a host name: 1 to 63 of a-z 0-9 -, beginning and ending with a letter or digit', (text) =>
  /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(text) ? text : undefined,
)

/** A path with a control character would end up in logs and systemd units. */
const directory = scalar('an absolute path, such as /var/lib/hostless', (text) => (/^\/[^\p{Cc}]*$/u.test(text) ? text : undefined))

const commandLineWords = scalar(
  'words for a command line, of letters, digits and . , : = / @ % + _ -, none of them beginning with hl.',
  (text) => {
    const words = text.trim().split(/[ \t]+/)
    return words.every((word) => CONSOLE_WORD.test(word) && !word.startsWith('hl.')) ? words : undefined
  },
)

const listen = scalar('an address and a port, such as 10.77.0.1:8443', (text): { address: Ipv4; port: number } | undefined => {
  const [head = '', tail = '', ...more] = text.split(':')
  const parsed = parseIpv4(head)
  const valid = parsed && more.length === 0 && /^[1-9]\d{0,4}$/.test(tail) && Number(tail) <= 65535
  return valid ? { address: parsed, port: Number(tail) } : undefined
})

const database = scalar('sqlite, or postgres://user@host/name', (text) =>
  /^(sqlite|postgres(ql)?:\/\/\S+)$/.test(text) ? text : undefined,
)

const bond = section({ mode: choice(BOND_MODES), members: list(mac) })

export const hostSchema = section({
  name: hostName,
  mac,
  address: address.exactOptional(),
  image: imageName.exactOptional(),
  root: rootMode.exactOptional(),
  vlan: whole(1, 4094, ', a VLAN').exactOptional(),
  bond: bond.exactOptional(),
  maintenance: flag.default(false),
})

/** Without a pool, only reserved addresses are given; a proxy gives none. */
const relayedSubnet = section({ subnet, pool: range.exactOptional(), router: address, dns: list(address).exactOptional() })

export const networkSchema = section({ interface: interfaceName, address: interfaceAddress.exactOptional() })

export const dhcpSchema = section({
  mode: choice(['authoritative', 'proxy', 'off']).default('authoritative'),
  pool: range.exactOptional(),
  router: address.exactOptional(),
  dns: list(address).default([]),
  subnets: list(relayedSubnet).default([]),
})

export const tftpSchema = section({ port: port.default(69) })
export const httpSchema = section({ port: port.default(8067) })
export const nfsSchema = section({ port: port.default(2049), portmap: flag.default(true) })
/** How many guests move at a time: with copies of disks, and with streams of memory; to one host, from one, and in the pool. */
const movesSchema = section({
  copiesTo: whole(1, 1000, ' moves').exactOptional(),
  copiesFrom: whole(1, 1000, ' moves').exactOptional(),
  copies: whole(1, 1000, ' moves').exactOptional(),
  streamsTo: whole(1, 1000, ' moves').exactOptional(),
  streamsFrom: whole(1, 1000, ' moves').exactOptional(),
  streams: whole(1, 1000, ' moves').exactOptional(),
})

const line = (what: string, most: number) =>
  scalar(`${what}: 1 to ${most} characters on one line`, (text) => (text.length <= most && /^[^\p{Cc}]+$/u.test(text) ? text : undefined))
/** As hosts and guests are in them (manager/protocol/host.ts). */
const groupName = scalar('a group name: 1 to 63 of a-z 0-9 _ . -, a letter or digit first', (text) =>
  /^[a-z0-9][a-z0-9_.-]{0,62}$/.test(text) ? text : undefined,
)
const role = choice(['viewer', 'operator', 'admin'])
const claimName = scalar('the name of a claim, such as groups or realm_access.roles', (text) =>
  /^[!-~]{1,128}$/.test(text) ? text : undefined,
)
const scope = scalar('a scope, such as profile', (text) => (/^[!#-[\]-~]{1,64}$/.test(text) ? text : undefined))
const issuer = scalar(
  'the issuer as it writes itself: an https: URL without query, such as https://login.example/realms/company (http: on this machine alone, by 127.0.0.1)',
  (text) => {
    const url = URL.canParse(text) && /^[!-~]{1,512}$/.test(text) ? new URL(text) : undefined
    const isPlain = url?.protocol === 'http:' && (/^127(\.\d+){3}$/.test(url.hostname) || url.hostname === '[::1]')
    if (!url || (url.protocol !== 'https:' && !isPlain)) return undefined
    return url.search === '' && url.hash === '' && url.username === '' && url.password === '' ? text : undefined
  },
)
const site = scalar('https://HOST or https://HOST:PORT, as browsers reach the manager', (text) =>
  URL.canParse(text) && text.startsWith('https://') && new URL(text).origin === text ? text : undefined,
)

/** Sign-in of people by an OpenID Connect issuer: of the claim named, the first rule whose value a person has says what they may do. */
export const oidcSchema = section({
  issuer,
  clientId: line('the id that the issuer gave the manager', 256),
  clientSecretFile: directory,
  name: line('what the button says, such as Company login', 40),
  scopes: list(scope).default(['openid', 'profile', 'email']),
  userClaim: claimName.exactOptional(),
  roles: section({
    claim: claimName,
    rules: list(section({ value: line('a value of the claim', 256), role, groups: list(groupName).exactOptional() })),
  }).exactOptional(),
  defaultRole: role.exactOptional(),
  site: site.exactOptional(),
})

/** `listen`: the manager runs on this machine; `address`: where it does on another; `hooks`: the site's executables; `largestImage`: of a guest's disk; `startsAtOnce`: guests, after a power cut; `keepTasks`: after their end. */
export const managerSchema = section({
  listen: listen.exactOptional(),
  address: listen.exactOptional(),
  database: database.default('sqlite'),
  hooks: directory.exactOptional(),
  largestImage: whole(1, 65536, ' GiB').exactOptional(),
  startsAtOnce: whole(1, 1000, ' guests').exactOptional(),
  keepTasks: whole(1, 3650, ' days').exactOptional(),
  moves: movesSchema.exactOptional(),
  oidc: oidcSchema.exactOptional(),
})

const bootSchema = section({
  image: imageName.default(() => imageName.parse('dom0')),
  root: rootMode.default('nfs'),
  enrol: choice(['approve', 'auto']).default('approve'),
  dom0Memory: whole(256, 1048576, ' MiB').default(640),
  xenArguments: commandLineWords.default([]),
  kernelArguments: commandLineWords.default([]),
})

/** The file as written: what may be left out has its default, save network.address. */
export const fileSchema = section({
  dataDir: directory.default('/var/lib/hostless'),
  network: networkSchema,
  dhcp: dhcpSchema.prefault({}),
  tftp: tftpSchema.prefault({}),
  http: httpSchema.prefault({}),
  nfs: nfsSchema.prefault({}),
  boot: bootSchema.prefault({}),
  hosts: list(hostSchema).default([]),
  manager: managerSchema.exactOptional(),
})

export type ConfigFile = z.output<typeof fileSchema>
export type HostConfig = z.output<typeof hostSchema>
export type RelayedSubnet = z.output<typeof relayedSubnet>
