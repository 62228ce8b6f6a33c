// xl create, destroy, pause, unpause, shutdown, reboot, rename, mem-set, mem-max, vcpu-set, domid, domname.

import { macOf } from '../../machine/random.ts'
import { type Domain, isAlive } from '../../state/domain.ts'
import { begin, findDomain, freeKib, needOf, plug, uuidFor, withDomain, withoutDomain } from '../../state/domains.ts'
import { type Context, did, type Ended, failed, gap, here, said } from '../command.ts'
import { parseOptions, sectorsFrom } from '../options.ts'
import { readConfig } from './config.ts'

/** Milliseconds: measured in the lab on emulated hosts, divided by about ten for real ones. */
const TAKES = { create: 900, destroy: 300, quick: 30 }
/** How long a guest takes to end when it is asked. */
const SHUTDOWN = 5_000

export function create(context: Context, args: readonly string[]): Ended {
  const options = parseOptions(context, args, {
    flags: ['-p|--paused', '-q|--quiet', '-e', '-F|--foreground', '--dryrun'],
    valued: ['-f|--defconfig'],
  })
  const [path = options.value('--defconfig') ?? '', ...more] = options.rest
  if (more.length > 0) gap(context, 'settings on the command line')
  const { ram } = here(context)
  const file = ram.files.get(path)
  if (!file) return failed(context, 1, `Failed to read config file: ${path}: No such file or directory`)
  const read = readConfig(file.text)
  if (read.kind === 'gap') gap(context, read.what)
  if (read.kind === 'wrong') return failed(context, 1, `${path}: ${read.why}\nFailed to parse config: Invalid argument`)
  const config = read.value
  const said = `Parsing config from ${path}\n`
  const stop = (why: string): Ended => ({ ...failed(context, 1, why, TAKES.create), stdout: said })
  if (ram.domains.some(({ name }) => name === config.name))
    return stop(
      `libxl: error: libxl_domain.c:71:libxl__domain_rename: Domain ${ram.nextDomid}:Domain with name "${config.name}" already exists.\nlibxl: error: libxl_create.c:1284:initiate_domain_create: Domain ${ram.nextDomid}:cannot make domain: -6`,
    )
  const [uuid, named] = uuidFor(context.site, config.uuid)
  const clash = ram.domains.find((one) => one.uuid === uuid)
  if (clash)
    return stop(
      'libxl: error: libxl_create.c:725:libxl__domain_make: domain creation fail: File exists\nlibxl: error: libxl_create.c:1284:initiate_domain_create: cannot make domain: -3',
    )
  // Those that the image has are not here one by one.
  const missing = [config.boots.kernel, config.boots.ramdisk].find((one) => one?.startsWith('/run/') && !ram.files.has(one))
  if (missing !== undefined)
    return stop(
      `libxl: error: libxl_dom.c:1051:libxl__build_hvm: Domain ${ram.nextDomid}:failed to load ${missing}: No such file or directory`,
    )
  const size = { maxKib: config.maxMib * 1024, maxVcpus: config.maxVcpus }
  if (needOf(size) > freeKib(context.site, context.host))
    return stop(`libxl: error: libxl_create.c:1028:libxl__domain_config_setdefault: failed to free memory for the domain`)
  const disks = []
  for (const { script, ...disk } of config.disks) {
    const plugged = plug(named, context.host, { ...disk, ...(script === undefined ? {} : { script }) }, uuid)
    if (plugged.kind === 'refused')
      return stop(
        `libxl: error: libxl_device.c:1109:device_backend_callback: Domain ${ram.nextDomid}:unable to add device with path /local/domain/0/backend/vbd/${ram.nextDomid}/51712\nlibxl: error: libxl_exec.c:117:libxl_report_child_exitstatus: /etc/xen/scripts/block add [1] exited with error status 1\nlibxl: error: libxl_device.c:1289:device_hotplug_child_death_cb: script: ${plugged.why}`,
      )
    disks.push(plugged.disk)
  }
  const nics = config.nics.map(({ mac, ...nic }, devid) => ({ devid, mac: mac ?? macOf('00:16:3e', (named.made << 4) + devid), ...nic }))
  const draft: Omit<Domain, 'domid' | 'since'> = {
    uuid,
    name: config.name,
    type: config.type,
    vcpus: config.vcpus,
    maxVcpus: config.maxVcpus,
    memoryKib: config.memoryMib * 1024,
    maxKib: config.maxMib * 1024,
    disks,
    nics,
    state: options.has('--paused') ? 'paused' : 'running',
    onReboot: config.onReboot,
    onCrash: config.onCrash,
    load: 0.05,
    traffic: 0,
  }
  if (options.has('--dryrun')) return did(context.site, TAKES.quick, said)
  return did(begin(named, context.host, draft)[0], TAKES.create, said)
}

/** Undefined domid: what xl says to a name that is none. */
export function withFound(context: Context, name: string | undefined, act: (domain: Domain) => Ended): Ended {
  const found = findDomain(context.site, context.host, name ?? '')
  if (found) return act(found)
  return /^\d+$/.test(name ?? '')
    ? failed(context, 1, `libxl: error: libxl_domain.c:1160:domain_info_failed: Domain ${name}:Non-existent domain`)
    : failed(context, 1, `${name} is an invalid domain identifier (rc=-6)`)
}

