// open-iscsi and its targets as a machine that tests can make: what iscsiadm 2.1.11 said in a dom0 of trixie, with the state behind it.
import type { Backend, Command, Ran } from '../../../../images/agent/backend.ts'
import type { World } from '../../../../images/agent/requests/world.ts'
import { idle } from '../machines.ts'

export interface FakeTarget {
  readonly name: string
  readonly portals: readonly string[]
  readonly chap?: { readonly user: string; readonly password: string }
  /** A device of its LUN 1 for each session, by its WWID. */
  readonly wwid?: string
}

interface Node {
  readonly target: string
  readonly portal: string
  readonly settings: string
}

export class IscsiMachine {
  readonly commands: Command[] = []
  readonly files = new Map<string, string>()
  readonly modes = new Map<string, number>()
  readonly collected: string[] = []
  sessions: { readonly target: string; readonly portal: string; readonly device: string }[] = []
  /** In the place of what it would say: by the whole command, or by the program. */
  readonly says = new Map<string, Ran>()
  /** Portals that nobody answers at. */
  silent = new Set<string>()
  #nodes: Node[] = []
  readonly #targets: readonly FakeTarget[]

  constructor(targets: readonly FakeTarget[]) {
    this.#targets = targets
  }

  get world(): World {
    const backend: Backend = {
      run: async (command) => {
        this.commands.push(command)
        return this.says.get(command.join(' ')) ?? this.says.get(command[0]) ?? this.#run(command)
      },
      read: async (path) => this.files.get(path),
      list: async () => [],
    }
    return {
      backend,
      files: {
        write: async (path, content, mode) => {
          this.files.set(path, String(content))
          this.modes.set(path, mode)
        },
        remove: async (path) => void this.files.delete(path),
      },
      clock: { steady: () => 0 },
      collect: async (names) => this.collected.push(names.join()),
    }
  }

  runs(program: string): readonly Command[] {
    return this.commands.filter(([name]) => name === program)
  }

  #run([program, ...args]: Command): Ran {
    switch (program) {
      case 'iscsid':
        this.files.set('/run/iscsid.pid', '42\n')
        this.files.set('/proc/42/comm', 'iscsid\n')
        return said('')
      case 'multipathd':
        if (args.length > 0) return failed(1, 'ERROR: failed to connect to multipathd')
        this.files.set('/run/multipathd.pid', '43\n')
        this.files.set('/proc/43/comm', 'multipathd\n')
        return said('')
      case 'modprobe':
      case 'udevadm':
      case 'multipath':
        return said('')
      case 'lsblk':
        return said(JSON.stringify({ blockdevices: this.sessions.map((session) => this.#row(session)) }))
      case 'iscsiadm':
        return this.#iscsiadm(args)
      default:
        return idle([program, ...args]) ?? { kind: 'missing' }
    }
  }

  #iscsiadm(args: readonly string[]): Ran {
    const of = (option: string): string => args[args.indexOf(option) + 1] ?? ''
    if (args[0] === '-k') {
      this.files.delete('/run/iscsid.pid')
      return said('')
    }
    if (!this.files.has('/run/iscsid.pid') && of('-m') !== 'session') return failed(20, 'iscsiadm: can not connect to iSCSI daemon (111)!')
    switch (of('-m')) {
      case 'session':
        return this.sessions.length === 0 ? failed(21, 'iscsiadm: No active sessions.') : said(this.#showSessions())
      case 'discovery':
        return this.#discover(of('-p'))
      default:
        return this.#node(args, of('-T'), of('-p'))
    }
  }

  #discover(portal: string): Ran {
    const offering = this.#targets.filter(({ portals }) => portals.includes(portal))
    if (offering.length === 0) return failed(11, `iscsiadm: cannot make connection to ${portal}: Connection refused`)
    const offers = offering.flatMap(({ name, portals }) => portals.map((one) => ({ target: name, portal: one })))
    const settings = this.files.get('/etc/iscsi/iscsid.conf') ?? ''
    const others = this.#nodes.filter((node) => !offers.some((one) => one.target === node.target && one.portal === node.portal))
    this.#nodes = [...others, ...offers.map((one) => ({ ...one, settings }))]
    return said(offers.map(({ target, portal: at }) => `${at},1 ${target}\n`).join(''))
  }

  #node(args: readonly string[], target: string, portal: string): Ran {
    const nodes = this.#nodes.filter((node) => node.target === target && (portal === '' || !args.includes('-p') || node.portal === portal))
    if (nodes.length === 0) return failed(21, 'iscsiadm: No records found')
    if (args.includes('--login')) return this.#login(nodes)
    if (args.includes('--logout')) {
      this.sessions = this.sessions.filter((session) => session.target !== target || session.portal !== portal)
      return said('')
    }
    if (args.includes('delete')) this.#nodes = this.#nodes.filter((node) => node.target !== target)
    return said('')
  }

  #login([node]: readonly Node[]): Ran {
    const target = this.#targets.find(({ name }) => name === node?.target)
    if (!node || !target) return failed(21, 'iscsiadm: No records found')
    if (this.sessions.some((session) => session.target === node.target && session.portal === node.portal))
      return failed(15, 'iscsiadm: session already exists')
    if (this.silent.has(node.portal)) return failed(8, 'iscsiadm: initiator reported error (8 - connection timed out)')
    const { chap } = target
    if (chap && !node.settings.includes(`username = ${chap.user}\nnode.session.auth.password = ${chap.password}\n`))
      return failed(24, 'iscsiadm: initiator reported error (24 - iSCSI login failed due to authorization failure)')
    this.sessions = [...this.sessions, { target: node.target, portal: node.portal, device: `sd${'abcdefgh'[this.sessions.length]}` }]
    return said(`Login to [iface: default, target: ${node.target}, portal: ${node.portal}] successful.\n`)
  }

  #showSessions(): string {
    return this.sessions
      .map(({ target, portal, device }, index) =>
        [
          `Target: ${target} (non-flash)`,
          `\tCurrent Portal: ${portal},1`,
          '\t\tIface Initiatorname: iqn.2026-11.io.hostless:x',
          `\t\tSID: ${index + 1}`,
          '\t\tiSCSI Session State: LOGGED_IN',
          `\t\tHost Number: ${index}\tState: running`,
          `\t\tscsi${index} Channel 00 Id 0 Lun: 1`,
          `\t\t\tAttached scsi disk ${device}\t\tState: running\n`,
        ].join('\n'),
      )
      .join('')
  }

  #row({ target, device }: { readonly target: string; readonly device: string }): object {
    const wwid = this.#targets.find(({ name }) => name === target)?.wwid
    if (wwid !== undefined) this.files.set(`/sys/block/${device}/device/wwid`, `${wwid}\n`)
    return { kname: device, name: device, path: `/dev/${device}`, type: 'disk', tran: 'iscsi', size: 1 << 26, ro: false, rm: false }
  }
}

function said(stdout: string): Ran {
  return { kind: 'ended', exitCode: 0, stdout, stderr: '' }
}

function failed(exitCode: number, stderr: string): Ran {
  return { kind: 'ended', exitCode, stdout: '', stderr: `${stderr}\n` }
}
