// xl.cfg(5) and xl-disk-configuration(5), as far as our guests need them: names, numbers, strings and lists of strings. A setting that is
// not known is a gap.

export interface GuestConfig {
  readonly name: string
  readonly uuid: string | undefined
  readonly type: 'pv' | 'pvh' | 'hvm'
  readonly vcpus: number
  readonly maxVcpus: number
  readonly memoryMib: number
  readonly maxMib: number
  readonly disks: readonly DiskConfig[]
  readonly nics: readonly VifConfig[]
  readonly onReboot: string
  readonly onCrash: string
  /** What it is made from: files of dom0. */
  readonly boots: { readonly kernel?: string; readonly ramdisk?: string; readonly extra?: string }
}

export interface DiskConfig {
  readonly target: string
  readonly vdev: string
  readonly writable: boolean
  readonly format: string
  readonly script: string | undefined
}

export type Read<Value> =
  | { readonly kind: 'read'; readonly value: Value }
  | { readonly kind: 'wrong'; readonly why: string }
  | { readonly kind: 'gap'; readonly what: string }

/** What changes nothing here. */
const PASSED =
  /^(cmdline|root|bootloader|cpuid|firmware|serial|vnc|sdl|vga|boot|acpi|apic|pae|nestedhvm|device_model_.*|usb|usbdevice|videoram|cpu_weight|cap|cpus|claim_mode|localtime|on_poweroff|on_watchdog|on_soft_reset|seclabel|shadow_memory|nomigrate|max_grant_frames|max_maptrack_frames|driver_domain|tsc_mode|timer_mode|keymap|vnclisten|vncunused|vfb|sched|bios|xen_platform_pci)$/

const BOOTS = ['kernel', 'ramdisk', 'extra'] as const

export function readConfig(text: string): Read<GuestConfig> {
  const settings = settingsOf(text)
  if (settings.kind !== 'read') return settings
  const given = settings.value
  const one = (name: string): string | undefined => given.get(name)?.[0]
  const known = [
    'name',
    'uuid',
    'type',
    'builder',
    'vcpus',
    'maxvcpus',
    'memory',
    'maxmem',
    'disk',
    'vif',
    'on_reboot',
    'on_crash',
    ...BOOTS,
  ]
  const odd = [...given.keys()].find((name) => !known.includes(name) && !PASSED.test(name))
  if (odd !== undefined) return { kind: 'gap', what: `the setting ${odd} of xl.cfg` }
  const name = one('name')
  if (name === undefined) return { kind: 'wrong', why: 'Domain name must be specified.' }
  const disks: DiskConfig[] = []
  for (const spec of given.get('disk') ?? []) {
    const disk = readDisk(spec)
    if (disk.kind !== 'read') return disk
    disks.push(disk.value)
  }
  const nics: VifConfig[] = []
  for (const spec of given.get('vif') ?? []) {
    const nic = readVif(spec.split(','))
    if (nic.kind !== 'read') return nic
    nics.push(nic.value)
  }
  const type = one('type') ?? (one('builder') === 'hvm' ? 'hvm' : 'pv')
  if (type !== 'pv' && type !== 'pvh' && type !== 'hvm') return { kind: 'wrong', why: `Invalid domain type ${type}.` }
  const [vcpus, memory] = [Number(one('vcpus') ?? 1), Number(one('memory') ?? 32)]
  return {
    kind: 'read',
    value: {
      name,
      uuid: one('uuid'),
      type,
      vcpus,
      maxVcpus: Number(one('maxvcpus') ?? vcpus),
      memoryMib: memory,
      maxMib: Number(one('maxmem') ?? memory),
      disks,
      nics,
      onReboot: one('on_reboot') ?? 'restart',
      onCrash: one('on_crash') ?? 'destroy',
      boots: Object.fromEntries(BOOTS.flatMap((key) => (one(key) === undefined ? [] : [[key, one(key)]]))),
    },
  }
}

export interface VifConfig {
  readonly mac: string | undefined
  readonly bridge: string
  readonly script?: string
}

