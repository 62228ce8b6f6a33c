// iscsid(8) and iscsiadm(8), open-iscsi 2.1.11: discovery writes records with the settings of the moment, a login makes a session of one.
import { showSessions } from '../show/scsi.ts'
import { logIn, logOut } from '../state/scsi.ts'
import { type NodeRecord, type Site, withRam } from '../state/site.ts'
import { type Context, did, type Ended, failed, gap, here, said } from './command.ts'
import { type Parsed, parseOptions } from './options.ts'

/** ISCSI_ERR_* of open-iscsi's include/iscsi_err.h. */
const ERR = { trans: 8, isns: 11, sessionExists: 15, noDaemon: 20, noObjects: 21, auth: 24 }
const SETTINGS = '/etc/iscsi/iscsid.conf'
const PID = { text: '501\n', mode: 0o644 }
const PID_FILE = '/run/iscsid.pid'

export function iscsid(context: Context): Ended {
  if (context.args.length > 0) gap(context, 'options of iscsid')
  const { ram } = here(context)
  if (ram.daemons.has('iscsid')) return failed(context, 1, 'iscsid: already running')
  return did(
    withRam(context.site, context.host, { daemons: new Set([...ram.daemons, 'iscsid']), files: new Map(ram.files).set(PID_FILE, PID) }),
    50,
  )
}

export function iscsiadm(context: Context): Ended {
  const options = parseOptions(context, context.args, {
    flags: ['-l|--login', '-u|--logout', '-R|--rescan'],
    valued: [
      ...[
        '-m|--mode',
        '-t|--type',
        '-o|--op',
        '-p|--portal',
        '-T|--targetname',
        '-n|--name',
        '-v|--value',
        '-P|--print',
        '-k|--killiscsid',
      ],
      ...['-r|--sid', '-I|--interface'],
    ],
  })
  if (options.has('--killiscsid')) return killDaemon(context)
  const mode = options.value('--mode')
  if (mode === 'session') return session(context, options)
  if (!here(context).ram.daemons.has('iscsid')) return failed(context, ERR.noDaemon, 'iscsiadm: can not connect to iSCSI daemon (111)!')
  switch (mode) {
    case 'discovery':
    case 'discoverydb':
      return discover(context, options.value('--portal') ?? '')
    case 'node':
      return node(context, options)
    default:
      return gap(context, `iscsiadm -m ${mode}`)
  }
}

function killDaemon(context: Context): Ended {
  const { ram } = here(context)
  const daemons = new Set([...ram.daemons].filter((one) => one !== 'iscsid'))
  const files = new Map([...ram.files].filter(([path]) => path !== PID_FILE))
  return did(withRam(context.site, context.host, { daemons, files }))
}

function session(context: Context, options: Parsed): Ended {
  if (options.has('--rescan')) return did(context.site, 100)
  if (options.value('--print') !== '3') gap(context, 'sessions but by -P 3')
  if (here(context).ram.sessions.length === 0) return failed(context, ERR.noObjects, 'iscsiadm: No active sessions.')
  return said(context, showSessions(context.site, context.host), 20)
}

function discover(context: Context, portal: string): Ended {
  const { site, host } = context
  const offering = site.targets.filter(({ portals }) => portals.includes(portal))
  if (offering.length === 0) return failed(context, ERR.isns, `iscsiadm: cannot make connection to ${portal}: Connection refused`)
  const { ram } = here(context)
  const settings = ram.files.get(SETTINGS)?.text ?? ''
  const offers = offering.flatMap(({ name, portals }) => portals.map((one): NodeRecord => ({ target: name, portal: one, settings })))
  const others = ram.nodes.filter((known) => !offers.some((one) => one.target === known.target && one.portal === known.portal))
  const text = offers.map(({ target, portal: at }) => `${at},1 ${target}\n`).join('')
  return did(withRam(site, host, { nodes: [...others, ...offers] }), 200, text)
}

function node(context: Context, options: Parsed): Ended {
  const { site, host } = context
  const [target, portal] = [options.value('--targetname'), options.value('--portal')]
  const { nodes } = here(context).ram
  const isMeant = (one: { readonly target: string; readonly portal: string }): boolean =>
    (target === undefined || one.target === target) && (portal === undefined || one.portal === portal)
  const meant = nodes.filter(isMeant)
  if (meant.length === 0) return failed(context, ERR.noObjects, 'iscsiadm: No records found')
  if (options.has('--login')) return logInto(context, meant)
  if (options.has('--logout')) {
    const { sessions } = here(context).ram
    if (!sessions.some(isMeant)) return failed(context, ERR.noObjects, 'iscsiadm: No matching sessions found')
    const text = sessions
      .filter(isMeant)
      .map((one) => `Logout of [sid: ${one.sid}, target: ${one.target}, portal: ${one.portal}] successful.\n`)
    return did(logOut(site, host, isMeant), 300, text.join(''))
  }
  switch (options.value('--op')) {
    case 'delete':
      return here(context).ram.sessions.some(isMeant)
        ? failed(
            context,
            ERR.sessionExists,
            'iscsiadm: This command will remove the record, but a session is using it. Logout session then rerun command to remove record.',
          )
        : did(withRam(site, host, { nodes: nodes.filter((one) => !isMeant(one)) }))
    case 'update': {
      const line = `${options.value('--name')} = ${options.value('--value')}\n`
      return did(withRam(site, host, { nodes: nodes.map((one) => (isMeant(one) ? { ...one, settings: one.settings + line } : one)) }))
    }
    default:
      return gap(context, `iscsiadm -m node -o ${options.value('--op')}`)
  }
}

function logInto(context: Context, records: readonly NodeRecord[]): Ended {
  let { site } = context
  let out = ''
  for (const { target: name, portal, settings } of records) {
    const at = `[iface: default, target: ${name}, portal: ${portal}]`
    const target = site.targets.find((one) => one.name === name)
    const stop = (code: number, why: string): Ended => ({
      ...failed(
        { site },
        code,
        `iscsiadm: Could not login to ${at}.\niscsiadm: initiator reported error (${code} - ${why})\niscsiadm: Could not log into all portals`,
        500,
      ),
      stdout: out,
    })
    if (hasSession(site, context.host, name, portal)) return stop(ERR.sessionExists, 'session exists')
    if (!target?.portals.includes(portal) || target.silent.has(portal)) return stop(ERR.trans, 'connection timed out')
    const { chap } = target
    if (chap && !settings.includes(`username = ${chap.user}\nnode.session.auth.password = ${chap.password}\n`))
      return stop(ERR.auth, 'iSCSI login failed due to authorization failure')
    site = logIn(site, context.host, target, portal)
    out += `Login to ${at} successful.\n`
  }
  return did(site, 500, out)
}

function hasSession(site: Site, host: string, target: string, portal: string): boolean {
  return site.hosts.get(host)?.ram.sessions.some((one) => one.target === target && one.portal === portal) ?? false
}