export function destroy(context: Context, args: readonly string[]): Ended {
  const options = parseOptions(context, args, { flags: ['-f'] })
  return withFound(context, options.rest[0], ({ domid }) => did(withoutDomain(context.site, context.host, domid), TAKES.destroy))
}

export function pause(context: Context, args: readonly string[]): Ended {
  return withFound(context, parseOptions(context, args, {}).rest[0], (domain) =>
    did(isAlive(domain) ? withDomain(context.site, context.host, { ...domain, state: 'paused' }) : context.site, TAKES.quick),
  )
}

export function unpause(context: Context, args: readonly string[]): Ended {
  return withFound(context, parseOptions(context, args, {}).rest[0], (domain) =>
    did(domain.state === 'paused' ? withDomain(context.site, context.host, { ...domain, state: 'running' }) : context.site, TAKES.quick),
  )
}

export function shutdown(context: Context, how: 'poweroff' | 'reboot', args: readonly string[]): Ended {
  const options = parseOptions(context, args, { flags: ['-F'] })
  return withFound(context, options.rest[0], (domain) => {
    if (!isAlive(domain)) return did(context.site, TAKES.quick, `Shutting down domain ${domain.domid}\n`)
    const asked = withDomain(context.site, context.host, { ...domain, ending: { at: context.site.now + SHUTDOWN, how } })
    return did(asked, TAKES.quick, `${how === 'reboot' ? 'Rebooting' : 'Shutting down'} domain ${domain.domid}\n`)
  })
}

export function rename(context: Context, args: readonly string[]): Ended {
  const [old, next = ''] = parseOptions(context, args, {}).rest
  return withFound(context, old, (domain) => {
    if (here(context).ram.domains.some(({ name }) => name === next))
      return failed(
        context,
        1,
        `libxl: error: libxl_domain.c:71:libxl__domain_rename: Domain ${domain.domid}:Domain with name "${next}" already exists.\nCan't rename domain '${old}'.`,
      )
    return did(withDomain(context.site, context.host, { ...domain, name: next, loggedAs: domain.loggedAs ?? domain.name }), TAKES.quick)
  })
}

/** Sizes without a unit are MiB for mem-set and mem-max. */
export function memory(context: Context, what: 'mem-set' | 'mem-max', args: readonly string[]): Ended {
  const [name, size = ''] = parseOptions(context, args, {}).rest
  const sectors = sectorsFrom(size, 'm')
  if (sectors === undefined) return failed(context, 3, `invalid memory size: ${size}`)
  const kib = sectors / 2
  return withFound(context, name, (domain) => {
    if (what === 'mem-max') return did(withDomain(context.site, context.host, { ...domain, maxKib: kib }), TAKES.quick)
    if (kib > domain.maxKib)
      return failed(
        context,
        1,
        `libxl: error: libxl_mem.c:256:libxl_set_memory_target: Domain ${domain.domid}:memory_dynamic_max must be less than or equal to memory_static_max`,
      )
    return did(withDomain(context.site, context.host, { ...domain, memoryKib: kib }), TAKES.quick)
  })
}

export function vcpus(context: Context, args: readonly string[]): Ended {
  const [name, count = ''] = parseOptions(context, args, {}).rest
  return withFound(context, name, (domain) => {
    if (!/^[1-9]\d*$/.test(count)) return failed(context, 1, 'Error: Invalid argument.')
    if (Number(count) > domain.maxVcpus) return failed(context, 1, `xl: max vcpus are ${domain.maxVcpus}, ${count} are too many`)
    return did(withDomain(context.site, context.host, { ...domain, vcpus: Number(count) }), TAKES.quick)
  })
}

export function identify(context: Context, what: 'domid' | 'domname', args: readonly string[]): Ended {
  const [name] = args
  return withFound(context, name, (domain) => said(context, `${what === 'domid' ? domain.domid : domain.name}\n`))
}

/** `-d DOMAIN`: its weight and cap; with -w or -c they are set. dom0 has neither of interest. */
export function credit2(context: Context, args: readonly string[]): Ended {
  const options = parseOptions(context, args, { valued: ['-d|--domain', '-w|--weight', '-c|--cap'] })
  const [name, cap] = [options.value('--domain'), options.value('--cap')]
  if (name === '0') return did(context.site, TAKES.quick)
  return withFound(context, name, (domain) => {
    if (cap !== undefined) return did(withDomain(context.site, context.host, { ...domain, cap: Number(cap) }), TAKES.quick)
    const row = `${domain.name.padEnd(33)}${String(domain.domid).padStart(4)} ${'256'.padStart(6)} ${String(domain.cap ?? 0).padStart(4)}`
    return said(context, `${'Name'.padEnd(33)}${'ID'.padStart(4)} ${'Weight'.padStart(6)} ${'Cap'.padStart(4)}\n${row}\n`, TAKES.quick)
  })
}