/** xl-network-configuration(5); a rate changes nothing here. */
export function readVif(words: readonly string[]): Read<VifConfig> {
  const fields = new Map(words.map((word) => [word.slice(0, word.indexOf('=')).trim(), word.slice(word.indexOf('=') + 1).trim()]))
  const odd = [...fields.keys()].find((key) => !['mac', 'bridge', 'rate', 'script', ''].includes(key))
  if (odd !== undefined) return { kind: 'gap', what: `the key ${odd} of a vif` }
  const [mac, rate, script] = [fields.get('mac')?.toLowerCase(), fields.get('rate'), fields.get('script')]
  if (mac !== undefined && !/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(mac))
    return { kind: 'wrong', why: `config parsing error in vif specification: invalid MAC ${mac}` }
  if (rate !== undefined && !/^\d+[KMG]?[bB]\/s(@\d+[mu]?s)?$/.test(rate))
    return { kind: 'wrong', why: `config parsing error in vif specification: invalid rate ${rate}` }
  return { kind: 'read', value: { mac, bridge: fields.get('bridge') ?? 'xenbr0', ...(script === undefined ? {} : { script }) } }
}

/** `phy:/dev/vg/lv,xvda,w`, `/dev/vg/lv,raw,xvda,rw`, or by keys. */
export function readDisk(spec: string): Read<DiskConfig> {
  let format = 'raw'
  let [target, vdev, access, script]: (string | undefined)[] = []
  let place = 0
  for (const raw of spec.split(',')) {
    const word = raw.trim()
    const [, key, value] = /^(\w+)=(.*)$/.exec(word) ?? []
    if (key === undefined) {
      // Anywhere among the others.
      if (/^(no-)?discard$/.test(word)) continue
      if (place === 0) {
        target = word.replace(/^(phy|raw|file|qcow2|vhd):/, '')
        if (/^(qcow2|vhd):/.test(word)) format = word.slice(0, word.indexOf(':'))
        place = /^phy:/.test(word) ? 2 : 1
      } else if (place === 1 && /^(raw|qcow2?|vhd|qed|)$/.test(word)) {
        if (word !== '') format = word
        place = 2
      } else if (place <= 2) {
        vdev = word
        place = 3
      } else access = word
      continue
    }
    switch (key) {
      case 'target':
        target = value
        break
      case 'vdev':
        vdev = value
        break
      case 'access':
        access = value
        break
      case 'format':
        format = value ?? 'raw'
        break
      case 'script':
        script = value
        break
      case 'backendtype':
        if (value !== 'phy') return { kind: 'gap', what: `a disk of the backend ${value ?? ''}` }
        break
      case 'devtype':
        break
      default:
        return { kind: 'gap', what: `the key ${key} of a disk` }
    }
  }
  if (access !== undefined && !/^(r|ro|w|rw)$/.test(access)) return { kind: 'wrong', why: `unknown value ${access} for access` }
  if (target === undefined || vdev === undefined) return { kind: 'wrong', why: `config parsing error in disk specification: ${spec}` }
  return { kind: 'read', value: { target, vdev, writable: access !== 'r' && access !== 'ro', format, script } }
}

/** Each setting as the list of its values. */
function settingsOf(text: string): Read<ReadonlyMap<string, readonly string[]>> {
  const settings = new Map<string, readonly string[]>()
  const bare = text
    .split('\n')
    .map((line) => line.replace(/^((?:[^"'#]|"[^"]*"|'[^']*')*)#.*$/, '$1'))
    .join('\n')
  const pattern = /\s*(\w+)\s*=\s*(\[[^\]]*\]|"[^"]*"|'[^']*'|[^\s;]+)[ \t]*(?:;|\n|$)/y
  let at = 0
  while (bare.slice(at).trim() !== '') {
    pattern.lastIndex = at
    const match = pattern.exec(bare)
    if (!match) return { kind: 'wrong', why: `config parsing error near \`${bare.slice(at).trim().split('\n')[0]?.slice(0, 40)}'` }
    const [, name = '', value = ''] = match
    at = pattern.lastIndex
    const items = value.startsWith('[')
      ? [...value.matchAll(/"([^"]*)"|'([^']*)'/g)].map(([, one, two]) => one ?? two ?? '')
      : [value.replace(/^["']|["']$/g, '')]
    settings.set(name, items)
  }
  return { kind: 'read', value: settings }
}
