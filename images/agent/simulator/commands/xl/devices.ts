// xl block-attach, block-detach, network-attach, network-detach.

import { macOf } from '../../machine/random.ts'
import { vbdNumber } from '../../state/domain.ts'
import { plug, withDomain } from '../../state/domains.ts'
import { type Context, did, type Ended, failed, gap } from '../command.ts'
import { parseOptions } from '../options.ts'
import { readDisk, readVif } from './config.ts'
import { withFound } from './domains.ts'

const TAKES = 250

/** Each argument behind the domain is a part of one specification. */
export function blockAttach(context: Context, args: readonly string[]): Ended {
  const [name, ...words] = parseOptions(context, args, {}).rest
  const read = readDisk(words.join(','))
  if (read.kind === 'gap') gap(context, read.what)
  if (read.kind === 'wrong') return failed(context, 1, read.why)
  const { script, ...disk } = read.value
  return withFound(context, name, (domain) => {
    if (domain.disks.some(({ vdev }) => vdev === disk.vdev))
      return failed(
        context,
        1,
        `libxl: error: libxl_device.c:445:libxl__device_exists: Domain ${domain.domid}:device already exists in xenstore\nlibxl_device_disk_add failed.`,
      )
    const plugged = plug(context.site, context.host, { ...disk, ...(script === undefined ? {} : { script }) }, domain.uuid)
    if (plugged.kind === 'refused')
      return failed(
        context,
        1,
        `libxl: error: libxl_exec.c:117:libxl_report_child_exitstatus: /etc/xen/scripts/block add [1] exited with error status 1\nlibxl: error: script: ${plugged.why}\nlibxl_device_disk_add failed.`,
      )
    return did(withDomain(context.site, context.host, { ...domain, disks: [...domain.disks, plugged.disk] }), TAKES)
  })
}

export function blockDetach(context: Context, args: readonly string[]): Ended {
  const options = parseOptions(context, args, { flags: ['--force'] })
  const [name, vdev = ''] = options.rest
  return withFound(context, name, (domain) => {
    const found = domain.disks.find((one) => one.vdev === vdev || String(vbdNumber(one.vdev)) === vdev)
    if (!found) return failed(context, 1, `Error: Device ${vdev} not connected.`)
    return did(withDomain(context.site, context.host, { ...domain, disks: domain.disks.filter((one) => one !== found) }), TAKES)
  })
}

export function networkAttach(context: Context, args: readonly string[]): Ended {
  const [name, ...words] = parseOptions(context, args, {}).rest
  return withFound(context, name, (domain) => {
    const read = readVif(words)
    if (read.kind === 'gap') gap(context, read.what)
    if (read.kind === 'wrong') return failed(context, 1, read.why)
    const { mac, bridge, script } = read.value
    const devid = Math.max(-1, ...domain.nics.map((one) => one.devid)) + 1
    const nic = { devid, mac: mac ?? macOf('00:16:3e', (domain.domid << 8) + devid), bridge, ...(script === undefined ? {} : { script }) }
    return did(withDomain(context.site, context.host, { ...domain, nics: [...domain.nics, nic] }), TAKES)
  })
}

export function networkDetach(context: Context, args: readonly string[]): Ended {
  const options = parseOptions(context, args, { flags: ['--force'] })
  const [name, which = ''] = options.rest
  return withFound(context, name, (domain) => {
    const found = domain.nics.find(({ devid, mac }) => String(devid) === which || mac === which.toLowerCase())
    if (!found) return failed(context, 1, `Unknown device ${which}.`)
    return did(withDomain(context.site, context.host, { ...domain, nics: domain.nics.filter((one) => one !== found) }), TAKES)
  })
}
