// The texts of the Debian package that are made for it: maintainer scripts, the command, the manual page, the units. Pure.
import Handlebars from 'handlebars'
import { ownFolderPath } from '../../../appliance/store/own-folder.ts'
import { PACKAGED, packagedPath } from '../packaged.ts'
import { SERVICES, unitPath, usersPath } from '../plan.ts'
import { MANAGERS_ENVIRONMENT, sysusers, USERS, unitOf } from '../units.ts'

export interface MadeFile {
  /** In the package, from its root on. */
  readonly path: string
  readonly content: string
  readonly mode: 0o644 | 0o755
}

/** The files of templates/debian. */
export const TEXTS = [
  'postinst.hbs',
  'prerm.hbs',
  'postrm.hbs',
  'hostless.hbs',
  'hostless.1.hbs',
  'copyright.hbs',
  'hostless.yaml',
] as const
export type Texts = Readonly<Record<(typeof TEXTS)[number], string>>

/** None is a conffile: /etc/hostless.yaml is made by a person alone, so that an upgrade never asks whose it shall be. */
export function maintainerScripts(texts: Texts): readonly MadeFile[] {
  const holes = {
    services: SERVICES.map((service) => `${service}.service`).join(' '),
    users: Object.values(USERS).join(' '),
    config: PACKAGED.config,
    environment: MANAGERS_ENVIRONMENT,
    script: PACKAGED.script,
    dataDir: PACKAGED.dataDir,
    ownFolder: ownFolderPath(PACKAGED.dataDir),
  }
  return (['postinst', 'prerm', 'postrm'] as const).map((name) => ({
    path: `DEBIAN/${name}`,
    content: filled(texts[`${name}.hbs`], holes),
    mode: 0o755,
  }))
}

/** Units and users, as `hostless install` writes them for the same placing. */
export function serviceFiles(): readonly MadeFile[] {
  return [
    file(packagedPath(usersPath('/etc')), sysusers(SERVICES)),
    ...SERVICES.map((service) => file(packagedPath(unitPath('/etc', service)), unitOf(service, PACKAGED))),
  ]
}

/** What a program is run by, read about, and may be. `help`: what `hostless --help` says; `licence`: the file LICENSE. */
export function otherFiles(texts: Texts, { version, help, licence }: { version: string; help: string; licence: string }) {
  const { node, script, config, dataDir } = PACKAGED
  return {
    command: { path: '/usr/bin/hostless', content: filled(texts['hostless.hbs'], { node, script }), mode: 0o755 },
    example: file('/usr/share/doc/hostless/examples/hostless.yaml', texts['hostless.yaml']),
    copyright: file('/usr/share/doc/hostless/copyright', filled(texts['copyright.hbs'], { licence: indented(licence) })),
    manual: file(
      '/usr/share/man/man1/hostless.1',
      filled(texts['hostless.1.hbs'], { version, help: roff(help), config, dataDir, ownFolder: ownFolderPath(dataDir) }),
    ),
  } satisfies Record<string, MadeFile>
}

/** `seconds`: since the epoch, of the newest of what is in it. */
export function changelog(version: string, seconds: number): string {
  const date = new Date(seconds * 1000).toUTCString().replace('GMT', '+0000')
  return `hostless (${version}) unstable; urgency=medium\n\n  * As the repository tells.\n\n -- The Hostless authors <hostless@localhost>  ${date}\n`
}

/** A hole without a value throws: it is our own mistake. */
function filled(text: string, holes: Readonly<Record<string, string>>): string {
  return Handlebars.compile(text, { noEscape: true, strict: true, knownHelpersOnly: true })(holes)
}

const file = (path: string, content: string): MadeFile => ({ path, content, mode: 0o644 })

const indented = (text: string): string =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => (line === '' ? ' .' : ` ${line}`))
    .join('\n')

/** Text as it stands: a backslash is a command of roff, and so is a dot or an apostrophe that begins a line. */
const roff = (text: string): string =>
  text
    .trimEnd()
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^(?=[.'])/gm, '\\&')
