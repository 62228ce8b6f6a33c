// multipathd(8) and multipath(8), modprobe(8), udevadm(8).
import { showMaps } from '../show/scsi.ts'
import { openersOf } from '../state/claims.ts'
import { gatherPaths, isMap } from '../state/scsi.ts'
import { withRam } from '../state/site.ts'
import { type Context, did, type Ended, failed, gap, here, said } from './command.ts'

const PID_FILE = '/run/multipathd.pid'

export function multipathd(context: Context): Ended {
  const { ram } = here(context)
  const [verb = '', ...rest] = context.args
  if (verb === '') {
    if (ram.daemons.has('multipathd')) return failed(context, 1, 'multipathd: already running')
    const files = new Map(ram.files).set(PID_FILE, { text: '502\n', mode: 0o644 })
    const started = withRam(context.site, context.host, { daemons: new Set([...ram.daemons, 'multipathd']), files })
    return did(gatherPaths(started, context.host), 100)
  }
  if (!ram.daemons.has('multipathd')) return { ...failed(context, 1, ''), stdout: 'ERROR: failed to connect to multipathd\n' }
  if (verb === 'show' && rest.join(' ') === 'maps json') return said(context, showMaps(context.site, context.host), 20)
  return gap(context, `multipathd ${context.args.join(' ')}`)
}

/** `multipath -f MAP` flushes one. */
export function multipath(context: Context): Ended {
  const [option, name = ''] = context.args
  if (option !== '-f') gap(context, `multipath ${option ?? ''}`)
  const { dm } = here(context).ram
  const map = dm.find((one) => isMap(one) && (one.name === name || one.uuid === `mpath-${name}`))
  if (!map) return failed(context, 1, `${name}: not a multipath device`)
  if (openersOf(context.site, context.host, `dm-${map.minor}`).length > 0) return failed(context, 1, `${name}: map in use`)
  return did(withRam(context.site, context.host, { dm: dm.filter((one) => one !== map) }), 50)
}

export function modprobe(context: Context): Ended {
  const { site, host, args } = context
  const { drbd, drbdModule } = here(context).ram
  if (!args.includes('drbd')) return did(site, 30)
  if (!args.includes('-r')) {
    // What is loaded already keeps what it was told.
    const told = (name: string) => args.find((arg) => arg.startsWith(`${name}=`))?.slice(name.length + 1)
    const parameters = [
      ['usermode_helper', told('usermode_helper') ?? '/sbin/drbdadm'],
      ['disable_sendpage', told('disable_sendpage') === '1' ? 'Y' : 'N'],
    ] as const
    return did(withRam(site, host, { drbdModule: drbdModule ?? new Map(parameters) }), 30)
  }
  if (drbd.length > 0) return failed(context, 1, 'modprobe: FATAL: Module drbd is in use.')
  return did(withRam(site, host, { drbdModule: undefined }), 30)
}

/** Everything has settled: the simulator's udev is done when a command is. */
export function udevadm(context: Context): Ended {
  const [verb = ''] = context.args
  if (verb !== 'settle' && verb !== 'trigger') gap(context, `udevadm ${verb}`)
  return did(context.site, 10)
}
